"""Every host ends in what its file states beforehand."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from integration import expectations, lab, removals
from integration.expectations import CLEAN, Expectation
from integration.removals import Runs

STOPPING = ("error", "overridable")
TASK_RESULTS = 4


def test_every_host_that_something_is_expected_of_is_described() -> None:
    assert expectations.wanted()
    assert [name for name in expectations.wanted() if not (lab.REPOSITORY / f"lab/hosts/{name}.yml").is_file()] == []
    assert sorted(expectations.hosts("full")) == sorted(path.stem for path in expectations.EXPECTED.iterdir())


def test_the_verdict(name: str, expected: Expectation, runs: Runs) -> None:
    record = removals.record("records", name)
    told = json.dumps([record["failure"], (record["verification"] or {}).get("collected", {}).get("findings")])
    assert record["verdict"] == expected.verdict, told
    wanted = "plan_blocked" if expected.verdict == "refused" else expected.failure
    if wanted or expected.verdict in CLEAN:
        assert (record["failure"] or {}).get("code", "") == wanted, told


def test_what_preflight_says_against_it(expected: Expectation, plan: dict[str, Any]) -> None:
    against = {check["id"]: check["diagnosis"] for check in plan["preflight"] if check["level"] in STOPPING}
    assert sorted(against) == sorted(expected.preflight), against


def test_looking_again_says_the_same(name: str, expected: Expectation, runs: Runs) -> None:
    if expected.verdict in CLEAN:
        assert removals.record("verify", name)["verdict"] == expected.verdict


def test_what_has_to_be_gone_or_there(name: str, expected: Expectation, runs: Runs) -> None:
    there = [path for path in expected.absent if lab.on(name, "test", "-e", path, "-o", "-L", path).returncode == 0]
    gone = [path for path in expected.present if lab.on(name, "test", "-e", path).returncode != 0]
    assert (there, gone) == ([], [])


def test_of_the_firewall_only_what_was_stated_is_gone(name: str, expected: Expectation, runs: Runs) -> None:
    before, after = (Counter(lab.firewall(moment, name)) for moment in ("before", "after"))
    assert (sorted((before - after).elements()), list(after - before)) == (sorted(expected.rules_gone), [])


def test_removal_takes_few_task_results(name: str, runs: Runs) -> None:
    assert 0 < len(runs.migrated.removing(name)) <= TASK_RESULTS, runs.migrated.removing(name)
