"""What a host of the fleet is: its image, its packages, and what was done to it afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import data, distributions, images, packages, stand_ins
from .errors import LabError
from .paths import HOSTS

KEYS: dict[str, type] = {"description": str, "image": str, "like": str, "packages": list, "prepare": list}
PACKAGE_KEYS: dict[str, type] = {
    "name": str,
    "switches": dict,
    "form": str,
    "install_fails": bool,
    "unpack_below": str,
    "keep_file_in": str,
    "only_keep": bool,
}


@dataclass(frozen=True)
class Wanted:
    """A package that a host gets."""

    package: packages.Package
    # Its switches are meant to make dpkg fail.
    install_fails: bool
    # Not installed: its files are put below this directory.
    unpack_below: str
    # The package's file stays in this directory.
    keep_file_in: str
    # Nothing else is done with it.
    only_keep: bool


@dataclass(frozen=True)
class Host:
    """What one file of lab/hosts says."""

    name: str
    description: str
    image: images.Image | distributions.Distribution
    packages: tuple[Wanted, ...]
    prepare: tuple[tuple[str, ...], ...]
    digest: str


def names() -> list[str]:
    """Every host that is described."""
    return sorted(path.stem for path in HOSTS.glob("*.yml"))


def named(name: str) -> Host:
    """The host that a command names: HOST, or NAME=HOST for one like it under another name."""
    other, separator, described = name.partition("=")
    return replace(load(described), name=other) if separator else load(name)


def on_image(host: Host, image: distributions.Distribution) -> Host:
    """The same host from another image, with its packages in the form that the image's package manager has."""
    wanted = tuple(replace(one, package=replace(one.package, form=image.form)) for one in host.packages)
    made_by = hashlib.sha256((host.digest + image.reference).encode())
    return replace(host, image=image, packages=wanted, digest=made_by.hexdigest()[:12])


def load(name: str) -> Host:
    """The host described by lab/hosts/<name>.yml."""
    path = HOSTS / f"{name}.yml"
    found = data.read(path, KEYS, ("description",))
    if ("image" in found) == ("like" in found):
        raise LabError("lab file refused", str(path), "it needs one of `image` and `like`", "Correct the file")
    base = load(found["like"]) if "like" in found else None
    image = base.image if base else images.load(found["image"])
    wanted = tuple(_package(path, entry) for entry in found.get("packages", ()))
    prepare = tuple(_command(path, entry) for entry in found.get("prepare", ()))
    made_by = hashlib.sha256(path.read_bytes() + image.reference.encode() + (base.digest.encode() if base else b""))
    for one in wanted:
        made_by.update(one.package.digest.encode())
    return Host(
        name=name,
        description=found["description"],
        image=image,
        packages=(*(base.packages if base else ()), *wanted),
        prepare=(*(base.prepare if base else ()), *prepare),
        digest=made_by.hexdigest()[:12],
    )


def _package(path: Path, entry: Any) -> Wanted:
    if not isinstance(entry, dict):
        raise LabError("lab file refused", str(path), f"{entry!r} is no mapping", "Correct the file")
    data.check(path, entry, PACKAGE_KEYS, ("name",))
    form = entry.get("form", "deb")
    if form not in packages.FORMS:
        raise LabError("lab file refused", str(path), f"{form} is not one of {', '.join(packages.FORMS)}", "Correct it")
    return Wanted(
        package=packages.Package(stand_ins.load(entry["name"], entry.get("switches")), form),
        install_fails=entry.get("install_fails", False),
        unpack_below=entry.get("unpack_below", ""),
        keep_file_in=entry.get("keep_file_in", ""),
        only_keep=entry.get("only_keep", False),
    )


def _command(path: Path, entry: Any) -> tuple[str, ...]:
    if isinstance(entry, str):
        return ("sh", "-eu", "-c", entry)
    if isinstance(entry, Sequence) and entry:
        return tuple(str(word) for word in entry)
    raise LabError("lab file refused", str(path), f"{entry!r} is no command", "Give a list or a script")
