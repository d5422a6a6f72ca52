"""A fleet goes through its approved rings, stops where it has to, and goes on with the printed command."""

from __future__ import annotations

import itertools
import json
import os
import shlex
import signal
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cores import FULL
from fleets import AGENT, CLEAN, LIMIT, Fleet, Run

HOSTS = 1000 if FULL else 60
NAMES = [f"h{number:04}" for number in range(HOSTS)]
PLAN: dict[str, Any] = {"avshift_hosts": "all", "avshift_approved_plan": "avshift/plan/plan.json"}
FORKS = {"ANSIBLE_FORKS": "20"}
GOING_ON = "To go on: ansible-playbook "
DONE = {"removed_verified", "never_present"}


def _planned(folder: Path, hosts: dict[str, str], **rollout: Any) -> tuple[Fleet, list[list[str]]]:
    """Return a fleet with its approved plan, and the hosts of its rings."""
    fleet = Fleet(folder, hosts)
    run = fleet.run("plan", settings=FORKS, avshift_rollout=rollout)
    assert run.code == 0, run.text
    plan = json.loads((fleet.out / "plan/plan.json").read_text(encoding="utf-8"))
    fleet.forget()
    return fleet, [ring["hosts"] for ring in plan["rollout"]["rings"]]


def _gone_on(fleet: Fleet, run: Run) -> Run:
    """Run the command that a run has printed."""
    (line,) = [line for line in run.text.splitlines() if line.startswith(GOING_ON)]
    return fleet.run_as(shlex.split(line.removeprefix(GOING_ON)), settings=FORKS)


def _changed(fleet: Fleet) -> set[str]:
    return {host for host in fleet.hosts if "apply real" in fleet.calls(host)}


