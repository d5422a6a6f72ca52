"""The faults of the scenario `handover`, from their files, each with its expected result."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
FAULTS = REPOSITORY / "molecule/handover/faults"
QUICK, FULL = "quick", "full"
HOST = "full"
NEW = "avshift-clamonacc"
# When the observer may read: never, in a window that the record reports, at most in that one, in one that has not
# ended, or from then on, since the new engine blocks nothing and only reports.
WINDOWS = ("none", "one", "within", "open", "told")
# Seconds that a reader may have to wait: twice the limit of a probe in the provider's file, since the machine is busy
# with other hosts.
WAITS = 4.0
KEYS = {
    "why", "host", "set", "new", "kit", "prepare", "meanwhile", "options", "variables",
    "verdict", "failure", "says", "overlap", "waits", "window", "untouched",
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One file; molecule/README.md has the keys."""

    name: str
    host: str
    in_set: str
    new: str
    kit: str
    prepare: str
    meanwhile: str
    options: dict[str, Any]
    variables: dict[str, Any]
    verdict: str
    failure: str
    says: tuple[str, ...]
    overlap: tuple[str, ...]
    waits: float
    window: str
    untouched: bool


def load(name: str) -> Fault:
    """Return a fault; ValueError for a key or a window that does not exist."""
    content: dict[str, Any] = yaml.safe_load((FAULTS / f"{name}.yml").read_text(encoding="utf-8"))
    if (strange := sorted(set(content) - KEYS)) or content["window"] not in WINDOWS:
        raise ValueError(f"{name}.yml: no such key or window: {', '.join(strange) or content['window']}")
    return Fault(
        name=name,
        host=content.get("host", HOST),
        in_set=content.get("set", QUICK),
        new=content.get("new", NEW),
        kit=content.get("kit", ""),
        prepare=content.get("prepare", ""),
        meanwhile=content.get("meanwhile", ""),
        options=content.get("options", {}),
        variables=content.get("variables", {}),
        verdict=content["verdict"],
        failure=content.get("failure", ""),
        says=tuple(content.get("says", ())),
        overlap=tuple(content.get("overlap", "").split()),
        waits=content.get("waits", WAITS),
        window=content["window"],
        untouched=content.get("untouched", False),
    )


def wanted() -> list[str]:
    """Return the faults of this run: those that AVSHIFT_HANDOVER_FAULTS names, or those of the set."""
    if named := os.environ.get("AVSHIFT_HANDOVER_FAULTS", "").split():
        return named
    is_full = os.environ.get("AVSHIFT_HANDOVER_SET") == FULL
    names = sorted(path.stem for path in FAULTS.glob("*.yml"))
    return [name for name in names if is_full or load(name).in_set == QUICK]


if __name__ == "__main__":
    print(" ".join(f"{name}={load(name).host}" for name in wanted()))
