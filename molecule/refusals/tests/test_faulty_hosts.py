"""One host's fault is that host's: it is named, it is left alone, and the others go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from integration import lab
from integration.playbooks import Said, held, playbook
from integration.signer import Signer

LEFT_ALONE = ("full", "agent", "leftovers")
ANSWERING = (*LEFT_ALONE, "clean")
DRIFT = "/etc/systemd/system/kesl.service"
VERDICTS = {
    "full": ("unknown", "python_missing"),
    "agent": ("refused", "plan_drifted"),
    "leftovers": ("refused", "plan_blocked"),
    "clean": ("never_present", None),
    "ghost": ("unknown", "unreachable"),
}


def _record(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((lab.EVIDENCE / f"avshift/records/{name}.json").read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def given(plan: Path, signer: Signer) -> list[str]:
    """What migrating by a signed approval reports, after a unit had appeared on agent that was not there before."""
    signer.approve(plan, "*")
    lab.must("agent", "sh", "-c", f'printf "[Service]\\nExecStart=/bin/true\\n" >{DRIFT} && systemctl daemon-reload')
    lab.observe("drifted", *ANSWERING)
    approved = f"avshift_hosts=lab avshift_approved_plan={plan}"
    return ["-e", approved, *signer.required]


@pytest.fixture(scope="module")
def rehearsed(given: list[str]) -> Said:
    """What the dry run said, which has to leave hosts and controller as they were."""
    before = held(lab.EVIDENCE / "avshift")
    said = playbook("migrate", "--check", "--diff", *given, folder=lab.EVIDENCE)
    assert held(lab.EVIDENCE / "avshift") == before
    lab.observe("rehearsed", *ANSWERING)
    return said


@pytest.fixture(scope="module")
def migrated(given: list[str], rehearsed: Said) -> Said:
    """What the real run said afterwards."""
    said = playbook("migrate", *given, folder=lab.EVIDENCE)
    lab.observe("migrated", *LEFT_ALONE)
    return said


def test_the_rehearsal_has_the_words_of_the_real_run(rehearsed: Said, migrated: Said) -> None:
    assert rehearsed.causes == migrated.causes
    refused = [cause.split(": ")[1] for cause in rehearsed.causes if cause.startswith("Carrying out the plan: ")]
    assert refused == ["agent", "ghost", "leftovers"]
    assert (rehearsed.returncode, migrated.returncode) == (2, 2)
    assert "5 hosts: 1 would be migrated, 3 would fail, 1 unreachable" in rehearsed.text
    assert "5 hosts: 1 migrated, 3 failed, 1 unreachable" in migrated.text


@pytest.mark.parametrize("name", ANSWERING)
def test_the_rehearsal_changes_no_host(name: str, rehearsed: Said) -> None:
    assert lab.observed("rehearsed", name).files == lab.observed("drifted", name).files


def test_the_plan_says_which_hosts_it_lacks_and_why(planned: Said, plan: Path) -> None:
    content = json.loads(plan.read_text(encoding="utf-8"))
    assert sorted(content["hosts"]) == ["agent", "clean", "leftovers"]
    assert sorted(content["not_planned"]) == ["full", "ghost"]
    assert "no python3" in content["not_planned"]["full"]
    assert lab.container("ghost") in content["not_planned"]["ghost"]
    assert planned.returncode != 0


def test_a_host_without_python_is_told_what_it_needs(planned: Said, migrated: Said) -> None:
    for said in (planned, migrated):
        assert "full: it has no python3" in said.text
        assert "Install Python" in said.text


def test_an_unreachable_host_is_named(planned: Said, migrated: Said) -> None:
    for said in (planned, migrated):
        assert "fatal: [ghost]: UNREACHABLE!" in said.text


def test_a_drifted_host_is_refused_in_words(migrated: Said) -> None:
    assert "Carrying out the plan: agent: kesl was not found, is now" in migrated.text
    assert "Have a new plan approved; this host was not changed" in migrated.text


def test_an_owner_who_keeps_changes_out_is_heard(migrated: Said) -> None:
    assert "Carrying out the plan: leftovers: keep_out: The host's owner does not allow changes" in migrated.text
    assert "Ask the host's owner" in migrated.text


def test_the_run_fails(migrated: Said) -> None:
    assert migrated.returncode != 0


@pytest.mark.parametrize("name", VERDICTS)
def test_every_host_has_its_verdict_and_why(name: str, migrated: Said) -> None:
    record = _record(name)
    assert (record["verdict"], (record["failure"] or {}).get("code")) == VERDICTS[name]


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_no_faulty_host_was_changed(name: str, migrated: Said) -> None:
    assert lab.observed("migrated", name).files == lab.observed("drifted", name).files


def test_the_record_says_who_approved_and_signed(migrated: Said) -> None:
    by = _record("clean")["approval"]["by"]
    assert (by["approver"], by["signed_by"], by["reason"]) == ("jane@example.com", "jane@example.com", "CHG1")


def test_the_good_host_was_migrated(migrated: Said) -> None:
    assert lab.on("clean", "systemctl", "is-active", "avshift-clamonacc.service").stdout == "active\n"
