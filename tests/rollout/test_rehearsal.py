"""Check mode is truthful: it gives the messages of the real run, and writes nothing on the controller or on a host."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cores import FULL
from fleets import AGENT, CLEAN, VANISHES, Fleet, Run

HOSTS = {"h00": AGENT, "h01": AGENT, "h02": CLEAN}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
BLOCKED = "refused-for-many-reasons"
ALL: dict[str, Any] = {"avshift_hosts": "all"}
# All at once: a migration does what the plan's options say.
ROLLOUT: dict[str, Any] = {"avshift_rollout": "100%"}
APPROVER = {"avshift_approver": "jane@example.com", "avshift_approve_reason": "CHG1"}


def _key(folder: Path, name: str) -> Path:
    made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
    subprocess.run(made, check=True, timeout=60)
    return folder / name


def _signed(fleet: Fleet, name: str) -> None:
    """Have an approval of the whole plan signed by a key; only that of jane counts."""
    assert fleet.run("approve", **APPROVER).code == 0
    signers = fleet.folder / "signers"
    jane = _key(fleet.folder, "jane")
    signers.write_text(f"jane@example.com {jane.with_suffix('.pub').read_text(encoding='utf-8')}", encoding="utf-8")
    key = jane if name == "jane" else _key(fleet.folder, name)
    approval = str(fleet.out / "plan/approval.json")
    sign = ["ssh-keygen", "-Y", "sign", "-f", str(key), "-n", "approval@avshift.endpoint", approval]
    subprocess.run(sign, check=True, capture_output=True, timeout=60)


def _approval(**changed: Any) -> Callable[[Fleet], None]:
    def change(fleet: Fleet) -> None:
        assert fleet.run("approve", **APPROVER).code == 0
        path = fleet.out / "plan/approval.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**content, **changed}), encoding="utf-8")

    return change


SIGNED = {"avshift_require_signature": True, "avshift_allowed_signers": "signers"}
# What happens after the plan was made, extra variables of the run, and the codes in the records of hosts that fail.
SITUATIONS: dict[str, tuple[Callable[[Fleet], None], dict[str, Any], dict[str, str]]] = {
    "a good plan": (lambda _fleet: None, {}, {}),
    "a good signature": (lambda fleet: _signed(fleet, "jane"), SIGNED, {}),
    "a drifted host": (lambda fleet: fleet.answers("h01", "leftovers"), {}, {"h01": "plan_drifted"}),
    "a blocked host": (lambda fleet: fleet.answers("h01", BLOCKED), {}, {"h01": "plan_drifted"}),
    "an expired approval": (
        _approval(time="2020-01-01T00:00:00Z", valid_until="2020-01-02T00:00:00Z"),
        {},
        dict.fromkeys(HOSTS, "approval_expired"),
    ),
    "an approval of another plan": (
        _approval(plan_digest="0" * 64),
        {},
        dict.fromkeys(HOSTS, "approval_of_other_plan"),
    ),
    "an approval of some hosts": (_approval(hosts=["h00", "h02"]), {}, {"h01": "plan_not_approved"}),
    "a signature of another": (
        lambda fleet: _signed(fleet, "mallory"),
        SIGNED,
        dict.fromkeys(HOSTS, "signature_of_another"),
    ),
    "no plan at all": (
        lambda fleet: (fleet.out / "plan/plan.json").unlink(),
        {},
        dict.fromkeys(HOSTS, "plan_unreadable"),
    ),
}


QUICK = ("a good signature", "a drifted host", "an expired approval", "a signature of another")


def _words(run: Run, host: str) -> list[str]:
    return [TIME.sub("TIME", why) for why in run.why(host)]


@pytest.mark.parametrize("name", SITUATIONS if FULL else QUICK)
def test_a_rehearsal_has_the_words_of_the_real_run_and_changes_nothing(tmp_path: Path, name: str) -> None:
    change, more, codes = SITUATIONS[name]
    fleet = Fleet(tmp_path, HOSTS)
    assert fleet.run("plan", **ROLLOUT).code == 0
    change(fleet)
    fleet.forget()
    given = {**ALL, **more, "avshift_approved_plan": "avshift/plan/plan.json"}

    before = fleet.snapshot()
    rehearsed = fleet.run("migrate", "--check", "--diff", **given)
    assert fleet.snapshot() == before, rehearsed.text
    assert {call for host in HOSTS for call in fleet.calls(host)} <= {"collect check", "apply check"}

    real = fleet.run("migrate", "--diff", **given)
    assert {host: _words(rehearsed, host) for host in HOSTS} == {host: _words(real, host) for host in HOSTS}
    assert {host: code for host, (_verdict, code) in fleet.records().items() if code} == codes, real.text
    assert (rehearsed.code == 0, real.code == 0) == (not codes, not codes)
    bad = len(codes)
    assert f"3 hosts: {3 - bad} would be migrated, {bad} would fail, 0 unreachable" in rehearsed.text
    assert f"3 hosts: {3 - bad} migrated, {bad} failed, 0 unreachable" in real.text


def test_a_blocked_host_is_refused_beforehand_too(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, {**HOSTS, "h01": BLOCKED})
    fleet.run("plan", **ROLLOUT)
    given = {**ALL, "avshift_approved_plan": "avshift/plan/plan.json"}
    rehearsed = fleet.run("migrate", "--check", **given)
    real = fleet.run("migrate", **given)
    assert _words(rehearsed, "h01") == _words(real, "h01")
    assert fleet.records()["h01"] == ("refused", "plan_blocked")


def test_a_rehearsal_goes_on_after_a_failure_and_says_where_the_real_run_would_end(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, HOSTS)
    assert fleet.run("plan").code == 0
    plan = json.loads((fleet.out / "plan/plan.json").read_text(encoding="utf-8"))
    pilot = plan["rollout"]["rings"][0]["hosts"][0]
    fleet.answers(pilot, "leftovers")
    fleet.forget()
    given = {"avshift_hosts": "all", "avshift_approved_plan": "avshift/plan/plan.json"}
    rehearsed = fleet.run("migrate", "--check", **given)
    assert fleet.asked() == list(HOSTS)
    told = "The real run would end early (stop): 0 of 1 hosts of ring pilot are clean, and 100% have to be: 1 failed"
    assert f"{told} ({pilot})" in rehearsed.text


def _changed(run: Run) -> set[str]:
    return set(re.findall(r"\bchanged=(\d+)", run.text.partition("PLAY RECAP")[2]))


def test_reports_and_approvals_write_nothing_in_check_mode_and_tell_what_they_change(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, HOSTS)
    assert fleet.run("plan").code == 0
    assert fleet.run("detect").code == 0
    given: dict[str, Any] = {"avshift_records_dir": "avshift/detect"}
    for playbook, arguments in {"approve": APPROVER, "report": given}.items():
        before = fleet.snapshot()
        foreseen = fleet.run(playbook, "--check", **arguments)
        assert fleet.snapshot() == before, foreseen.text
        assert _changed(foreseen) == {"1"}, foreseen.text
        assert _changed(fleet.run(playbook, **arguments)) == {"1"}
        written = fleet.snapshot()
        assert set(written) > set(before)
        assert _changed(fleet.run(playbook, "--check", **arguments)) == {"0"}
        assert _changed(fleet.run(playbook, **arguments)) == {"0"}
        assert fleet.snapshot() == written


@pytest.mark.parametrize("playbook", ["detect", "verify"])
def test_looking_writes_nothing_in_check_mode(tmp_path: Path, playbook: str) -> None:
    fleet = Fleet(tmp_path, {"h00": CLEAN, "h01": "unreachable", "h02": "broken"})
    before = fleet.snapshot()
    run = fleet.run(playbook, "--check")
    assert fleet.snapshot() == before, run.text
    assert _changed(run) == {"0"}


def test_a_plan_for_which_no_host_answers_writes_its_document(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, {"h00": "unreachable", "h01": "broken"})
    run = fleet.run("plan")
    assert run.code != 0
    assert "No host could be planned: none of 2 gave an answer." in run.text
    content = json.loads((fleet.out / "plan/plan.json").read_text(encoding="utf-8"))
    assert (content["hosts"], sorted(content["not_planned"])) == ({}, ["h00", "h01"])
    for name in ("plan.html", "plan.md", "plan.csv"):
        text = (fleet.out / "plan" / name).read_text(encoding="utf-8")
        assert "h00" in text, name
        assert "Connection refused" in text, name


def test_a_missing_password_is_named_as_the_cause(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, {"h00": VANISHES, "h01": VANISHES})
    sudo = tmp_path / "sudo"
    # As sudo does if it may not ask.
    sudo.write_text("#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n", encoding="utf-8")
    sudo.chmod(0o755)
    given = {"avshift_become": True, "ansible_become_exe": str(sudo), "ansible_become_method": "sudo"}
    run = fleet.run("detect", **given, ansible_become_user="nobody")
    assert run.counted("0 of 2 hosts answered, 0 of them could be checked completely.") == 1
    assert "No Kaspersky software was found" not in run.text
    lines = [line for line in run.text.splitlines() if line.startswith("the whole host")]
    assert [line for line in lines if "Missing sudo password" in line] == lines != [], run.text
