"""The programs of an ansible-core by its version, for tests that try something with several.

``python -m matrix.by_core 2.16`` prints the folder that they are in, made if it is not there.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml

from . import controllers, pythons
from .controllers import Controller, NotMadeError
from .paths import CACHE, VERSIONS


def main() -> int:
    """Print where a core's programs are; return 1 where there are none."""
    parser = argparse.ArgumentParser(description="Print the folder with the programs of an ansible-core.")
    parser.add_argument("core", help="such as 2.16, 2.16.19 or devel")
    parser.add_argument("--units", action="store_true", help="with what the unit tests need")
    given = parser.parse_args()
    try:
        print(programs_of(given.core, units=given.units))
    except NotMadeError as error:
        print(f"Making an environment: ansible-core {given.core}: {error}.", file=sys.stderr)
        return 1
    return 0


def supported() -> list[str]:
    """Return the ansible-cores that ``make test-matrix`` runs, the oldest first."""
    return [entry["core"] for entry in wanted()["controllers"]]


def programs_of(core: str, *, units: bool = False) -> Path:
    """Return the folder with a core's programs, made if it is not there."""
    made = controller_of(core)
    if units:
        controllers.add(made, wanted()["units"], wanted()["unpinned"])
    return made.place / "bin"


def controller_of(core: str) -> Controller:
    """Return the environment of a core, made if it is not there."""
    entry = entry_of(core)
    found = pythons.found(*(pythons.minor(wanted()["targets"][end]) for end in ("oldest", "newest")))
    CACHE.mkdir(parents=True, exist_ok=True)
    return controllers.make(entry, found, wanted()["unpinned"])


def entry_of(core: str) -> dict[str, Any]:
    """Return what versions.yml says of a core, which may be named by the first two numbers of its version."""
    entries: list[dict[str, Any]] = [*wanted()["controllers"], *wanted()["by_name"]]
    for entry in entries:
        if core in (entry["core"], entry["core"].rpartition(".")[0]):
            return entry
    raise NotMadeError(f"it is none of {', '.join(entry['core'] for entry in entries)}")


def wanted() -> dict[str, Any]:
    """Return what versions.yml asks for."""
    content: dict[str, Any] = yaml.safe_load(VERSIONS.read_text(encoding="utf-8"))
    return content


if __name__ == "__main__":
    sys.exit(main())
