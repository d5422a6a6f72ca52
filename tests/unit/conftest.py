"""Make the repository importable as ``ansible_collections.avshift.endpoint``, from a fresh clone too."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parents[2]
HOME = REPOSITORY / ".cache" / "ansible_collections"


def _link_repository() -> None:
    link = HOME / "avshift" / "endpoint"
    if not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(REPOSITORY, target_is_directory=True)


def _make_importable() -> None:
    """Ansible's own package of collections, where it is installed, would hide the link: put the link into it."""
    sys.path.insert(0, str(HOME.parent))
    package = importlib.import_module("ansible_collections")
    if str(HOME) not in list(package.__path__):
        package.__path__ = [str(HOME), *package.__path__]


_link_repository()
_make_importable()
# Examples are the same at every run, and a slow machine is no failure.
settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("repeatable")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a root on which a product is installed."""
    # Only what ran above makes importable what this imports.
    from hostile import installed

    return installed(tmp_path / "root")
