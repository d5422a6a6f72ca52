"""The unit tests' settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings
from importable import make_importable

make_importable()
# Examples are the same at every run, and a slow machine is no failure.
settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("repeatable")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a root on which a product is installed."""
    # Only what ran above makes importable what this imports.
    from hostile_roots import installed

    return installed(tmp_path / "root")
