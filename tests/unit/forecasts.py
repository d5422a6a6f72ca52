"""Forecasts of recorded hosts' disks, and of hosts that exist only as data."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.avshift.endpoint.plugins.module_utils.windows import main
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import Goal
from ansible_collections.avshift.endpoint.plugins.plugin_utils.schema import answers
from support import CATALOG
from windows_cases import answers as answered
from windows_hosts import recorded

WINDOWS = platforms.named("windows")
Reads = list[dict[str, Any]]


def made(asked: dict[str, Any], answer: dict[str, Any], goal: Goal | None = None) -> dict[str, Any]:
    """Return the forecast of an answer to what was asked."""
    assert WINDOWS.foretelling is not None and WINDOWS.collected is not None
    collected = WINDOWS.collected(asked, answer)
    return WINDOWS.foretelling.made(asked, answer, collected, CATALOG, goal or Goal(remove=True))


def asked() -> dict[str, Any]:
    """Return what a host is asked first."""
    assert WINDOWS.foretelling is not None
    return WINDOWS.foretelling.asked(CATALOG)


def of_disk(root: Path) -> dict[str, Any]:
    """Return the forecast of a disk, asked in two looks like a host."""

    def look(reads: Reads) -> dict[str, Any]:
        told = main.main({"root": str(root), "reads": json.dumps(reads)}, check_mode=True)
        return answers.checked_reads(told, reads, "disk")

    return _in_two_looks(look)


def of_case(host: dict[str, Any], goal: Goal | None = None) -> dict[str, Any]:
    """Return the forecast of a host that exists only as data."""

    def look(reads: Reads) -> dict[str, Any]:
        return answers.checked_reads(answered(host, reads), reads, "case")

    return _in_two_looks(look, goal)


def reads_of(look: Callable[[Reads], dict[str, Any]]) -> tuple[Reads, Reads]:
    """Return what a host is asked first, and what after its answers to that."""
    assert WINDOWS.foretelling is not None
    first = asked()
    return first["reads"], WINDOWS.further(first, {"answers": look(first["reads"])})


def of_recording(host: str) -> dict[str, Any]:
    """Return the forecast of a recorded host, which was asked less: what was not asked is not known."""
    told, first = recorded(host), asked()
    given = {
        name: answer for name, answer in told["answers"].items() if name in {read["id"] for read in first["reads"]}
    }
    return made(first, {**told, "answers": given})


def _in_two_looks(look: Any, goal: Goal | None = None) -> dict[str, Any]:
    assert WINDOWS.foretelling is not None
    first = asked()
    answer = look(first["reads"])
    further = WINDOWS.further(first, answer)
    if further:
        answer = {**answer, "answers": {**answer["answers"], **look(further)["answers"]}}
    return made({**first, "reads": [*first["reads"], *further]}, answer, goal)
