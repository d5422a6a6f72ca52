"""Make the repository importable as ``ansible_collections.avshift.endpoint``, from a fresh clone too."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
HOME = REPOSITORY / ".cache" / "ansible_collections"


def make_importable() -> None:
    """Link the repository, and put the link before Ansible's own package of collections, which would hide it."""
    link = HOME / "avshift" / "endpoint"
    if not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(REPOSITORY, target_is_directory=True)
    sys.path.insert(0, str(HOME.parent))
    package = importlib.import_module("ansible_collections")
    if str(HOME) not in list(package.__path__):
        package.__path__ = [str(HOME), *package.__path__]
