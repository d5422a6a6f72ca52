"""Makes a .deb of a stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from . import payload
from .commands import run
from .stand_ins import StandIn, filled

LABEL = "(stand-in of the avshift lab, no vendor code)"
ADDRESS = "stand-in@avshift.invalid"


def file_name(stand_in: StandIn) -> str:
    """The name that the vendor's file would have."""
    found = stand_in.description
    return f"{found['package']}_{found['version']}_{found['architecture']}.deb"


def make(stand_in: StandIn, values: Mapping[str, str], folder: Path) -> Path:
    """The file, made in a folder of its own."""
    root = folder / "root"
    payload.fill(stand_in, root, values)
    for source in stand_in.below("maintainer"):
        payload.write(source, root / "DEBIAN" / source.path, values)
    (root / "DEBIAN").mkdir(exist_ok=True)
    (root / "DEBIAN/control").write_text(_control(stand_in), encoding="utf-8")
    conffiles = [filled(path, values, stand_in.name) for path in stand_in.description.get("conffiles", [])]
    if conffiles:
        (root / "DEBIAN/conffiles").write_text("\n".join(conffiles) + "\n", encoding="utf-8")
    payload.settle(root)
    made = folder / file_name(stand_in)
    argv = ("dpkg-deb", "--root-owner-group", "-Zgzip", "--build", str(root), str(made))
    run(argv, {"SOURCE_DATE_EPOCH": str(payload.BUILD_TIME)})
    return made


def _control(stand_in: StandIn) -> str:
    found = stand_in.description
    depends = f"Depends: {found['depends']}\n" if "depends" in found else ""
    return (
        f"Package: {found['package']}\n"
        f"Version: {found['version']}\n"
        f"Architecture: {found['architecture']}\n"
        f"Maintainer: {found['maker']} <{ADDRESS}>\n"
        f"{depends}"
        "Section: misc\n"
        "Priority: optional\n"
        f"Description: {found['description']} {LABEL}\n"
    )
