"""Every host of the lab is found on its disk like the recorded host of its name: the expectations are the same."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import compare
import disks
import pytest
from conftest import Up
from support import load_yaml
from windows_hosts import HOME

from avshift_windows import states
from avshift_windows.place import Place

FULL = os.environ.get("AVSHIFT_WINDOWS_SET") == "full"
HOSTS = states.names() if FULL else ["installed"]
# What a live host refuses, its disk shows: no recording could contain it, so that more is found here.
KES = {"id": "kes_windows", "state": "installed", "version": "12.4.0.467", "confidence": "confirmed", "problems": []}
OPEN = {"denied": {"expect": [KES], "unknown": [], "complete": True}}


@pytest.fixture(scope="module")
def records(up: Up, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the playbook found on each host's disk after that host was shut down."""
    shown: dict[str, Path] = {}
    for name in HOSTS:
        with up(name) as prefix:
            exported = prefix.registry()
        shown[name] = disks.put_hives(prefix, exported)
    return disks.looked_at(shown, tmp_path_factory.mktemp("looks") / "look")


@pytest.mark.parametrize("name", HOSTS)
def test_a_host_s_disk_is_found_as_expected(name: str, records: dict[str, dict[str, Any]]) -> None:
    case = load_yaml(HOME / name / "expect.yml")
    assert compare.differences(records[name], OPEN.get(name, case), is_disk=True) == []


def test_every_recorded_host_is_one_of_the_lab(place: Place) -> None:
    assert states.names() == sorted(path.name for path in HOME.iterdir() if path.is_dir())
    assert sorted(path.name for path in place.built.glob("*.msi")) == ["agent.msi", "kes.msi"]
