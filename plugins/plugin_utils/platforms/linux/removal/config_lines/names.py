# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The words that show that a configuration line belongs to a product, and whether a command only calls that product."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from .....catalog.model import Product
from .....detect.claims import names_text
from ...locations import fits, is_below

SEPARATORS = ("&&", "||", ";", "|", "&")
# Commands that run what follows them.
WRAPPERS = ("nice", "ionice", "nohup", "exec", "env", "timeout", "chronic", "command", "sudo")
SHELLS = ("sh", "bash", "dash", "ksh", "zsh")
# Commands that can be dropped without loss.
IDLE = ("true", "false", ":", "exit", "sleep")
TESTS = ("test", "[", "[[")
# Commands that read a file as if it stood in their place.
SOURCING = (".", "source")
SERVICES = ("systemctl", "service", "invoke-rc.d")
PACKAGE_TOOLS = ("apt", "apt-get", "dnf", "yum", "zypper", "dpkg", "rpm")
INSTALLING = ("install", "reinstall", "in", "update", "upgrade", "up")
VERBS = re.compile(r"(?:re)?(?:start|stop|load|enable)|try-restart|condrestart|status|is-[a-z]+|enable|disable|unmask")
# Characters that a shell would expand.
UNREADABLE = ("`", "$(", "<<", "\n", "\\\n")
ASSIGNED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")


@dataclass(frozen=True)
class Words:
    """``roots`` hold only the products' files; ``marks`` are their texts; ``installers`` are file names."""

    roots: tuple[str, ...]
    marks: tuple[str, ...]
    units: tuple[str, ...]
    packages: tuple[str, ...]
    installers: tuple[str, ...]

    @classmethod
    def of(cls, products: Iterable[Product]) -> Words:
        """Return the words of products."""
        chosen = list(products)
        return cls(
            tuple(sorted({root for product in chosen for root in (*product.trees, *product.of_kind("process"))})),
            tuple(sorted({text for product in chosen for text in product.of_kind("mention")})),
            tuple(sorted({name for product in chosen for name in product.of_kind("unit")})),
            tuple(sorted({name for product in chosen for name in product.of_kind("package")})),
            tuple(sorted({name for product in chosen for name in installer_names(product)})),
        )

    def named_in(self, text: str) -> bool:
        """Return True if a text holds one of the words by which lines are found."""
        return any(names_text(word, text) for word in (*self.roots, *self.marks)) or self.brings_back(text)

    def own(self, word: str) -> bool:
        """Return True for a path or a text of the products."""
        plain = posixpath.normpath(word) == word.rstrip("/")
        return word in self.marks or (plain and is_below(word.rstrip("/"), self.roots))

    def is_package(self, name: str) -> bool:
        """Return True for the name of one of the products' packages."""
        return any(fits(name, package) for package in self.packages)

    def is_installer(self, word: str) -> bool:
        """Return True for a file, wherever it is, that would install one of the products."""
        return any(fits(posixpath.basename(word), name) for name in self.installers)

    def brings_back(self, text: str) -> bool:
        """Return True if a text names an installer, or makes a package manager install one of the products."""
        if any(self.is_installer(word) for word in re.split(r"[\s'\";|&=()]+", text) if word):
            return True
        return any(_installs(words, self) for words in _lists(text))

    def only_calls(self, command: str) -> bool:
        """Return True if each part of a shell's command calls or asks for the products, and nothing else.

        What cannot be read with certainty must not be removed.
        """
        parts = segments(command)
        judged = [_is_own(part, self) for part in parts or ()]
        return True in judged and False not in judged


def installer_names(product: Product) -> list[str]:
    """Return the names, with * for any characters, of files that would bring a product."""
    archives = [name for package in product.of_kind("package") for name in (f"{package}_*.deb", f"{package}-*.rpm")]
    return [*product.of_kind("installer"), *archives]


def segments(command: str) -> list[list[str]] | None:
    """Return a shell line's simple commands as lists of words; None if it holds anything else."""
    if any(text in command for text in UNREADABLE):
        return None
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        tokens = list(lexer)
    except ValueError:
        return None
    return _split(tokens)


def _split(tokens: list[str]) -> list[list[str]] | None:
    parts: list[list[str]] = [[]]
    skip = False
    for token in tokens:
        if skip:
            skip = False
        elif token in SEPARATORS:
            parts.append([])
        elif token and set(token) <= set("<>&|"):
            skip = True
        elif token and set(token) <= set("();<>|&"):
            return None
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def _is_own(part: list[str], words: Words) -> bool | None:
    """Return True for a command that is about the products, False for another, None for one that does nothing."""
    part = _unwrapped(part)
    if not part:
        return None
    name, arguments = posixpath.basename(part[0]), part[1:]
    if words.own(part[0]) or words.is_installer(part[0]):
        return True
    if name in SOURCING:
        return bool(arguments) and words.own(arguments[0])
    if name in TESTS:
        return any(words.own(word) or words.is_installer(word) for word in arguments)
    if name in SHELLS:
        return _is_own_script(arguments, words)
    if name in SERVICES:
        named = [word for word in arguments if not word.startswith("-") and not VERBS.fullmatch(word)]
        return bool(named) and all(_is_unit(word, words) for word in named)
    if name in PACKAGE_TOOLS:
        return _installs(part, words)
    return None if name in IDLE else False


def _unwrapped(part: list[str]) -> list[str]:
    while part and (ASSIGNED.match(part[0]) or posixpath.basename(part[0]) in WRAPPERS):
        wrapper = not ASSIGNED.match(part[0])
        part = part[1:]
        while wrapper and part and (part[0].startswith("-") or re.fullmatch(r"[0-9]+[smhd]?", part[0])):
            part = part[1:]
    return part


def _is_own_script(arguments: list[str], words: Words) -> bool:
    given = [word for word in arguments if not word.startswith("-")]
    if not given:
        return False
    if any(re.fullmatch(r"-[a-z]*c", word) for word in arguments):
        return len(given) == 1 and words.only_calls(given[0])
    return words.own(given[0]) or words.is_installer(given[0])


def _is_unit(word: str, words: Words) -> bool:
    name = word if "." in word else f"{word}.service"
    return any(fits(name, unit) for unit in words.units)


def _installs(part: list[str], words: Words) -> bool:
    """Return True if a package manager installs the products and nothing else."""
    part = _unwrapped(part)
    if not part or posixpath.basename(part[0]) not in PACKAGE_TOOLS:
        return False
    flags = [word for word in part[1:] if word.startswith("-")]
    given = [word for word in part[1:] if not word.startswith("-")]
    if posixpath.basename(part[0]) in ("dpkg", "rpm"):
        installs = any(re.match(r"-[a-zA-Z]*[iU]|--install$|--upgrade$", flag) for flag in flags)
    else:
        installs, given = bool(given) and given[0] in INSTALLING, given[1:]
    return installs and bool(given) and all(_is_package(word, words) for word in given)


def _is_package(word: str, words: Words) -> bool:
    name = re.split(r"[=:]", word)[0]
    return words.is_installer(word) or words.is_package(name)


def _lists(text: str) -> list[list[str]]:
    """Return the commands in a text of any kind, also after a setting's name and in a shell's quotes."""
    found = []
    for part in re.split(r"&&|\|\||[;|&'\"]", text.partition("=")[2] or text):
        words = part.split()
        starts = [place for place, word in enumerate(words) if posixpath.basename(word) in PACKAGE_TOOLS]
        found += [words[place:] for place in starts]
    return found
