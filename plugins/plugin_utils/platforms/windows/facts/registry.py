# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Evidence of keys: the vendor's own, and where its products register with Windows and with browsers."""

from __future__ import annotations

from collections.abc import Iterator

from .. import names
from ..look import UNKNOWN, Answer, Item, Key, Look, number, seen, text, unseen, why_not
from ..reads import BROWSERS, CENTER, CHANNELS, PROVIDERS, TASK_FILES, TASKS

BELOW = "SOFTWARE\\"
VERSIONS = ("ProductDisplayVersion", "ProductVersion", "CoreVersion", "Protection_NagentFullVersion")


def items(look: Look) -> Iterator[Item]:
    """Yield the evidence of keys."""
    tops = dict.fromkeys(key.partition("\\")[0] for key in look.signs.get("vendor_key", ()))
    for key in look.keys(*(f"{BELOW}{top}" for top in tops)):
        yield from look.failed("vendor_key", [key])
        yield from _vendors(look, key)
    yield from _registered(look)


def _vendors(look: Look, top: Key) -> Iterator[Item]:
    for key in top.all():
        path = key.path[len(BELOW) :]
        if "values" in key.answer and any(names.path_fits(sign, path) for sign in look.signs.get("vendor_key", ())):
            yield seen("vendor_key", f"{key.view}\\{path}", key.where, _value(key), key.user)


def _value(key: Key) -> dict[str, object]:
    """Return what a product's key says. One without an environment is what a removed product has left."""
    below = {child.name.lower(): child for child in key.all() if child is not key}
    told = [key, *below.values()]
    passwords = [number(one.values, "EnablePswrdProtect") for one in told if "EnablePswrdProtect" in one.values]
    versions = (text(one.values, name) for name in VERSIONS for one in told)
    return {
        "environment": "environment" in below,
        "version": next((version for version in versions if version), ""),
        "code": next((code for one in told if (code := text(one.values, "ProductCode"))), ""),
        "password": "on" if any(passwords) else "off" if passwords else UNKNOWN,
    }


def _registered(look: Look) -> Iterator[Item]:
    for key in look.keys(*(f"{CENTER}\\{part}" for part in PROVIDERS)):
        yield from look.failed("security_provider", [key])
        yield from (_provider(look, one) for one in key.below() if not why_not(one.answer))
    for kind, paths in (("event_channel", CHANNELS), ("browser_host", BROWSERS)):
        for key in look.keys(*paths):
            yield from look.failed(kind, [key])
            for one in key.below():
                if look.wants(kind, one.name):
                    yield seen(kind, f"{key.view}\\{key.path}\\{one.name}", one.where, {"name": one.name}, one.user)
    for key in look.keys(TASKS):
        yield from look.failed("scheduled_task", [key])
        for one in key.below():
            value = {"path": text(one.values, "Path") or "", "author": text(one.values, "Author") or ""}
            if look.is_makers(f"{value['path']} {value['author']}"):
                yield seen("scheduled_task", one.name, one.where, value)
    yield from _task_files(look)


def _task_files(look: Look) -> Iterator[Item]:
    """Yield the files of tasks that name the vendor: one can be there without its key, and a key without its file."""
    top = names.expanded(TASK_FILES, look.variables)
    for root, answer in look.trees():
        if root.lower() == top.lower():
            if why_not(answer):
                yield unseen("scheduled_task", root, root, why_not(answer))
            for path in _named_below(look, answer, root):
                yield seen("scheduled_task", path, root, {"path": path[len(root) :], "author": ""})


def _named_below(look: Look, node: Answer, path: str) -> Iterator[str]:
    """Yield the paths below a folder whose names hold a word of the vendor's, the outermost of each."""
    for name, child in node.get("below", {}).items():
        if look.is_makers(name):
            yield f"{path}\\{name}"
        else:
            yield from _named_below(look, child, f"{path}\\{name}")


def _provider(look: Look, key: Key) -> Item:
    """Return an entry of Security Center. One whose program is gone was left there."""
    name, program = text(key.values, "DISPLAYNAME"), text(key.values, "PRODUCTEXE")
    part = names.name(names.parent(key.path))
    what = key.name if part == PROVIDERS[0] else f"{part}\\{key.name}"
    if name is None or program is None:
        return unseen("security_provider", what, key.where, "its name or its program is no text")
    path = names.program_of(program, look.variables)
    state = number(key.values, "STATE")
    value = {"name": name, "path": path, "file": look.file(path) if path else UNKNOWN, "state": state or 0}
    return seen("security_provider", what, key.where, value)