def test_a_fleet_with_bad_hosts_stops_at_the_right_gate_and_goes_on_by_the_printed_command(tmp_path: Path) -> None:
    rollout = {"rings": [{"name": "pilot", "size": "10%"}, {"name": "rest"}], "gate": {"min_clean": "95%"}}
    fleet, (pilot, rest) = _planned(
        tmp_path, {name: AGENT if int(name[1:]) % 3 else CLEAN for name in NAMES}, **rollout
    )
    # 3 % fail, 2 % cannot be reached, and 1 % have drifted; of the pilot a sixth fails.
    failing = [*pilot[: max(1, len(pilot) // 6)], *rest[: HOSTS * 3 // 100]]
    gone, drifted = rest[-(HOSTS * 2 // 100) :], rest[-(HOSTS * 3 // 100) : -(HOSTS * 2 // 100)] or rest[-3:-2]
    for host in failing:
        fleet.breaks(host)
    for host in gone:
        fleet.vanish(host)
    for host in drifted:
        fleet.answers(host, "leftovers")
    first = fleet.run("migrate", settings=FORKS, **PLAN)
    assert "The run ended early (stop)" in first.flat, first.text
    assert f"hosts of ring pilot are clean, and 95% have to be: {len(failing) - HOSTS * 3 // 100} failed" in first.flat
    assert (first.code, _changed(fleet) & set(rest)) == (2, set())
    for host in pilot:
        fleet.mends(host)
    second = _gone_on(fleet, first)
    states = fleet.records()
    bad = {host for host, (verdict, _code) in states.items() if verdict not in DONE}
    assert bad == {*failing, *gone, *drifted} - set(pilot), second.text
    assert {states[host][1] for host in gone} == {"unreachable"}
    assert {states[host] for host in drifted} == {("refused", "plan_drifted")}
    assert second.code == 2
    told = fleet.run("rollout_status", **PLAN)
    left = f"{HOSTS} hosts: {HOSTS - len(bad)} migrated, {len(bad) - len(gone)} failed, {len(gone)} unreachable"
    assert told.counted(left) == 1, told.text


def test_a_run_that_is_killed_in_a_ring_goes_on_where_it_was(tmp_path: Path) -> None:
    hosts = dict.fromkeys(NAMES[:12], AGENT)
    fleet, (ring,) = _planned(tmp_path, hosts, rings=["100%"], at_once=4)
    fleet.slow(*hosts)
    for number in (signal.SIGKILL, signal.SIGTERM):
        before = set(fleet.records())
        process = fleet.started("migrate", settings={"ANSIBLE_FORKS": "2"}, **PLAN)
        deadline = time.monotonic() + LIMIT
        while not (set(fleet.marks()) and len(fleet.records()) >= len(before)) and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        os.killpg(process.pid, number)
        process.wait(timeout=LIMIT)
        assert fleet.marks(), "no host was being changed"
        status = fleet.run("rollout_status", **PLAN)
        assert f"{len(fleet.marks())} interrupted" in status.text, status.text
    run = fleet.run("migrate", settings=FORKS, **PLAN)
    assert {verdict for verdict, _code in fleet.records().values()} <= DONE, run.text
    assert (run.code, fleet.marks(), sorted(fleet.records())) == (0, [], sorted(ring))


def test_no_host_starts_on_a_frozen_day_or_in_a_window_that_closes_too_soon(tmp_path: Path) -> None:
    now = datetime.now(timezone.utc)
    freeze = {"from": f"{now:%Y-%m-%d}", "until": f"{now + timedelta(days=2):%Y-%m-%d}", "why": "the year ends"}
    whole = {"days": "all", "start": "00:00", "end": "24:00", "zone": "UTC"}
    soon = {**whole, "start": f"{now - timedelta(hours=1):%H:%M}", "end": f"{now + timedelta(minutes=50):%H:%M}"}
    for name, rollout, words in (
        ("frozen", {"freeze": [freeze], "windows": [whole]}, "changes are frozen until"),
        ("closing", {"windows": [soon]}, "a host may take 60 minutes (host_time_limit)"),
    ):
        fleet, _rings = _planned(tmp_path / name, {"h0": AGENT, "h1": AGENT}, **rollout)
        run = fleet.run("migrate", **PLAN)
        assert words in run.flat, run.text
        assert "The run ended early (wait)" in run.flat
        assert (run.code, fleet.asked()) == (2, [])
        assert set(fleet.records().values()) == {("unknown", "not_begun")}


def test_a_pilot_that_is_switched_off_is_named_and_nothing_follows(tmp_path: Path) -> None:
    fleet, (pilot, _early, _rest) = _planned(tmp_path, dict.fromkeys(NAMES[:5], CLEAN))
    fleet.vanish(*pilot)
    run = fleet.run("migrate", **PLAN)
    assert f"0 of 1 hosts of ring pilot are clean, and 100% have to be: 1 were not reached ({pilot[0]})" in run.flat
    assert (run.code, fleet.asked()) == (2, [])
    fleet.mends(*pilot)
    assert _gone_on(fleet, run).code == 0


def test_of_a_cluster_one_at_a_time_two_are_never_away(tmp_path: Path) -> None:
    members = NAMES[:10]
    fleet = Fleet(tmp_path, dict.fromkeys(NAMES[:14], AGENT))
    fleet.set_variables({host: {"cluster": "db"} for host in members})
    assert fleet.run("plan", avshift_rollout={"rings": ["100%"], "groups": [{"by": "cluster"}]}).code == 0
    run = fleet.run("migrate", settings=FORKS, **PLAN)
    assert run.code == 0, run.text
    # By the hosts' own journals: from the first change of one to its last look.
    spans = sorted(fleet.away(host) for host in members)
    assert len(spans) == len(members)
    assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(spans)), spans


def test_a_member_that_is_not_reached_keeps_the_others_of_its_cluster_from_starting(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, dict.fromkeys(NAMES[:3], AGENT))
    fleet.set_variables({host: {"cluster": "db"} for host in NAMES[:3]})
    gate = {"min_clean": "0%", "max_unreachable": "100%"}
    rollout = {"rings": ["100%"], "groups": [{"by": "cluster"}], "gate": gate}
    assert fleet.run("plan", avshift_rollout=rollout).code == 0
    plan = json.loads((fleet.out / "plan/plan.json").read_text(encoding="utf-8"))
    first, *others = plan["rollout"]["rings"][0]["hosts"]
    fleet.forget()
    fleet.vanish(first)
    run = fleet.run("migrate", settings=FORKS, **PLAN)
    assert f"no more hosts with cluster db may be away at once: {first}" in run.flat, run.text
    assert (run.code, _changed(fleet), fleet.marks()) == (2, set(), [first])
    assert "0 failed, 1 unreachable, 2 not started" in fleet.run("rollout_status", **PLAN).flat
    fleet.mends(first)
    assert _gone_on(fleet, run).code == 0
    assert (_changed(fleet), fleet.marks()) == ({first, *others}, [])


def test_rings_run_one_at_a_time_and_a_person_s_word_opens_the_next(tmp_path: Path) -> None:
    rollout = {"rings": [{"name": "a", "size": 1, "gate": {"approval": "file"}}, {"name": "b"}]}
    fleet, (first, second) = _planned(tmp_path, dict.fromkeys(NAMES[:3], CLEAN), **rollout)
    early = fleet.run("migrate", **PLAN, avshift_rings="b")
    assert "hosts of ring a are not finished" in early.flat
    assert (early.code, fleet.asked()) == (2, [])
    assert fleet.run("migrate", **PLAN, avshift_rings="a").code == 0
    assert fleet.asked() == first
    waiting = fleet.run("migrate", **PLAN)
    assert "continuing after ring a needs an approval" in waiting.flat
    word = {"avshift_approve_gate": "a", "avshift_approver": "Jane", "avshift_approve_reason": "all is well"}
    assert fleet.run("approve", **word).code == 0
    fleet.forget()
    assert _gone_on(fleet, waiting).code == 0
    assert sorted(fleet.asked()) == sorted(second)
