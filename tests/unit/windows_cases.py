"""A Windows host as data, which answers reads like a real one: keys and values, files, what runs."""

from __future__ import annotations

import base64
import gzip
import re
from typing import Any

from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog.model import Catalog

WINDOWS = platforms.named("windows")
UNINSTALL = "Microsoft\\Windows\\CurrentVersion\\Uninstall"
SERVICES = "SYSTEM\\CurrentControlSet\\Services"
VERSION = {"ProductName": "Windows 11 Pro", "CurrentBuildNumber": "26100", "InstallationType": "Client"}
ENTRY = {"name": "DisplayName", "version": "DisplayVersion", "publisher": "Publisher", "folder": "InstallLocation"}
FOLDER, FILE = 16, 32
PLACES = {
    "%ProgramFiles%": "C:\\Program Files",
    "%ProgramFiles(x86)%": "C:\\Program Files (x86)",
    "%ProgramData%": "C:\\ProgramData",
    "%SystemRoot%": "C:\\Windows",
    "%SystemDrive%": "C:",
}
Tree = dict[str, Any]


def collected(case: dict[str, Any], catalog: Catalog) -> dict[str, Any]:
    """Return the evidence of a case's host, asked what the whole catalog asks."""
    asked = platforms.detection([*catalog.products, *catalog.antivirus], (), WINDOWS)
    assert WINDOWS.collected is not None
    return WINDOWS.collected(*in_two_looks(asked, case["windows"]))


