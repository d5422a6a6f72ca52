"""Makes an .rpm of a stand-in, from the same sources as its .deb."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from . import payload
from .commands import run
from .deb import LABEL
from .stand_ins import StandIn, filled

ARCHITECTURES = {"amd64": "x86_64", "i386": "i386"}
# A package owns the directories that are the vendor's; the others are the distribution's.
VENDORS = "kaspersky"
# For each of dpkg's scripts rpm's section, and dpkg's word for how many of the package there will then be.
SCRIPTS = {
    "preinst": ("pre", {1: "install", 2: "upgrade"}),
    "postinst": ("post", {1: "configure", 2: "configure"}),
    "prerm": ("preun", {0: "remove", 1: "upgrade"}),
    "postrm": ("postun", {0: "remove", 1: "upgrade"}),
}
SETTINGS = {
    "_build_id_links": "none",
    "_buildhost": "avshift-lab",
    "__os_install_post": "%{nil}",
    "clamp_mtime_to_source_date_epoch": "1",
    "debug_package": "%{nil}",
    "use_source_date_epoch_as_buildtime": "1",
}


def file_name(stand_in: StandIn) -> str:
    """The name that the vendor's file would have."""
    found = stand_in.description
    return f"{found['package']}-{found['version']}.{ARCHITECTURES[found['architecture']]}.rpm"


def make(stand_in: StandIn, values: Mapping[str, str], folder: Path) -> Path:
    """The file, made in a folder of its own."""
    root = folder / "root"
    payload.fill(stand_in, root, values)
    payload.settle(root)
    found = stand_in.description
    # Since 4.20 rpmbuild cleans up in this directory, which it makes only in a part that is left out here.
    (folder / "work/BUILD" / f"{found['package']}-{found['version'].partition('-')[0]}-build").mkdir(parents=True)
    spec = folder / "package.spec"
    spec.write_text(_spec(stand_in, values, root), encoding="utf-8")
    settings = {**SETTINGS, "_topdir": str(folder / "work"), "_rpmdir": str(folder), "_rpmfilename": "made.rpm"}
    defined = [word for name, value in settings.items() for word in ("--define", f"{name} {value}")]
    target = ARCHITECTURES[found["architecture"]]
    argv = ("rpmbuild", "-bb", "--quiet", "--noprep", "--target", target, "--buildroot", str(root), *defined, str(spec))
    run(argv, {"SOURCE_DATE_EPOCH": str(payload.BUILD_TIME)})
    return folder / "made.rpm"


def _spec(stand_in: StandIn, values: Mapping[str, str], root: Path) -> str:
    found = stand_in.description
    version, _dash, release = found["version"].partition("-")
    required = [f"Requires: {name.strip()}" for name in found.get("depends", "").split(",") if name.strip()]
    head = [
        f"Name: {found['package']}",
        f"Version: {version}",
        f"Release: {release}",
        f"Summary: {found['description']}",
        f"Vendor: {found['maker']}",
        "License: GPL-3.0-or-later",
        "AutoReqProv: no",
        *required,
        "%description",
        f"{found['description']} {LABEL}",
    ]
    configuration = {filled(path, values, stand_in.name) for path in found.get("conffiles", [])}
    files = ["%files", "%defattr(-,root,root,-)", *_owned(root, configuration)]
    return "\n".join([*head, *_scripts(stand_in, values), *files]) + "\n"


def _scripts(stand_in: StandIn, values: Mapping[str, str]) -> list[str]:
    """rpm's scriptlets: dpkg's, each with dpkg's words for what is being done."""
    lines: list[str] = []
    for source in stand_in.below("maintainer"):
        section, words = SCRIPTS[source.path]
        cases = [f"    {count}) set -- {word} ;;" for count, word in words.items()]
        body = filled(source.text, values, source.path).replace("%", "%%")
        lines += [f"%{section}", 'case "$1" in', *cases, "esac", body]
    return lines


def _owned(root: Path, configuration: set[str]) -> list[str]:
    lines = []
    for path in sorted(root.rglob("*")):
        name = f"/{path.relative_to(root)}"
        if path.is_dir():
            lines += [f'%dir "{name}"'] if VENDORS in name else []
        else:
            lines.append(f'%config(noreplace) "{name}"' if name in configuration else f'"{name}"')
    return lines
