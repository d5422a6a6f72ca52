# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Evidence of folders, those directly in a folder that was read and those that were read, and of files of drivers."""

from __future__ import annotations

from collections.abc import Iterator

from .. import names
from ..look import Answer, Item, Look, seen, text, unseen, why_not
from ..reads import DRIVERS, SERVICES

IS_FOLDER, IS_LINK = 0x10, 0x400
DRIVER = ".sys"


def items(look: Look) -> Iterator[Item]:
    """Yield the evidence of folders that the catalog may look for, and of files of drivers."""
    yield from _driver_files(look)
    patterns = wanted(look)
    for root, answer in look.trees():
        if not names.is_below(root, patterns) and not any(names.is_below(one, [root]) for one in patterns):
            continue
        if why_not(answer):
            yield unseen("folder", root, root, why_not(answer))
        elif "attributes" in answer:
            yield from _folders(root, answer, patterns)


def _driver_files(look: Look) -> Iterator[Item]:
    """Yield the files of the vendor's drivers that no service calls: they wait for a restart, or were left."""
    called = {
        names.program_of(text(one.values, "ImagePath") or "", look.variables).lower()
        for top in look.keys(SERVICES)
        for one in top.below()
    }
    top = names.expanded(DRIVERS, look.variables)
    for root, answer in look.trees():
        if root.lower() == top.lower():
            for name, path, child in _files(answer, root):
                if path.lower() not in called and look.wants("own", name):
                    yield seen("driver_file", path, root, {"name": name, "bytes": int(child.get("size", 0))})


def _files(answer: Answer, root: str, suffix: str = "") -> Iterator[tuple[str, str, Answer]]:
    """Yield (the name of its driver, path, answer) of files; a folder of a version is the suffix of the names in it."""
    for name, child in answer.get("below", {}).items():
        path = f"{root}\\{name}"
        if int(child.get("attributes", 0)) & IS_FOLDER:
            yield from () if suffix else _files(child, path, f".{name}")
        elif name.lower().endswith(DRIVER):
            yield name[: -len(DRIVER)] + suffix, path, child


def wanted(look: Look) -> list[str]:
    """Return the catalog's folders with a drive, of both kinds of programs, and the vendor's."""
    told = [*look.signs.get("folder", ()), *look.signs.get("net", ())]
    return [names.expanded(one, look.variables) for folder in told for one in names.spelled(folder)]


def _folders(root: str, answer: Answer, patterns: list[str]) -> Iterator[Item]:
    if any(names.path_fits(pattern, root) for pattern in patterns):
        yield seen("folder", root, root, _value(answer))
    for name, child in answer.get("below", {}).items():
        path = f"{root}\\{name}"
        if why_not(child):
            yield unseen("folder", path, root, why_not(child))
        elif int(child.get("attributes", 0)) & IS_FOLDER:
            yield seen("folder", path, root, _value(child))


def _value(node: Answer) -> dict[str, object]:
    below = node.get("below", {})
    files = [child for child in below.values() if not int(child.get("attributes", 0)) & IS_FOLDER]
    return {
        "folders": len(below) - len(files),
        "programs": sorted(name for name in below if name.lower().endswith((".exe", ".sys", ".dll"))),
        "files": len(files),
        "bytes": sum(int(child.get("size", 0)) for child in files),
        "listed": "below" in node,
        "link": bool(int(node.get("attributes", 0)) & IS_LINK),
    }
