"""Scanners on Windows: no readable fact shows that one blocks, and a loaded filter prevents the answer "no"."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.scanners import probes_for, scanners
from support import CATALOG
from windows_cases import answers

WINDOWS = platforms.named("windows")
IMAGE = "C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18\\MsMpEng.exe"
KEY = "64\\SOFTWARE\\Microsoft\\Windows Defender\\Signature Updates"
APPLIED = datetime(2024, 10, 4, 5, 6, 7, tzinfo=timezone.utc)
TICKS = (APPLIED - datetime(1601, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1) * 10
FILTERS = "WdFilter                               10       328010         0\n"


def _told(**windows: Any) -> dict[str, dict[str, Any]]:
    """Return what antivirus_info returns for a host that exists only as data, by the ids of products."""
    asked = probes_for(CATALOG, WINDOWS.table)
    assert WINDOWS.collected is not None
    collected = WINDOWS.collected(asked, answers(windows, asked["reads"]))
    return {one["id"]: one for one in scanners(platforms.evidence(collected), CATALOG)["antivirus"]}


CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "runs": ({"states": {"WinDefend": "Running"}}, "running", "unknown"),
    "stopped": ({"states": {"WinDefend": "Stopped"}}, "installed", "no"),
    "stopped, its filter loaded": (
        {"states": {"WinDefend": "Stopped"}, "outputs": {"filters": FILTERS}},
        "installed",
        "unknown",
    ),
    "stopped, its driver loaded": (
        {"states": {"WinDefend": "Stopped", "WdFilter": "Running"}, "drivers": {"WdFilter": "system32\\WdFilter.sys"}},
        "installed",
        "unknown",
    ),
    "stopped, the filters refused": ({"states": {}, "denied": ["filters"]}, "installed", "unknown"),
}


@pytest.mark.parametrize("name", CASES)
def test_defender(name: str) -> None:
    host, state, intercepts = CASES[name]
    (found,) = _told(services={"WinDefend": IMAGE}, **host).values()
    assert (found["id"], found["state"], found["intercepts"]) == ("defender_windows", state, intercepts)


def test_since_when_signatures_of_defender_are_in_use() -> None:
    applied = {"AVSignatureVersion": "1.377.1", "AVSignatureApplied": TICKS.to_bytes(8, "little")}
    host = {"services": {"WinDefend": IMAGE}, "keys": {KEY: applied}}
    found = _told(**host)["defender_windows"]
    assert found["signatures"] == {"version": "1.377.1", "in_use_since": "2024-10-04T05:06:07Z"}


def test_no_other_product_is_given_signatures_of_defender() -> None:
    entry = {"name": "ESET Endpoint Antivirus", "version": "11", "publisher": "ESET"}
    host = {"entries": [entry], "keys": {KEY: {"AVSignatureVersion": "1.377.1"}}}
    told = _told(**host)
    assert "signatures" not in told["eset_windows"]
