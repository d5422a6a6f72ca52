"""While both run, each of the two scanners leaves the other one's own directories out."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import FAULTS, Outcome
from integration import lab
from integration.samples import DETECTABLE, tried

NAME = "old-directory-protected"
OLD = "/var/opt/kaspersky/kesl"
LOG = "/var/log/clamav/clamonacc.log"
FILES = ("/run/avshift-clamonacc-environment", "/run/avshift-clamonacc-excluded")

# What the old scanner is asked to leave out.
ENGINES = "/var/lib/clamav"
CONTROL = "/opt/kaspersky/kesl/bin/kesl-control"


def _is_tried(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(name not in [fault.name for fault in FAULTS], reason="it is in the full set")


def _asked(outcome: Outcome) -> dict[str, Any]:
    """Return what the record says of the one directory."""
    steps = [step["facts"] for part in outcome.record["outcomes"].values() for step in part]
    (told,) = [facts["overlap"]["old_leaves_out"] for facts in steps if "overlap" in facts]
    ((only,),) = [told]
    assert only["path"] == ENGINES
    return dict(only)


@_is_tried("none")
def test_the_old_one_left_the_engine_s_directory_out(outcomes: dict[str, Outcome]) -> None:
    told = _asked(outcomes["none"])
    assert (told["excluded"], told["why"]) == (True, "")


@_is_tried("old-scans-what-the-new-one-opens")
def test_one_that_is_asked_about_the_engine_s_files_answered_at_once(outcomes: dict[str, Outcome]) -> None:
    """By its own log, which was archived."""
    name = "old-scans-what-the-new-one-opens"
    assert _asked(outcomes[name])["excluded"] is True
    archive = outcomes[name].record["verification"]["collected"]["earlier_runs"][-1]["retained"]["archive"]
    log = lab.must(name, "tar", "-xzOf", archive, "--wildcards", "*/kesl.log")
    assert f"left out {ENGINES}/" in log


@_is_tried("old-under-a-policy")
def test_one_under_a_policy_is_left_as_it_is_and_the_record_says_why(outcomes: dict[str, Outcome]) -> None:
    told = _asked(outcomes["old-under-a-policy"])
    assert (told["excluded"], "policy" in told["why"]) == (False, True)


@_is_tried("signature-left-out")
def test_the_old_one_that_stays_leaves_nothing_out(outcomes: dict[str, Outcome]) -> None:
    name = "signature-left-out"
    assert outcomes[name].record["verdict"] == "rolled_back"
    assert "NOT ROLLED BACK" not in outcomes[name].record["failure"]["message"]
    settings = lab.must(name, CONTROL, "--get-settings", "1")
    assert "[ScanScope.item_0000]" in settings
    assert ENGINES not in settings


@_is_tried(NAME)
def test_the_old_one_s_directory_is_left_out_and_nothing_of_that_stays(outcomes: dict[str, Outcome]) -> None:
    assert outcomes[NAME].record["verdict"] == "removed_verified"
    assert f"excluding '{OLD}'" in lab.must(NAME, "cat", LOG)
    for path in FILES:
        assert lab.on(NAME, "test", "-e", path).returncode != 0, path


@_is_tried(NAME)
def test_one_that_is_made_again_in_its_place_is_protected(outcomes: dict[str, Outcome]) -> None:
    """By the process whose list names the one before."""
    assert outcomes[NAME].record["verdict"] == "removed_verified"
    lab.must(NAME, "mkdir", "-p", f"{OLD}/again")
    for folder in ("/var/opt", OLD, f"{OLD}/again"):
        assert tried(NAME, folder, DETECTABLE, "cat").returncode != 0, folder
    lab.must(NAME, "rm", "-r", "/var/opt/kaspersky")
