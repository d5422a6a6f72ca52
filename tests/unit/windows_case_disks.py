"""A Windows host that exists only as data, made into a disk: its keys into hives, its files into files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import regf_build
import windows_cases
from regf_build import Value
from windows_hosts import CONFIG, EMPTY, put_hive

PROFILES = r"Microsoft\Windows NT\CurrentVersion\ProfileList"
Keys = dict[str, dict[str, Value]]
# What no disk shows.
LIVE = ("services", "processes", "output", "cim")


def make(host: dict[str, Any], folder: Path) -> Path:
    """Make the disk of a case's host below a folder."""
    software: Keys = {"": {}, PROFILES: {}}
    system: Keys = {"Select": {"Current": regf_build.dword(1)}, "ControlSet001": {}}
    for root, node in windows_cases.keys_of(host).items():
        keys = _flat(node)
        if root.startswith("S-1-"):
            _put_user(folder, root, keys, software)
            continue
        for path, values in keys.items():
            top, _slash, rest = path.partition("\\")
            if top.upper() == "SYSTEM":
                system[rest.replace("CurrentControlSet", "ControlSet001", 1)] = values
            elif top.upper() == "SOFTWARE":
                where = rf"Wow6432Node\{rest}".rstrip("\\") if root == "32" else rest
                software[where] = {**software.get(where, {}), **values}
    for name, keys in (("SOFTWARE", software), ("SYSTEM", system), ("DEFAULT", {"": {}})):
        put_hive(folder / CONFIG / name, regf_build.hive(keys))
    _put_files(host, folder)
    return folder


def as_disk(told: dict[str, Any], reads: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a host's answer without what its disk does not show."""
    live = {read["id"] for read in reads if read["kind"] in LIVE}
    answers = {name: {"not_asked": "running_system"} if name in live else one for name, one in told["answers"].items()}
    return {"changed": False, "reader": "disk", "answers": answers}


def _flat(node: dict[str, Any], path: str = "") -> Keys:
    found = {path: {name: _value(data) for name, data in node["values"].items()}}
    for name, child in node["below"].items():
        found.update(_flat(child, f"{path}\\{name}" if path else name))
    return found


def _value(data: Any) -> Value:
    if isinstance(data, bytes):
        return 3, data
    if isinstance(data, list):
        return 7, "".join(f"{one}\0" for one in [*data, ""]).encode("utf-16-le")
    return regf_build.dword(data) if isinstance(data, int) else regf_build.text(data)


def _put_user(folder: Path, user: str, keys: Keys, software: Keys) -> None:
    """Put a user's hive into a profile that the system's list of profiles names."""
    put_hive(folder / "users" / user / "NTUSER.DAT", regf_build.hive(keys))
    software[rf"{PROFILES}\{user}"] = {"ProfileImagePath": regf_build.text(rf"C:\users\{user}")}


def _put_files(host: dict[str, Any], folder: Path) -> None:
    for name in EMPTY:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for path in host.get("files", ()):
        *above, name = path.split("\\")[1:]
        place = folder
        for part in above:
            # A Windows disk has no two names that differ only in case.
            spelled = {child.name.lower(): child for child in place.iterdir()}
            place = spelled.get(part.lower(), place / part)
            place.mkdir(exist_ok=True)
        if name:
            (place / name).write_bytes(b"0123456789")
