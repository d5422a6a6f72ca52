"""The final state expected of each host of the scenario `removal`, from files, and which hosts a run has."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
EXPECTED = REPOSITORY / "molecule/removal/expected"
QUICK, FULL = "quick", "full"
CLEAN = ("never_present", "removed_verified", "removed_with_inert_residue")


@dataclass(frozen=True)
class Expectation:
    """One file; molecule/README.md has the keys."""

    host: str
    verdict: str
    preflight: tuple[str, ...]
    accept: tuple[str, ...]
    also_remove: tuple[str, ...]
    absent: tuple[str, ...]
    present: tuple[str, ...]
    failure: str
    in_set: str
    others: tuple[str, ...]
    rules_gone: tuple[str, ...]


LISTS = ("preflight", "accept", "also_remove", "absent", "present", "others", "rules_gone")
KEYS = {"verdict", "failure", "set", "note", *LISTS}


def load(host: str) -> Expectation:
    """Return a host's expected final state; ValueError for a key that does not exist."""
    content: dict[str, Any] = yaml.safe_load((EXPECTED / f"{host}.yml").read_text(encoding="utf-8"))
    if strange := sorted(set(content) - KEYS):
        raise ValueError(f"{host}.yml: no such key: {', '.join(strange)}")
    lists = {key: tuple(content.get(key) or ()) for key in LISTS}
    return Expectation(
        host=host,
        verdict=content["verdict"],
        failure=content.get("failure", ""),
        in_set=content.get("set", QUICK),
        **lists,
    )


def hosts(which: str) -> list[str]:
    """Return the hosts of the quick set, or of both."""
    named = sorted(path.stem for path in EXPECTED.glob("*.yml"))
    return [name for name in named if which == FULL or load(name).in_set == QUICK]


def wanted() -> list[str]:
    """Return the hosts of this run: those that AVSHIFT_REMOVAL_HOSTS names, or those of the set."""
    named = os.environ.get("AVSHIFT_REMOVAL_HOSTS", "").split()
    return named or hosts(os.environ.get("AVSHIFT_REMOVAL_SET") or QUICK)


if __name__ == "__main__":
    print(" ".join(wanted()))
