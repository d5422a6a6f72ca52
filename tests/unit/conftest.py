"""The unit tests' settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings
from importable import make_importable

make_importable()
# Examples are the same in every run, and a slow machine is not a failure.
settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("repeatable")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a root on which a product is installed."""
    # What this imports can only be imported after the code above has run.
    from hostile_roots import installed

    return installed(tmp_path / "root")
