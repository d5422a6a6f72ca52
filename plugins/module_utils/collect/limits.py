# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""What the host has that is not checked, or not completely: package managers without a reader, remote homes."""

import re

from ..posix.errors import EndpointError
from .items import not_checked, seen

LIMIT = 1 << 18
MOST_NAMES = 20


def collect(asked, look):
    """Yield an item of each of ``asked['entries']`` that the host has; unknown if it lists what is looked for.

    An entry is {id, marks, lists}. ``marks`` identify it: {path} that exists, {holds} a directory that is not empty,
    {file, line} a line that a regular expression finds. ``lists`` are {in, levels} of directories whose entries have
    the names of packages. No package may have one of ``asked['names']`` or contain ``asked['word']``.
    """
    is_wanted = _wanted(asked["names"], asked["word"])
    for entry in asked["entries"]:
        yield from _of_entry(entry, is_wanted, look)


def _of_entry(entry, is_wanted, look):
    """Yield the item of one entry; what could not be read is where it was seen."""
    listed, at = [], entry["id"]
    try:
        for mark in entry["marks"]:
            at = mark.get("path") or mark.get("holds") or mark["file"]
            if _is_found(mark, look):
                break
        else:
            return
        where = at
        for place in entry["lists"]:
            at = place["in"]
            listed += _names(at, place["levels"], look)
    except EndpointError as error:
        yield not_checked("limit", entry["id"], at, error)
        return
    wanted = sorted({name for name in listed if is_wanted(name)})
    if wanted:
        cause = "it lists %s, and is not read further" % ", ".join(wanted[:MOST_NAMES])
        yield not_checked("limit", entry["id"], where, cause)
    else:
        yield seen("limit", entry["id"], where, detail="")


def _is_found(mark, look):
    if "path" in mark:
        return look.tree.lstat(mark["path"])[0] is not None
    if "holds" in mark:
        return bool(look.tree.entries(mark["holds"]))
    expression = re.compile(mark["line"])
    lines = (look.tree.text(mark["file"], LIMIT) or "").split("\n")
    return any(expression.search(line) for line in lines)


def _names(folder, levels, look):
    """Yield the names a number of levels below a directory."""
    for name, is_link, is_folder in look.tree.entries(folder):
        if levels == 1:
            yield name
        elif is_folder and not is_link:
            yield from _names(folder + "/" + name, levels - 1, look)


def _wanted(names, word):
    """Return a test for the name of a database entry: a package's name, followed by a version or more."""
    known = "|".join(re.escape(name).replace(r"\*", "[a-z0-9.]*") for name in names)
    begins = re.compile(r"[._]*(?:%s)(?:[-_.@:~][^/]*)?\Z" % known, re.IGNORECASE)

    def is_wanted(name):
        return (bool(word) and word in name.lower()) or begins.match(name) is not None

    return is_wanted
