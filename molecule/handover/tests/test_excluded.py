"""If protected directories contain the old scanner's own ones, these are left out while the old scanner is there."""

from __future__ import annotations

import pytest
from conftest import FAULTS, Outcome
from integration import lab
from integration.samples import DETECTABLE, tried

NAME = "old-directory-protected"
OLD = "/var/opt/kaspersky/kesl"
LOG = "/var/log/clamav/clamonacc.log"
FILES = ("/run/avshift-clamonacc-environment", "/run/avshift-clamonacc-excluded")

pytestmark = pytest.mark.skipif(NAME not in [fault.name for fault in FAULTS], reason="it is in the full set")


def test_the_old_one_s_directory_is_left_out_and_nothing_of_that_stays(outcomes: dict[str, Outcome]) -> None:
    assert outcomes[NAME].record["verdict"] == "removed_verified"
    assert f"excluding '{OLD}'" in lab.must(NAME, "cat", LOG)
    for path in FILES:
        assert lab.on(NAME, "test", "-e", path).returncode != 0, path


def test_one_that_is_made_again_in_its_place_is_protected(outcomes: dict[str, Outcome]) -> None:
    """By the process whose list names the one before."""
    assert outcomes[NAME].record["verdict"] == "removed_verified"
    lab.must(NAME, "mkdir", "-p", f"{OLD}/again")
    for folder in ("/var/opt", OLD, f"{OLD}/again"):
        assert tried(NAME, folder, DETECTABLE, "cat").returncode != 0, folder
    lab.must(NAME, "rm", "-r", "/var/opt/kaspersky")
