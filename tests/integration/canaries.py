"""Things beside everything that the catalog names, which no run may touch: files, directories and a package.

They are made from the catalog, so that a new path has its canaries at once. None is in a directory that products
share: there it would be an unknown file, which would correctly keep that directory.
"""

from __future__ import annotations

import io
import posixpath
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from fidelity.observation import Observation

from integration import lab

CATALOG = lab.REPOSITORY / "plugins/plugin_utils/catalog/data/products/linux"
# Not on the disk, so that no snapshot contains it.
IN_MEMORY = "/run/"
BESIDE_SHARED = ("-tools", "lab", ".old", "2")
MARK = "a canary of the lab: not the vendor's\n"
# 2001-02-03, so that any rewrite is noticed.
TIME = 981158400
PACKAGE, PACKAGED = "kesl-mine", "/usr/share/kesl-mine/canary"
# On one host, a process holds the lock that dpkg's callers take.
INSTALL = f"""set -eu
folder=/run/{PACKAGE}
mkdir -p $folder/DEBIAN $folder{posixpath.dirname(PACKAGED)}
echo 'not the vendor' >$folder{PACKAGED}
printf 'Package: {PACKAGE}\\nVersion: 1\\nArchitecture: all\\nMaintainer: lab\\nDescription: a look-alike\\n' \\
    >$folder/DEBIAN/control
dpkg-deb --build $folder $folder.deb >/dev/null
DPKG_FRONTEND_LOCKED=1 dpkg --install $folder.deb >/dev/null
rm -r $folder $folder.deb
"""


SPEC = f"""Name: {PACKAGE}
Version: 1
Release: 1
Summary: a look-alike
License: GPL-3.0-or-later
BuildArch: noarch
%description
Not the vendor's.
%install
install -D /dev/stdin %{{buildroot}}{PACKAGED} <<END
not the vendor
END
%files
{PACKAGED}
"""


def paths(catalog: Path = CATALOG) -> list[str]:
    """Return the canaries' paths: beside every path, in every directory above one, around every shared directory."""
    entries = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(catalog.glob("*.yml"))]
    shared = {path for entry in entries for path in entry.get("parents", {}).get("directories", ())}
    named = {path for entry in entries for path in _named(entry)}
    canaries = {f"{path}{end}/canary" for path in shared for end in BESIDE_SHARED}
    for path in named:
        folder = posixpath.dirname(path)
        if not _is_in(folder, shared | named):
            canaries |= {f"{path}-mine", f"{folder}/canary-of-the-lab"}
    for folder in {path for entry in entries for path in entry.get("links_in", {}).get("directories", ())}:
        canaries.add(f"{folder}/kesl-mine")
    return sorted(path for path in canaries if not path.startswith(IN_MEMORY))


def _named(entry: dict[str, Any]) -> Iterator[str]:
    for key in ("paths", "retain"):
        yield from (line["path"] for line in entry.get(key, ()))


def _is_in(folder: str, others: set[str]) -> bool:
    return any(folder == other or folder.startswith(f"{other}/") for other in others)


def lay(host: str) -> None:
    """Put all canaries on a host, including the package."""
    lay_files(host)
    if lab.on(host, "sh", "-c", "command -v rpm").returncode == 0:
        _install_rpm(host)
    else:
        lab.must(host, "sh", "-c", INSTALL)


def _install_rpm(host: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "canary.spec"
        spec.write_text(SPEC, encoding="utf-8")
        made = lab.run("rpmbuild", "-bb", "--quiet", "--define", f"_topdir {folder}", str(spec))
        assert made.returncode == 0, made.stdout
        (package,) = Path(folder).glob("RPMS/*/*.rpm")
        copied = lab.run("podman", "cp", str(package), f"{lab.container(host)}:/run/{package.name}")
        assert copied.returncode == 0, copied.stdout
    lab.must(host, "rpm", "--install", "--nodeps", f"/run/{package.name}")
    lab.must(host, "rm", f"/run/{package.name}")


def lay_files(host: str) -> None:
    """Put the canaries that are files on a host."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in paths():
            member = tarfile.TarInfo(path.lstrip("/"))
            member.size, member.mtime, member.mode = len(MARK), TIME, 0o640
            archive.addfile(member, io.BytesIO(MARK.encode()))
    lab.must(host, "tar", "--extract", "--directory=/", "--no-overwrite-dir", given=packed.getvalue().decode())


def disturbed(before: Observation, after: Observation) -> list[str]:
    """Return the canaries that have changed, in content, times or anything else, or were never placed."""
    there = [*paths(), PACKAGED]
    touched = [path for path in there if path not in before.files or before.files[path] != after.files.get(path)]
    if PACKAGE not in before.packages or before.packages[PACKAGE] != after.packages.get(PACKAGE):
        touched.append(f"package {PACKAGE}")
    return touched
