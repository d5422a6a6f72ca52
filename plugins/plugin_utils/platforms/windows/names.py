# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compare names and paths of Windows as text, ignoring case, with the catalog's patterns."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

VARIABLE = re.compile(r"%([A-Za-z_]+(?:\(x86\))?)%")
PROGRAM = re.compile(r'"([^"]*)"|(.*?\.(?:exe|sys|dll|com|bat|cmd))(?=[\s",]|\Z)', re.IGNORECASE | re.DOTALL)
# Where the arguments of a command line without an extension begin.
ARGUMENTS = re.compile(r"\s+(?=[-/\\])")
SPELLINGS = str.maketrans(
    {"\u00a0": " ", "\u2019": "'", **dict.fromkeys('\u00ae\u2122"\u00ab\u00bb\u201c\u201d\u201e', "")}
)
# An 8.3 name that Windows may have given to a longer one, which lists of folders have instead.
SHORT_NAME = re.compile(r"[^.]{1,6}~[0-9]{1,6}(?:\..{0,3})?")
# Characters of a path that a host may be asked for, as the form of reads has it.
LONGEST = 1000
# What a variable of the catalog stands for.
BOTH = {"%programfiles%": ("%ProgramFiles%", "%ProgramFiles(x86)%")}


@functools.lru_cache(maxsize=4096)
def _expression(pattern: str, one: str) -> re.Pattern[str]:
    parts = [f"{one}*" if part == "*" else one if part == "?" else re.escape(part) for part in pattern]
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def fits(pattern: str, text: str) -> bool:
    """Return True if a whole name matches a pattern; * stands for any characters, ? for one."""
    return _expression(pattern, ".").fullmatch(text) is not None


def fits_any(patterns: Iterable[str], text: str) -> bool:
    """Return True if a name matches one of the patterns."""
    return any(fits(pattern, text) for pattern in patterns)


def path_fits(pattern: str, path: str) -> bool:
    """Return True if a whole path matches a pattern; * and ? stay within one of its parts."""
    return _expression(pattern.rstrip("\\"), r"[^\\]").fullmatch(path.rstrip("\\")) is not None


def is_below(path: str, patterns: Iterable[str]) -> bool:
    """Return True if a path or a name matches one of the patterns, or lies below such a path."""
    parts = path.rstrip("\\").split("\\")
    for pattern in patterns:
        depth = len(pattern.rstrip("\\").split("\\"))
        if depth <= len(parts) and path_fits(pattern, "\\".join(parts[:depth])):
            return True
    return False


def parent(path: str) -> str:
    """Return a path's folder, '' if it has none."""
    return path.rstrip("\\").rpartition("\\")[0]


def name(path: str) -> str:
    """Return the last part of a path."""
    return path.rstrip("\\").rpartition("\\")[2]


def spelled(folder: str) -> list[str]:
    """Return the folders that a folder of the catalog stands for: there are two Program Files."""
    variable, _slash, rest = folder.partition("\\")
    return ["\\".join([one, rest]) if rest else one for one in BOTH.get(variable.lower(), (variable,))]


def program_of(image: str, variables: dict[str, str]) -> str:
    """Return the program of a service's ImagePath or of a command line as a path with a drive, '' where none is named.

    It is written in many ways: quoted, with arguments, relative to the system's folder, or as the kernel writes it.
    """
    found = PROGRAM.match(image.strip())
    path = (found[1] if found[1] is not None else found[2]) if found else image.strip()
    path = re.sub(r"^\\[\\?][?.]\\", "", path.replace("/", "\\"))
    path = re.sub(r"^\\?SystemRoot\\", lambda _: "%SystemRoot%\\", path, flags=re.IGNORECASE)
    path = re.sub(r"^\\?(?=system32\\|syswow64\\)", lambda _: "%SystemRoot%\\", path, flags=re.IGNORECASE)
    return expanded(path, variables)


def service_program(image: str, variables: dict[str, str]) -> str:
    """Return the program of a service's ImagePath: Windows takes one without an extension for an .exe."""
    path = program_of(image, variables)
    if PROGRAM.match(image.strip()) is None:
        path = ARGUMENTS.split(path)[0]
    return f"{path}.exe" if path and "." not in name(path) else path


def expanded(path: str, variables: dict[str, str]) -> str:
    """Return a path with its known variables filled in; their names are in lower case."""
    return VARIABLE.sub(lambda found: variables.get(found[1].lower(), found[0]), path)


def in_one_spelling(text: str) -> str:
    """Return a name without what differs between spellings of it: quotes, blanks, signs of a trade mark."""
    return " ".join(text.translate(SPELLINGS).split())


def packed(code: str) -> str:
    """Return a code in braces in the form of Windows Installer's own keys: each group reversed."""
    first, second, third, *rest = code.strip("{}").split("-")
    pairs = "".join(rest)
    turned = [pairs[place + 1] + pairs[place] for place in range(0, len(pairs) - 1, 2)]
    return "".join([first[::-1], second[::-1], third[::-1], *turned]).upper()


def unpacked(packed_code: str) -> str:
    """Return the code in braces for one in a Windows Installer key; '' if it is not one."""
    if re.fullmatch("[0-9A-Fa-f]{32}", packed_code) is None:
        return ""
    text = packed_code.upper()
    pairs = "".join(text[place + 1] + text[place] for place in range(16, 32, 2))
    return f"{{{text[7::-1]}-{text[11:7:-1]}-{text[15:11:-1]}-{pairs[:4]}-{pairs[4:]}}}"


def is_short(part: str) -> bool:
    """Return True for a part of a path that may be the short name of something that is listed under its long one."""
    return SHORT_NAME.fullmatch(part) is not None


def is_plain(path: str) -> bool:
    """Return True for a path on a drive that may be asked for: nothing in it is a step up, a pattern or a stream."""
    parts = path.split("\\")
    return (
        path[1:3] == ":\\"
        and path[:1].isascii()
        and path[:1].isalpha()
        and len(path) <= LONGEST
        and not any(part in ("", ".", "..") or set(part) & set('/:*?"<>|') for part in parts[1:])
    )
