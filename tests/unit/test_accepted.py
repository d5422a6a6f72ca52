"""A preflight result was accepted as it was shown: one that says more by now is drift."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import judge
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import digest_of, stopping
from plans import VERSIONS, case_of, plan_of

# What was accepted, and what is less of it.
SHOWN: dict[str, tuple[str, str]] = {
    "second_interceptor": ("/opt/test/scan, /opt/test/other", "/opt/test/other"),
    "backup_encrypted": ("/var/opt/a: 3 files; /var/opt/b: 9 files", "/var/opt/a: 2 files"),
    "group_is_primary": ("klusers is the primary group of a, b", "klusers is the primary group of b"),
    "reinstaller": ("/etc/crontab line 7: # apt-get install kesl", "/etc/crontab line 6: # apt-get install kesl"),
    "package_held": ("kesl, klnagent64", "klnagent64"),
}
MORE = {
    "second_interceptor": "/opt/test/scan, /opt/edr/blocker",
    "backup_encrypted": "/var/opt/a: 8 files; /var/opt/b: 9 files",
    "group_is_primary": "klusers is the primary group of a, c",
    "reinstaller": "/etc/crontab line 7: # apt-get install kesl; /etc/crontab line # : apt-get install kesl",
    "package_held": "kesl, kesl-gui",
}


def _plan(name: str, diagnosis: str, *, begun: str = "", steps: int = 0, level: str = "overridable") -> dict[str, Any]:
    """Return the plan of a host on which that result is accepted, in an interrupted run of the plan ``begun``."""
    made = copy.deepcopy(plan_of(case_of("full")))
    check = {"id": name, "level": level, "title": "x", "diagnosis": diagnosis, "remediation": "y", "accepted": True}
    others = [one for one in made["preflight"] if one["id"] != name]
    made.update(preflight=[*others, check], steps=made["steps"][steps:])
    made["digest"] = digest_of(made)
    if begun:
        made["carried"]["earlier_runs"] = [{"digest": begun[:12], "status": "begun"}]
    return made


def _judged(approved: dict[str, Any], current: dict[str, Any]) -> judge.Approval:
    return judge.judge(current, judge.Grant(document.compose([("host", approved)], {}, VERSIONS)))


@pytest.mark.parametrize("name", SHOWN)
def test_an_accepted_result_that_says_more_is_drift(name: str) -> None:
    shown, _less = SHOWN[name]
    approved = _plan(name, shown)
    assert _judged(approved, _plan(name, shown)).status == judge.APPROVED
    judged = _judged(approved, _plan(name, MORE[name]))
    assert judged.status == judge.DRIFTED
    assert f"preflight {name}, which is accepted, was {shown}, is now {MORE[name]}" in judged.difference


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_left_of_an_accepted_result_stops_no_interrupted_run(name: str) -> None:
    shown, less = SHOWN[name]
    approved = _plan(name, shown)
    for diagnosis, status in ((shown, judge.RESUMED), (less, judge.RESUMED), (MORE[name], judge.DRIFTED)):
        current = _plan(name, diagnosis, begun=approved["digest"], steps=1)
        assert _judged(approved, current).status == status, diagnosis


@pytest.mark.parametrize(
    ("name", "status"),
    [("no_replacement", judge.RESUMED), ("package_held", judge.DRIFTED), ("reinstaller", judge.DRIFTED)],
)
def test_an_accepted_result_is_new_in_an_interrupted_run_only_if_a_restart_brings_it(name: str, status: str) -> None:
    approved = plan_of(case_of("full"))
    assert _judged(approved, _plan(name, "kesl is running", begun=approved["digest"], steps=1)).status == status
    assert _judged(approved, _plan(name, "kesl is running")).status == judge.DRIFTED


def test_a_result_that_cannot_be_accepted_stops_a_host_with_its_words() -> None:
    approved = _plan("group_is_primary", "a")
    current = _plan("group_is_primary", "a", begun=approved["digest"], steps=1, level="error")
    assert [check["id"] for check in stopping(current)] == ["group_is_primary"]
    assert _judged(approved, current).status == judge.DRIFTED
