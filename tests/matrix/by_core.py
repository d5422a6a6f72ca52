"""The programs of an ansible-core by its version, for tests that try something with several."""

from __future__ import annotations

from pathlib import Path

import yaml

from . import controllers, pythons
from .paths import CACHE, VERSIONS


def supported() -> list[str]:
    """Return all ansible-cores that are supported, the oldest first."""
    return [entry["core"] for entry in yaml.safe_load(VERSIONS.read_text(encoding="utf-8"))["controllers"]]


def programs_of(core: str) -> Path:
    """Return the folder with a core's programs, made if it is not there."""
    wanted = yaml.safe_load(VERSIONS.read_text(encoding="utf-8"))
    entry = next(entry for entry in wanted["controllers"] if entry["core"] == core)
    found = pythons.found(*(pythons.minor(wanted["targets"][end]) for end in ("oldest", "newest")))
    CACHE.mkdir(parents=True, exist_ok=True)
    return controllers.make(core, entry["pythons"], found, wanted["unpinned"]).place / "bin"
