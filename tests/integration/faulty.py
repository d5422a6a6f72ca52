"""A copy of the collection with faults in it, to show that a test can fail."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from integration import lab

PARTS = ("meta", "playbooks", "plugins", "roles", "galaxy.yml")


@dataclass(frozen=True)
class Fault:
    """In a file of the collection, text that stands there once is another."""

    file: str
    honest: str
    faulty: str


def copy(folder: Path, *faults: Fault) -> Path:
    """Copy the collection into a folder, with the faults; return the value for ANSIBLE_COLLECTIONS_PATH."""
    home = folder / "ansible_collections/avshift/endpoint"
    home.mkdir(parents=True)
    for part in PARTS:
        source = lab.REPOSITORY / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, home / part)
    for fault in faults:
        text = (home / fault.file).read_text(encoding="utf-8")
        assert text.count(fault.honest) == 1, f"{fault.file}: {fault.honest}"
        (home / fault.file).write_text(text.replace(fault.honest, fault.faulty), encoding="utf-8")
    return folder
