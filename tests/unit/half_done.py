"""A host after some steps of its plan: what their effects cover is removed from what was seen."""

from __future__ import annotations

import copy
import posixpath
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux.locations import is_below
from support import item

Items = dict[str, dict[str, Any]]
ON_DISK = ("path", "link_into", "obstacle", "named_entry", "home_path", "mention", "space", "ini_value", "installer")
RUNNING = ("process", "interceptor")
# A step removes its own reasons.
TAKEN_OUT = (
    *("ini_section", "packet_chain", "saved_chain", "packet_mark", "certificate", "mention", "trusted_key"),
    *("account", "account_use", "group", "group_use"),
)


def after(answer: dict[str, Any], steps: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return a collector's answer after some steps of the plan that was made from it."""
    found = copy.deepcopy(answer)
    items: Items = {one["id"]: one for one in found["evidence"]}
    for step in steps:
        for effect in step["effects"]:
            _take_effect(items, effect)
        BY_KIND.get(step["kind"], _no_more)(items, step)
    return {**found, "evidence": sorted(items.values(), key=lambda one: str(one["id"]))}


def half_removed(answer: dict[str, Any], names: Iterable[str], status: str) -> dict[str, Any]:
    """Return the answer of a host on which the removal of Debian packages was interrupted, which leaves a status."""
    found = copy.deepcopy(answer)
    for one in found["evidence"]:
        value = one.get("value", {})
        if one["kind"] == "package" and value["name"] in names and value["manager"] == "dpkg":
            value.update(status=status, installed=False)
        if one["id"] == "package_manager:dpkg":
            value["unsettled"].update(dict.fromkeys(names, status))
    return found


def gone(items: Items, is_gone: Callable[[str], bool]) -> None:
    """Remove paths, with everything that names them as its own."""
    for name, one in list(items.items()):
        value = one.get("value", {})
        if one["kind"] in ON_DISK and is_gone(one["what"].partition("[")[0]):
            del items[name]
        elif one["kind"] == "path" and "children" in value:
            folder = one["what"]
            value["children"] = [child for child in value["children"] if not is_gone(posixpath.join(folder, child))]
        elif one["kind"] == "unit" and is_gone(value["file"]):
            del items[name]
        elif one["kind"] == "unit":
            for key in ("files", "links", "drop_ins"):
                value[key] = [path for path in value[key] if not is_gone(path)]


def _take_effect(items: Items, effect: dict[str, str]) -> None:
    change, path = effect["change"], effect.get("path", "")
    if change == "removed" and path:
        gone(items, lambda one: _covers(effect, one))
    elif change == "removed" and "package" in effect:
        _package_goes(items, effect["package"])
    elif change == "created" and "package" in effect:
        _package_comes(items, effect["package"])
    elif change == "created" and effect.get("scope") != "glob":
        items.setdefault(f"path:{path}", item({"path": path}))


def _covers(effect: dict[str, str], path: str) -> bool:
    if effect["scope"] == "glob":
        return fnmatchcase(path, effect["path"])
    return is_below(path, [effect["path"]])


def _package_goes(items: Items, name: str) -> None:
    for key, one in list(items.items()):
        value = one.get("value", {})
        if one["kind"] == "package" and value["name"] == name:
            del items[key]
            gone(items, lambda path, owns=tuple(value["owns"]): path in owns)
        elif value.get("owner") == name:
            gone(items, lambda path, what=one["what"]: path == what)
        elif key.startswith("package_change:"):
            value["changes"] = [change for change in value.get("changes", ()) if change["name"] != name]


def _package_comes(items: Items, name: str) -> None:
    items[f"package:{name}"] = item({"package": name, "version": "1"})
    value = items.get("package_change:install", {}).get("value", {"changes": []})
    value["changes"] = [change for change in value["changes"] if change["name"] != name]


def _no_more(items: Items, step: dict[str, Any]) -> None:
    for reason in step["reasons"]:
        if reason.partition(":")[0] in TAKEN_OUT:
            items.pop(reason, None)


def _stopped(items: Items, step: dict[str, Any]) -> None:
    unit = items.get(f"unit:{step['target']['name']}")
    if unit and not step["target"]["running"]:
        unit["value"].update(active="inactive", enabled="masked", load="masked", links=[])


def _ended(items: Items, below: list[str]) -> None:
    for name, one in list(items.items()):
        if one["kind"] in RUNNING and is_below(one["what"], below):
            del items[name]


def _handed_over(items: Items, step: dict[str, Any]) -> None:
    old, new = step["target"]["old"], step["target"]["new"]
    for name in (*old["units"], *old["triggers"]):
        _stopped(items, {"target": {"name": name, "running": False}})
    _ended(items, old["below"])
    for path in new["below"] if new else ():
        items.update({f"{kind}:{path}": item({kind: path}) for kind in RUNNING})


def _written(items: Items, step: dict[str, Any]) -> None:
    path, text = step["target"]["path"], step["target"]["after"]
    items[f"file_text:{path}"] = item({"file_text": path, "text": text, "mode": step["target"]["mode"]})


BY_KIND: dict[str, Callable[[Items, dict[str, Any]], None]] = {
    "unit": _stopped,
    "processes_end": lambda items, step: _ended(items, step["target"]["below"]),
    "handover": _handed_over,
    "file": _written,
}
