# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""What a plan has to know about a file besides the lines that name something: its text, and what else is in it."""

import hashlib
import os
import re

from ...linux.dpkg_status import LISTS
from ...posix.errors import EndpointError
from ...posix.running import commands
from .shell_lines import COMMENT, context

MOST_BLOCKS = 50
LONGEST = 4000
# The owner matters only for files that could be removed as a whole, and is slow to find.
DROP_INS = ["/etc/" + name for name in ("cron.d", "sudoers.d", "profile.d", "xdg/autostart")] + [
    "/etc/cron." + period for period in ("hourly", "daily", "weekly", "monthly")
]
LIST_LIMIT = 1 << 24
RPM_LIMIT = 20
# Files in which lines that begin with blanks continue a line; in others, a backslash continues it.
BY_BLANKS = ("mta",)
# Lines that have no effect by themselves.
SCAFFOLD = re.compile(rb"\s*(?:exit(?: 0)?|set -[a-z]+|true|:|(?:SHELL|PATH|MAILTO|HOME|LANG|LC_ALL)\s*=.*)\s*\r?\Z")
# `#include`, `#includedir` and `#` with a UID are not comments in sudoers.
SUDOERS_COMMENT = re.compile(rb"\s*(?:#(?!include|-?[0-9])|\Z)")
SAMBA_COMMENT = re.compile(rb"\s*(?:[#;]|\Z)")
ALIAS = re.compile(rb"\s*Cmnd_Alias\s+([A-Z][A-Z0-9_]*)\s*=")
ODD = re.compile("[\x00-\x08\x0a-\x1f\x7f]")


def describe(path, place, data, expression, look):
    """Return what an item says about a file's bytes for a plan; ``expression`` finds what names something."""
    logical = list(blocks(data, place))
    naming = [block for block in logical if expression.search(b"\n".join(block[1]))]
    numbers = {number for number, _lines in naming}
    others = [block for block in logical if block[0] not in numbers and not _is_idle(block[1], place)]
    told = [_told(block, place) for block in naming[:MOST_BLOCKS]]
    if place == "shell":
        for block in told:
            block["context"] = context(logical, block["number"])
    return {
        "blocks": told,
        "related": [_told(block, place) for block in _related(naming, others)[:MOST_BLOCKS]],
        "more": len(naming) > MOST_BLOCKS,
        "others": len(others),
        "owner": owner_of(path, look) if os.path.dirname(path) in DROP_INS else "",
        "real": look.tree.lstat(path)[2],
        "sha256": hashlib.sha256(data).hexdigest(),
        "tool": _tool(look) if place == "selinux" else "",
    }


def blocks(data, place):
    """Yield (number from 1, [lines of bytes]) of each line with its continuation lines. Never raises."""
    number, block = 0, []
    for count, line in enumerate(data.split(b"\n"), 1):
        if block and (line[:1] in (b" ", b"\t") and line.strip() if place in BY_BLANKS else _goes_on(block[-1])):
            block.append(line)
            continue
        if block:
            yield number, block
        number, block = count, [line]
    yield number, block


def _goes_on(line):
    return line.endswith(b"\\") and not line.lstrip().startswith(b"#")


def _is_idle(lines, place):
    comment = {"sudoers": SUDOERS_COMMENT, "samba": SAMBA_COMMENT}.get(place, COMMENT)
    if place == "shell":
        # In such a file, a path is the purpose of the file.
        return comment.match(lines[0]) is not None
    return comment.match(lines[0]) is not None or SCAFFOLD.match(lines[0]) is not None


def _related(naming, others):
    """Return the lines that use an alias which a naming line defines."""
    found = [ALIAS.match(lines[0]) for _number, lines in naming]
    names = {match.group(1) for match in found if match is not None}
    if not names:
        return []
    uses = re.compile(rb"(?<![A-Za-z0-9_])(?:" + b"|".join(sorted(names)) + rb")(?![A-Za-z0-9_])")
    return [block for block in others if uses.search(b"\n".join(block[1]))]


def _told(block, place):
    number, lines = block
    raw = b"\n".join(lines)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return {"number": number, "text": "", "plain": False, "idle": False}
    plain = len(text) <= LONGEST and not any(ODD.search(line) for line in text.split("\n"))
    return {"number": number, "text": text if plain else "", "plain": plain, "idle": _is_idle(lines, place)}


def _tool(look):
    """Return the program that manages local file label rules, if it is there: it would overwrite its file."""
    folders = commands.SEARCH_PATH.split(":")
    return "semanage" if any(look.tree.lstat(folder + "/semanage")[0] is not None for folder in folders) else ""


def owner_of(path, look):
    """Return the name of a package that owns a path, '' if none does."""
    if path in look.owners:
        return look.owners[path]
    wanted = b"\n" + path.encode("utf-8", "surrogateescape") + b"\n"
    for name in look.tree.names(LISTS):
        if name.endswith(".list") and wanted in b"\n" + (look.tree.data(os.path.join(LISTS, name), LIST_LIMIT) or b""):
            return name[: -len(".list")].partition(":")[0]
    return _owner_by_rpm(path) if look.live else ""


def _owner_by_rpm(path):
    try:
        finished = commands.run(["rpm", "-qf", "--queryformat", "%{NAME}\\n", path], RPM_LIMIT)
    except EndpointError as error:
        if error.code == "command_missing":
            return ""
        raise
    return finished.output.split("\n")[0] if finished.code == 0 else ""
