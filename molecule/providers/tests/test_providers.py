"""Vendors' stand-ins are staged, take over, are tested and verified, and no secret is visible."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fidelity import effects
from fidelity.fidelity import judge
from fidelity.observation import changes
from integration import lab, removals, samples
from integration.providers import Expectation

ROLLED_BACK = "rolled_back"
# It was stopped and started again.
WRITTEN_BY_THE_OLD_ONE = ("/var/log/kaspersky/kesl/", "/var/opt/kaspersky/kesl/private/storage/")


def test_host_ends_in_its_verdict(expected: Expectation, record: dict[str, Any]) -> None:
    assert record["verdict"] == expected.verdict, record["failure"]
    assert (record["failure"] or {}).get("code", "") == expected.failure


def test_what_the_host_cannot_tell_is_unknown_and_all_else_is_ok(expected: Expectation, record: dict[str, Any]) -> None:
    if expected.verdict == ROLLED_BACK:
        return
    checks = {check["id"]: check["result"] for check in record["verification"]["proof"]["checks"]}
    assert {name for name, result in checks.items() if result != "ok"} == set(expected.unknown)
    assert all(checks[name] == "unknown" for name in expected.unknown)
    assert len(checks) > len(expected.unknown)


def test_every_change_was_planned_and_every_planned_change_was_made(name: str, expected: Expectation) -> None:
    before, after = lab.observed("before", name), lab.observed("after", name)
    verdict = judge(before, after, effects.of_host(removals.PLAN, name))
    if expected.verdict == ROLLED_BACK:
        alike = {str(change) for change in changes(before, after) if change.is_written_alike()}
        left = [one for one in verdict.unexplained if one not in alike and not one.startswith(WRITTEN_BY_THE_OLD_ONE)]
        assert not left, "\n".join(left)
        return
    assert not verdict.unexplained, "\n".join(verdict.unexplained)
    assert not verdict.not_happened, "\n".join(verdict.not_happened)


def test_test_file_is_refused_by_whoever_protects_now(name: str, expected: Expectation, runs: dict[str, Any]) -> None:
    old_is_there = lab.on(name, "systemctl", "is-active", "kesl").returncode == 0
    assert old_is_there is (expected.verdict == ROLLED_BACK)
    refused = samples.tried(name, "/srv", samples.DETECTABLE, "cat").returncode != 0
    assert refused is (expected.blocks or old_is_there)
    assert samples.tried(name, "/srv", samples.CLEAN, "cat").stdout == samples.CLEAN


def test_without_its_secrets_nothing_is_begun(name: str, expected: Expectation, runs: dict[str, Any]) -> None:
    if not expected.secrets:
        return
    failed = [(action, result.get("code")) for action, result in runs["without"].results(name) if result.get("failed")]
    # The last play fails whoever was not migrated, and names no cause of its own.
    assert [code for action, code in failed if action != "fail"] == ["secret_missing"]
    assert [action for action, _code in failed].count("fail") == 1
    assert not [result for _action, result in runs["without"].results(name) if result.get("changed")]


def test_second_run_changes_nothing(name: str, expected: Expectation, runs: dict[str, Any]) -> None:
    if expected.verdict == ROLLED_BACK:
        return
    plan = json.loads((lab.EVIDENCE / f"again/records/{name}.json").read_text(encoding="utf-8"))["plan"]
    assert [step["title"] for step in plan["steps"]] == []
    changed = [action for action, result in runs["again"].results(name) if result.get("changed")]
    assert changed in ([], ["migration_record"])


def test_no_secret_is_seen_on_the_controller(expected: Expectation, runs: dict[str, Any]) -> None:
    files = [path for path in lab.EVIDENCE.rglob("*") if path.is_file()]
    assert files
    for secret in expected.secrets.values():
        for spelt in (secret, json.dumps(secret)[1:-1]):
            assert [str(path) for path in files if spelt.encode() in path.read_bytes()] == []


def test_no_secret_lies_on_the_host_but_where_the_vendor_wants_it(
    name: str, expected: Expectation, runs: dict[str, Any]
) -> None:
    places = ("/etc", "/opt", "/root", "/run", "/srv", "/tmp", "/var", "/usr/local", "/home")
    looking = ("grep", "--recursive", "--files-with-matches", "--no-messages", "--fixed-strings", "--file=-")
    for secret in expected.secrets.values():
        found = lab.on(name, *looking, *places, given=f"{secret}\n").stdout.split()
        modes = {lab.must(name, "stat", "--format=%a %u", path).strip() for path in found}
        assert modes in (set(), {"600 0"})
        assert all(Path(path).name == "mdatp_onboard.json" for path in found)
