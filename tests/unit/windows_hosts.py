"""The recorded Windows hosts: what was asked, what PowerShell answered, their registry and their files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import regf_build
from ansible_collections.avshift.endpoint.plugins.module_utils.windows import main
from regf_build import Value
from support import REPOSITORY

HOME = REPOSITORY / "tests" / "fixtures" / "windows"
RECORDED = sorted(path.name for path in HOME.iterdir() if path.is_dir())
# From the lab: their registry and their files were recorded too, so that they can be made into disks.
HOSTS = [name for name in RECORDED if (HOME / name / "registry.reg").exists()]
# What the playbook in tests/windows-acceptance recorded on a real Windows.
REAL = [name for name in RECORDED if name not in HOSTS]
READS: list[dict[str, Any]] = json.loads((HOME / "reads.json").read_text(encoding="utf-8"))
TYPES: dict[str, dict[str, Any]] = json.loads((HOME / "types.json").read_text(encoding="utf-8"))
USER, USERS_HIVE = "S-1-5-21-0-0-0-1000", "users/root/NTUSER.DAT"
CONFIG = "windows/system32/config"
# Where `reg export` has a hive, and which file of a disk it is.
HIVES = {
    r"HKEY_LOCAL_MACHINE\SOFTWARE": f"{CONFIG}/SOFTWARE",
    r"HKEY_LOCAL_MACHINE\SYSTEM": f"{CONFIG}/SYSTEM",
    r"HKEY_USERS\.DEFAULT": f"{CONFIG}/DEFAULT",
    rf"HKEY_USERS\{USER}": USERS_HIVE,
}
# Folders that every such host has, and the lists leave out.
EMPTY = ("Program Files", "Program Files (x86)", "ProgramData")
# A lone surrogate: no text file can contain one.
HALF = re.compile(r"\{U\+(D[89A-F][0-9A-F]{2})\}")
LINE = re.compile(r'(?:@|"((?:[^"\\]|\\.)*)")=(.*)', re.DOTALL)


def recorded(host: str) -> dict[str, Any]:
    """Return the whole result of the look at a host."""
    result: dict[str, Any] = json.loads((HOME / host / "answers.json").read_text(encoding="utf-8"))
    return result


def answers_of(host: str, disk: Path, reads: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a host answers to any reads: as recorded for the same path, and for other paths as its disk.

    Its disk has what the pattern of the recorded read left out, too.
    """
    told: dict[str, Any] = main.answers_of(str(disk), reads)
    given, places = recorded(host)["answers"], {place_of(read): read["id"] for read in READS}
    same = {read["id"]: places[place_of(read)] for read in reads if place_of(read) in places}
    return {**told, **{name: _both(told[name], given[known]) for name, known in same.items() if known in given}}


def _both(of_disk: dict[str, Any], of_host: dict[str, Any]) -> dict[str, Any]:
    below = {**of_disk.get("below", {}), **of_host.get("below", {})}
    return {**of_host, **({"below": below} if "below" in of_host else {})}


def place_of(read: dict[str, Any]) -> tuple[str, ...]:
    """Return what a read asks about, by which it is the same as another one."""
    told = (str(read.get(name, "")).lower() for name in ("kind", "hive", "view", "path", "program"))
    return tuple(told)


def registry(host: str) -> dict[str, dict[str, dict[str, Value]]]:
    """Return {file of the disk: {path in that hive: {name: (type, bytes)}}} of what was exported of a host."""
    written = (HOME / host / "registry.reg").read_text(encoding="utf-8")
    found = hives_of(HALF.sub(lambda half: chr(int(half[1], 16)), written))
    for values in (found[HIVES[r"HKEY_LOCAL_MACHINE\SOFTWARE"]].get("LabTypes", {}),):
        # An export loses what is odd about these: their bytes were noted beside it.
        values.update({name: (odd["type"], bytes.fromhex(odd["bytes"])) for name, odd in TYPES.items() if values})
    return found


def hives_of(exported: str) -> dict[str, dict[str, dict[str, Value]]]:
    """Return {file of the disk: {path in that hive: {name: (type, bytes)}}} of what `reg export` wrote."""
    found: dict[str, dict[str, dict[str, Value]]] = {file: {"": {}} for file in HIVES.values()}
    values: dict[str, Value] = {}
    for line in exported.replace("\\\n  ", "").split("\n")[1:]:
        if line.startswith("["):
            values = {}
            prefix = next(top for top in HIVES if line[1:].upper().startswith(top.upper()))
            found[HIVES[prefix]][line[len(prefix) + 1 : -1].strip("\\")] = values
        elif line:
            name, value = _pair(line)
            values[name] = value
    return found


def make_disk(host: str, folder: Path) -> Path:
    """Make a disk of a recorded host below a folder: its files, with only their sizes, and its hives with logs."""
    for line in (HOME / host / "files.txt").read_text(encoding="utf-8").splitlines():
        name, size, kind = line.split("\t")
        path = folder / name
        (path if kind == "d" else path.parent).mkdir(parents=True, exist_ok=True)
        if kind == "f":
            with path.open("wb") as stream:
                stream.truncate(int(size))
    for name in EMPTY:
        (folder / name).mkdir(exist_ok=True)
    for file, keys in registry(host).items():
        put_hive(folder / file, regf_build.hive(keys))
    return folder


def put_hive(path: Path, content: bytes) -> None:
    """Write a hive with the empty logs that it has after a clean shutdown."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    for suffix in (".LOG1", ".LOG2"):
        path.with_name(path.name + suffix).write_bytes(b"")


def _pair(line: str) -> tuple[str, Value]:
    found = LINE.fullmatch(line)
    assert found, line
    name, told = re.sub(r"\\(.)", r"\1", found.group(1) or ""), found.group(2)
    if told.startswith('"'):
        return name, regf_build.text(re.sub(r"\\(.)", r"\1", told[1:-1]))
    if told.startswith("dword:"):
        return name, regf_build.dword(int(told[6:], 16))
    kind, _colon, listed = told.partition(":")
    raw = bytes(int(byte, 16) for byte in listed.split(",") if byte)
    return name, (int(kind[4:-1], 16) if "(" in kind else 3, raw)
