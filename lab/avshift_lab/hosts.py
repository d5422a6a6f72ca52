"""What a host of the fleet is: its image, its packages, and what was done to it after that."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import data, images, packages
from .errors import LabError
from .paths import HOSTS

KEYS: dict[str, type] = {"description": str, "image": str, "packages": list, "prepare": list}
PACKAGE_KEYS = {"name", "switches", "install_fails"}


@dataclass(frozen=True)
class Installed:
    """A stand-in on a host; `install_fails` when its switches are meant to make dpkg fail."""

    stand_in: packages.StandIn
    install_fails: bool


@dataclass(frozen=True)
class Host:
    """What one file of lab/hosts says."""

    name: str
    description: str
    image: images.Image
    packages: tuple[Installed, ...]
    prepare: tuple[tuple[str, ...], ...]
    digest: str


def names() -> list[str]:
    """Every host that is described."""
    return sorted(path.stem for path in HOSTS.glob("*.yml"))


def load(name: str) -> Host:
    """The host described by lab/hosts/<name>.yml."""
    path = HOSTS / f"{name}.yml"
    found = data.read(path, KEYS, ("description", "image"))
    image = images.load(found["image"])
    installed = tuple(_package(path, entry) for entry in found.get("packages", ()))
    made_by = hashlib.sha256(path.read_bytes() + image.reference.encode())
    for one in installed:
        made_by.update(one.stand_in.digest.encode())
    return Host(
        name=name,
        description=found["description"],
        image=image,
        packages=installed,
        prepare=tuple(_command(path, entry) for entry in found.get("prepare", ())),
        digest=made_by.hexdigest()[:12],
    )


def _package(path: Path, entry: Any) -> Installed:
    if not isinstance(entry, dict) or "name" not in entry or set(entry) - PACKAGE_KEYS:
        cause = f"a package is not a mapping of name and any of {', '.join(sorted(PACKAGE_KEYS))}"
        raise LabError("lab file refused", str(path), cause, "Correct the file")
    stand_in = packages.load(entry["name"], entry.get("switches"))
    return Installed(stand_in, bool(entry.get("install_fails", False)))


def _command(path: Path, entry: Any) -> tuple[str, ...]:
    if isinstance(entry, str):
        return ("sh", "-eu", "-c", entry)
    if isinstance(entry, Sequence) and entry:
        return tuple(str(word) for word in entry)
    raise LabError("lab file refused", str(path), f"{entry!r} is no command", "Give a list or a script")
