"""A hive as four readers see it: {path: {name: (type, bytes)}}, or for regipy, its interpretation of the bytes."""

from __future__ import annotations

import io
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from ansible_collections.avshift.endpoint.plugins.module_utils.windows.regf import Hive, Key
from ansible_collections.avshift.endpoint.plugins.module_utils.windows.room import Room
from ansible_collections.avshift.endpoint.plugins.module_utils.windows.values import answered
from regf_build import Value
from regipy.registry import NKRecord, RegistryHive
from Registry import Registry
from support import REPOSITORY

Keys = dict[str, dict[str, Value]]
CHILD = REPOSITORY / "tests" / "unit" / "hivex_child.py"
# Debian's hivex is for the system's own Python.
SYSTEM_PYTHON = "/usr/bin/python3"
SECONDS = 60
DEFAULT = "(default)"


def by_own(path: Path) -> Keys:
    """Return every key as the collection's reader sees it."""
    hive = Hive(os.open(path, os.O_RDONLY), Room(1 << 30, 600))
    try:
        return _own(hive, hive.root(), "")
    finally:
        hive.close()


def _own(hive: Hive, key: Key, path: str) -> Keys:
    found: Keys = {path: {name: (kind, raw()) for name, kind, raw in hive.values(key)}}
    for child in hive.below(key):
        found.update(_own(hive, child, f"{path}\\{child.name}".lstrip("\\")))
    return found


def by_python_registry(path: Path) -> Keys:
    """Return every key as python-registry sees it."""
    found: Keys = {}
    left = [("", Registry.Registry(io.BytesIO(path.read_bytes())).root())]
    while left:
        place, key = left.pop()
        values = key.values()
        found[place] = {_named(value.name()): (value.value_type(), value.raw_data()) for value in values}
        left += [(f"{place}\\{child.name()}".lstrip("\\"), child) for child in key.subkeys()]
    return found


def by_hivex(path: Path) -> Keys:
    """Return every key as hivex sees it."""
    told = json.loads(_hivex("read", path))
    return {
        key: {name: (kind, bytes.fromhex(raw)) for name, (kind, raw) in values.items()} for key, values in told.items()
    }


def make_by_hivex(path: Path, keys: Keys) -> None:
    """Fill an empty hive by hivex."""
    told = {key: {name: [kind, raw.hex()] for name, (kind, raw) in values.items()} for key, values in keys.items()}
    _hivex("make", path, json.dumps(told))


def _hivex(what: str, path: Path, given: str = "") -> str:
    command = [SYSTEM_PYTHON, "-B", str(CHILD), what, str(path)]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def by_regipy(path: Path) -> dict[str, dict[str, Any]]:
    """Return regipy's interpretation of every value of an ordinary type, by key and name."""
    found: dict[str, dict[str, Any]] = {}
    left: list[tuple[str, NKRecord]] = [("", RegistryHive(str(path)).root)]
    while left:
        place, key = left.pop()
        found[place] = {_named(value.name): value.value for value in key.iter_values(trim_values=False) or ()}
        left += [(f"{place}\\{child.name}".lstrip("\\"), child) for child in key.iter_subkeys() or ()]
    return found


def as_regipy_has_it(keys: Keys) -> dict[str, dict[str, Any]]:
    """Return what regipy should make of values of ordinary types."""
    return {key: {name: _made(*value) for name, value in values.items()} for key, values in keys.items()}


def _made(kind: int, raw: bytes) -> Any:
    data = answered(kind, raw)["data"]
    if kind == 4:
        return data & 0xFFFFFFFF
    if kind == 11:
        return data & 0xFFFFFFFFFFFFFFFF
    return raw if kind in (0, 3) else data


def _named(name: str) -> str:
    return "" if name == DEFAULT else name
