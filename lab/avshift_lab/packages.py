"""Builds the stand-in packages from lab/stand-ins: the same sources and switches, the same file."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import data
from .commands import run
from .errors import LabError
from .paths import CACHE, STAND_INS

Switch = bool | int | str
KEYS: dict[str, type] = {
    "package": str,
    "version": str,
    "architecture": str,
    "depends": str,
    "description": str,
    "values": dict,
    "payload": dict,
    "programs": dict,
    "conffiles": list,
    "switches": dict,
}
REQUIRED = ("package", "version", "architecture", "depends", "description", "payload", "switches")
COMPILER = ("gcc", "-O2", "-static", "-s", "-Wall", "-Wextra", "-Werror")
PLACEHOLDER = re.compile(r"@([a-z][a-z0-9_]*)@")
LABEL = "(stand-in of the avshift lab, no vendor code)"
# Every file in a package gets this time, so that the same sources make the same package.
BUILD_TIME = 1_700_000_000


@dataclass(frozen=True)
class StandIn:
    """One package to build: its description and the value of each of its switches."""

    name: str
    folder: Path
    description: dict[str, Any]
    switches: Mapping[str, Switch]

    @property
    def file_name(self) -> str:
        """The name that the vendor's file would have."""
        found = self.description
        return f"{self.name}_{found['version']}_{found['architecture']}.deb"

    @property
    def digest(self) -> str:
        """Of everything that decides what is in the package."""
        made_by = hashlib.sha256(Path(__file__).read_bytes())
        made_by.update(json.dumps(dict(self.switches), sort_keys=True).encode())
        for path in _files(self.folder):
            made_by.update(f"{path.relative_to(self.folder)} {_mode(path):o}\n".encode())
            made_by.update(path.read_bytes())
        return made_by.hexdigest()[:12]


def names() -> list[str]:
    """Every package that there are sources of."""
    return sorted(path.parent.name for path in STAND_INS.glob("*/package.yml"))


def load(name: str, switches: Mapping[str, Switch] | None = None) -> StandIn:
    """The package with its ordinary switches but for those given."""
    folder = STAND_INS / name
    if not (folder / "package.yml").is_file():
        raise LabError("no such stand-in", name, f"there is {', '.join(names())}", "Name one of these")
    description = data.read(folder / "package.yml", KEYS, REQUIRED)
    ordinary: dict[str, Switch] = description["switches"]
    for switch, value in (switches or {}).items():
        if switch not in ordinary:
            known = ", ".join(sorted(ordinary)) or "none"
            raise LabError("no such switch", f"{name}: {switch}", f"it has {known}", "Name one of these")
        if type(value) is not type(ordinary[switch]):
            kind = type(ordinary[switch]).__name__
            raise LabError(
                "switch refused",
                f"{name}: {switch}",
                f"{value!r} is not of type {kind}",
                "Give another value",
            )
    return StandIn(name, folder, description, {**ordinary, **(switches or {})})


def build(stand_in: StandIn) -> Path:
    """The finished .deb, made now or earlier."""
    target = CACHE / "packages" / stand_in.digest / stand_in.file_name
    if target.is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        root = Path(folder) / "root"
        root.mkdir(mode=0o755)
        _fill(stand_in, root)
        made = Path(folder) / stand_in.file_name
        argv = ("dpkg-deb", "--root-owner-group", "-Zgzip", "--build", str(root), str(made))
        run(argv, {"SOURCE_DATE_EPOCH": str(BUILD_TIME)})
        made.rename(target)
    return target


def _fill(stand_in: StandIn, root: Path) -> None:
    values = _values(stand_in)
    for source, prefix in stand_in.description["payload"].items():
        _copy(stand_in.folder / source, root / _filled(prefix, values, prefix).lstrip("/"), values)
    for source, path in stand_in.description.get("programs", {}).items():
        _compile(stand_in.folder / "src" / source, root / _filled(path, values, path).lstrip("/"), values)
    control = root / "DEBIAN"
    _copy(stand_in.folder / "maintainer", control, values)
    (control / "control").write_text(_control(stand_in.description), encoding="utf-8")
    conffiles = [_filled(path, values, path) for path in stand_in.description.get("conffiles", [])]
    if conffiles:
        (control / "conffiles").write_text("\n".join(conffiles) + "\n", encoding="utf-8")
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else _mode(path))
        os.utime(path, (BUILD_TIME, BUILD_TIME))


def _values(stand_in: StandIn) -> dict[str, str]:
    values = {key: str(value) for key, value in stand_in.description.get("values", {}).items()}
    for name, value in stand_in.switches.items():
        values[name] = str(int(value)) if isinstance(value, bool) else str(value)
    return values


def _control(found: Mapping[str, Any]) -> str:
    return (
        f"Package: {found['package']}\n"
        f"Version: {found['version']}\n"
        f"Architecture: {found['architecture']}\n"
        "Maintainer: avshift lab <lab@avshift.invalid>\n"
        f"Depends: {found['depends']}\n"
        "Section: misc\n"
        "Priority: optional\n"
        f"Description: {found['description']} {LABEL}\n"
    )


def _copy(source: Path, target: Path, values: Mapping[str, str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in _files(source):
        copied = target / path.relative_to(source)
        copied.parent.mkdir(parents=True, exist_ok=True)
        copied.write_text(_filled(path.read_text(encoding="utf-8"), values, str(path)), encoding="utf-8")
        shutil.copymode(path, copied)


def _compile(source: Path, target: Path, values: Mapping[str, str]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    filled = target.with_name(source.name)
    filled.write_text(_filled(source.read_text(encoding="utf-8"), values, str(source)), encoding="utf-8")
    run((*COMPILER, "-o", str(target), str(filled)))
    filled.unlink()


def _filled(text: str, values: Mapping[str, str], subject: str) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            known = ", ".join(sorted(values)) or "no names"
            raise LabError("unknown placeholder", subject, f"@{match[1]}@ is none of {known}", "Correct it")
        return values[match[1]]

    return PLACEHOLDER.sub(value, text)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _mode(path: Path) -> int:
    return 0o755 if path.stat().st_mode & 0o100 else 0o644
