# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Remove the products from other programs' configuration. The owner's own lines stay unchanged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .....module_utils.agreed.linux import OPENED, PLAIN, UNSURE
from ....catalog.model import Product
from ....detect.claims import Claims
from ....detect.evidence import Evidence, Item
from ....plan.model import REMOVE, Step
from . import homes
from .config_lines.names import Words, installer_names
from .config_lines.rules import MIXED, Fate, aliases_of, fate, is_script, sudo_commands

# These have their own steps or messages.
ELSEWHERE = ("selinux", "unit")
# A file in one of these is one thing of its own, and goes when nothing else is in it.
DROP_INS = (
    "/etc/cron.d/",
    "/etc/cron.hourly/",
    "/etc/cron.daily/",
    "/etc/cron.weekly/",
    "/etc/cron.monthly/",
    "/etc/sudoers.d/",
    "/etc/profile.d/",
)
AUTOSTART = "/autostart/"
# Words that a shell does not read as commands.
NOTHING = ":"
# Lines that refer to each other: one left without the others would break the whole file.
TOGETHER = ("squid",)


@dataclass
class Change:
    """What happens to a file: lines with their replacements, or the whole file, and what a person has to check."""

    edits: list[tuple[str, str | None]] = field(default_factory=list)
    whole: bool = False
    by_hand: list[tuple[int, str]] = field(default_factory=list)


def steps(evidence: Evidence, going: list[Product], owned: Claims) -> Iterator[Step]:
    """Yield a step for each file from which something is removed."""
    words = Words.of(going)
    for item in mentions(evidence, words):
        change = judged(item, words, evidence)
        if change.edits:
            yield _step(item, change)


def probes(going: list[Product]) -> dict[str, Any]:
    """Return the probe for each complete line that names a product or would reinstall it."""
    files = sorted({name for product in going for name in installer_names(product)})
    packages = sorted({name for product in going for name in product.of_kind("package")})
    return {"mention": {"texts": [], "units": [], "closely": True, "files": files, "packages": packages}}


def mentions(evidence: Evidence, words: Words) -> list[Item]:
    """Return the files that name a product and from which a line could be removed."""
    return [
        item
        for item in evidence.of_kind("mention")
        if item["value"]["place"] not in ELSEWHERE and any(words.named_in(line) for line in item["value"]["lines"])
    ]


def judged(item: Item, words: Words, evidence: Evidence) -> Change:
    """Return what happens to a file."""
    value, path = item["value"], item["what"]
    if words.is_package(value.get("owner", "")):
        # It is removed with its package.
        return Change()
    real = value.get("real", path)
    if real != path:
        listed = evidence.value("mention", real) is not None
        return Change() if listed else Change(by_hand=[(0, f"it is reached through a symbolic link, really {real}")])
    change = _line_by_line(path, value, words)
    if value.get("more"):
        return Change(by_hand=[(0, "too many lines name the product"), *change.by_hand])
    change.whole = _goes_whole(path, value, change)
    if not change.whole and change.edits and (is_script(path) or AUTOSTART in path):
        return Change(by_hand=[*change.by_hand, (0, "it is a program or entry that also does other things")])
    if change.by_hand and (value["place"] in TOGETHER or any(aliases_of(before) for before, _after in change.edits)):
        return Change(by_hand=[*change.by_hand, (0, "other lines use what these define, so all of them stay")])
    return change


def _line_by_line(path: str, value: dict[str, Any], words: Words) -> Change:
    change = Change()
    names: set[str] = set()
    contexts = _contexts(value.get("blocks", ()))
    for block in value.get("blocks", ()):
        if not block["plain"]:
            change.by_hand.append((block["number"], "it is too long, or not plain text"))
        elif (
            words.named_in(block["text"])
            # Its installer marks what it added with comments.
            and (not block["idle"] or value["place"] == "squid")
            and _note(change, block, fate(value["place"], path, block["text"], words), contexts[block["text"]])
        ):
            names.update(aliases_of(block["text"]))
    for block in value.get("related", ()):
        used = sudo_commands(block["text"]) or []
        if any(command in names for command in used) or not used:
            _note(change, block, Fate(True) if used and set(used) <= names else MIXED, PLAIN)
    if "blocks" not in value:
        change.by_hand.append((0, "its lines were not checked"))
    return change


def _contexts(blocks: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return the context of each text: a step removes all lines with the same text, so the worst one counts."""
    contexts: dict[str, str] = {}
    for block in blocks:
        told = (contexts.get(block["text"], PLAIN), block.get("context", PLAIN))
        contexts[block["text"]] = max(told, key=(PLAIN, OPENED, UNSURE).index)
    return contexts


def _note(change: Change, block: dict[str, Any], told: Fate, context: str) -> bool:
    if told.goes and context == UNSURE:
        change.by_hand.append((block["number"], "it may be part of a longer text or command"))
        return False
    if told.goes:
        # If a condition or a function would be left without a command, a command that does nothing replaces the line.
        idle = _indent(block["text"]) + NOTHING if context == OPENED else told.becomes
        change.edits.append((block["text"], idle))
    elif told.why:
        change.by_hand.append((block["number"], told.why))
    return told.goes


def _indent(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]


def _goes_whole(path: str, value: dict[str, Any], change: Change) -> bool:
    """Return True if nothing is left in a file that anything else needs."""
    if value.get("owner") or not change.edits or any(after is not None for _before, after in change.edits):
        return False
    if AUTOSTART in path:
        return path.endswith(".desktop") and not change.by_hand
    using = [block for block in value.get("related", ()) if (block["text"], None) in change.edits]
    return path.startswith(DROP_INS) and value.get("others", 0) == len(using) and not change.by_hand


def _step(item: Item, change: Change) -> Step:
    path, count = item["what"], len(change.edits)
    lines = "1 line" if count == 1 else f"{count} lines"
    target: dict[str, Any] = {
        "path": path,
        "place": item["value"]["place"],
        "edits": [{"before": before, "after": after} for before, after in change.edits],
        "whole": change.whole,
        **homes.of_user(item),
    }
    if change.whole:
        target["sha256"] = item["value"]["sha256"]
    left = [after for _before, after in change.edits if after is not None]
    after = "\n".join(left) or "no such line; all others unchanged"
    return Step(
        REMOVE,
        "lines_remove",
        f"Remove {path}, which has no other purpose" if change.whole else f"Delete {lines} from {path}",
        target,
        "\n".join(before for before, _after in change.edits),
        "the file is gone" if change.whole else after,
        (item["id"],),
        ({"path": path, "scope": "file", "change": "removed" if change.whole else "changed"},),
    )


def by_hand(evidence: Evidence, going: Iterable[Product]) -> list[str]:
    """Return what a person has to check, each as file, line and reason."""
    words = Words.of(going)
    told = []
    for item in mentions(evidence, words):
        for number, why in judged(item, words, evidence).by_hand:
            told.append(f"{item['what']}{f' line {number}' if number else ''} ({why})")
    return told


def bringing_back(evidence: Evidence, going: Iterable[Product]) -> list[str]:
    """Return the lines that stay and would reinstall a product, each as file and text."""
    words, told = Words.of(going), []
    for item in evidence.of_kind("mention"):
        change = judged(item, words, evidence)
        gone = {before for before, _after in change.edits}
        for block in item["value"].get("blocks", ()):
            if not block["idle"] and block["text"] not in gone and words.brings_back(block["text"]):
                told.append(f"{item['what']} line {block['number']}: {block['text'].strip()}")
    return told
