"""The ansible-cores that a rollout is tried with."""

from __future__ import annotations

import os
from pathlib import Path

import yaml
from matrix import controllers, pythons
from matrix.paths import CACHE, VERSIONS

FULL = os.environ.get("AVSHIFT_ROLLOUT_SET") == "full"
OWN = "own"


def supported() -> list[str]:
    """Return all ansible-cores that are supported, the oldest first."""
    return [entry["core"] for entry in yaml.safe_load(VERSIONS.read_text(encoding="utf-8"))["controllers"]]


def cores(most: bool) -> list[str]:
    """Return the cores to try something with: all in the full set; else the oldest and the newest, or our own alone."""
    if FULL:
        return supported()
    return [supported()[0], supported()[-1]] if most else [OWN]


def place_of(core: str) -> Path | None:
    """Return where a core's programs are, made if they are not there; None for the environment's own."""
    if core == OWN:
        return None
    wanted = yaml.safe_load(VERSIONS.read_text(encoding="utf-8"))
    entry = next(entry for entry in wanted["controllers"] if entry["core"] == core)
    found = pythons.found(*(pythons.minor(wanted["targets"][end]) for end in ("oldest", "newest")))
    CACHE.mkdir(parents=True, exist_ok=True)
    return controllers.make(core, entry["pythons"], found, wanted["unpinned"]).place / "bin"