def in_two_looks(asked: dict[str, Any], host: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (everything that was asked, the whole answer) of a case's host, in the way that a host is looked at."""
    first = answers(host, asked["reads"])
    reads = [*asked["reads"], *WINDOWS.further(asked, first)]
    return {**asked, "reads": reads}, answers(host, reads)


def answers(host: dict[str, Any], reads: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a host answers to reads."""
    keys, files = keys_of(host), _files(host)
    told = {read["id"]: _answer(host, keys, files, read) for read in reads}
    return {"changed": False, "powershell": "5.1.26100.1", "administrator": True, "answers": told}


def keys_of(host: dict[str, Any]) -> Tree:
    """Return the registry as {view or user: {key: ...}}; a key of the tree is {"values", "below"}."""
    roots: Tree = {name: _empty() for name in ("64", "32")}
    _set(roots["64"], "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", {**VERSION, **host.get("version", {})})
    for number, entry in enumerate(host.get("entries", ())):
        told = {
            "name": "DisplayName",
            "version": "DisplayVersion",
            "publisher": "Publisher",
            "folder": "InstallLocation",
        }
        values = {told[key]: value for key, value in entry.items() if key in told}
        root = roots.setdefault(entry["user"], _empty()) if "user" in entry else roots[str(entry.get("view", 64))]
        _set(root, f"SOFTWARE\\{UNINSTALL}\\{entry.get('key', f'entry{number}')}", values)
    for name, image in host.get("services", {}).items():
        _set(roots["64"], f"{SERVICES}\\{name}", {"ImagePath": image, "Start": 2, "Type": 16})
    for name, image in host.get("drivers", {}).items():
        _set(roots["64"], f"{SERVICES}\\{name}", {"ImagePath": image, "Start": 1, "Type": 1})
    for path, values in host.get("keys", {}).items():
        view, _slash, rest = path.partition("\\")
        _set(roots.setdefault(view, _empty()), rest, values)
    return roots


def _empty() -> Tree:
    return {"values": {}, "below": {}}


def _set(node: Tree, path: str, values: Tree) -> None:
    for part in path.split("\\"):
        known = {name.lower(): name for name in node["below"]}
        node = node["below"].setdefault(known.get(part.lower(), part), _empty())
    node["values"].update(values)


def _files(host: dict[str, Any]) -> Tree:
    root: Tree = {}
    for path in host.get("files", ()):
        node = root
        parts = path.split("\\")
        for part in parts[:-1]:
            node = node.setdefault(part, {})
        node[parts[-1]] = None if parts[-1] else {}
    return root


def _answer(host: dict[str, Any], keys: Tree, files: Tree, read: dict[str, Any]) -> Tree:
    if read["id"] in host.get("denied", ()):
        return {"denied": "System.Security.SecurityException"}
    if read["kind"] == "services":
        return {"states": host.get("states", {})}
    if read["kind"] == "processes":
        return {
            "processes": [{"id": 100 + at, "name": "x", "path": path} for at, path in enumerate(host.get("run", ()))]
        }
    if read["kind"] == "output" and read["program"] in host.get("outputs", {}):
        printed = host["outputs"][read["program"]].encode("cp850", "replace")
        return {"rc": 0, "output": base64.b64encode(printed).decode()}
    if read["kind"] == "content" and read["path"] in host.get("contents", {}):
        content = host["contents"][read["path"]]
        return {"size": len(content), "gzip": base64.b64encode(gzip.compress(content)).decode()}
    if read["kind"] == "signature" and read["path"] in host.get("signatures", {}):
        return dict(host["signatures"][read["path"]])
    if read["kind"] == "cim" and read["class"] in host.get("cim", {}):
        return {"instances": [dict(host["cim"][read["class"]])]}
    if read["kind"] == "tree":
        return _tree(files, read)
    if read["kind"] != "key":
        return {"absent": "System.IO.FileNotFoundException"}
    if read["hive"] == "Users":
        users = {name: root for name, root in keys.items() if name.startswith("S-1-")}
        return {"each": {name: _key(root, read["path"][2:], read) for name, root in users.items()}}
    return _key(keys[read["view"][-2:]], read["path"], read)


def _tree(files: Tree, read: dict[str, Any]) -> Tree:
    variable, _slash, rest = read["path"].partition("\\")
    node: Any = files
    for part in [*PLACES.get(variable, variable).split("\\"), *filter(None, rest.split("\\"))]:
        below = {name.lower(): child for name, child in (node or {}).items()}
        if part.lower() not in below:
            return {"absent": "System.IO.FileNotFoundException"}
        node = below[part.lower()]
    return _listed(node, read["depth"])


def _listed(node: Any, depth: int) -> Tree:
    if node is None:
        return {"attributes": FILE, "size": 10, "written": 134403846678143628}
    below = {name: _listed(child, depth - 1) for name, child in node.items() if name}
    return {"attributes": FOLDER, **({"below": below} if depth > 0 else {})}


def _key(node: Tree, path: str, read: dict[str, Any]) -> Tree:
    for part in path.split("\\"):
        below = {name.lower(): child for name, child in node["below"].items()}
        if part.lower() not in below:
            return {"absent": "key"}
        node = below[part.lower()]
    return _shown(node, read, read.get("depth", 0))


def _shown(node: Tree, read: dict[str, Any], depth: int) -> Tree:
    wanted = [name.lower() for name in read.get("values", node["values"])]
    values = {name: _value(data) for name, data in node["values"].items() if name.lower() in wanted}
    told: Tree = {"values": values, "count": len(node["below"])}
    if depth > 0:
        match = re.compile(read.get("match", ""), re.IGNORECASE)
        chosen = {name: _shown(child, read, depth - 1) for name, child in node["below"].items()}
        told["below"] = {name: key for name, key in chosen.items() if depth > 1 or _is_met(match, name, key)}
    return told


def _is_met(match: re.Pattern[str], name: str, key: Tree) -> bool:
    data = [value["data"] for value in key["values"].values()]
    texts = [one for each in data for one in (each if isinstance(each, list) else [each]) if isinstance(one, str)]
    return any(match.search(text) for text in (name, *texts))


def _value(data: Any) -> Tree:
    if isinstance(data, bytes):
        return {"type": "Binary", "data": {"base64": base64.b64encode(data).decode()}}
    kind = "MultiString" if isinstance(data, list) else "DWord" if isinstance(data, int) else "String"
    return {"type": kind, "data": data}
