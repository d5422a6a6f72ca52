"""The ansible-cores that a rollout is tested with."""

from __future__ import annotations

import os
from pathlib import Path

from matrix.by_core import programs_of, supported

FULL = os.environ.get("AVSHIFT_ROLLOUT_SET") == "full"
OWN = "own"


def cores(most: bool) -> list[str]:
    """Return the cores to test with: all in the full set; else the oldest and the newest, or only our own."""
    if FULL:
        return supported()
    return [supported()[0], supported()[-1]] if most else [OWN]


def place_of(core: str) -> Path | None:
    """Return where a core's programs are, made if they are not there; None for the environment's own."""
    return None if core == OWN else programs_of(core)
