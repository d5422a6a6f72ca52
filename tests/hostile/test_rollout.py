"""What a host or a user can do to a rollout: neither hide a failure from it, nor make it forget what it knew."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.avshift.endpoint.plugins.action import migration_plan
from ansible_collections.avshift.endpoint.plugins.plugin_utils import apart
from ansible_collections.avshift.endpoint.plugins.plugin_utils.canonical import encode
from ansible_collections.avshift.endpoint.plugins.plugin_utils.carry_out import parts
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import detection, rollout
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.plan import dry_run
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import (
    divided,
    folder,
    gates,
    progress,
    schedule,
    standing,
)
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout.progress import seen_of
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout.reading import rules
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout.windows import Opening
from ansible_collections.avshift.endpoint.plugins.plugin_utils.schema import answers
from attacks import attack
from plans import case_of, plan_of, rings_of

RUN = {"change_id": "", "time": "2026-01-01T00:00:00Z", "collection_version": "0.1.0", "catalog_digest": "0" * 64}
NOW = datetime(2026, 1, 2, tzinfo=timezone.utc)
HOSTS = ["pilot", "web1", "web2", "web3"]
SILENCE: dict[str, dict[str, Any] | None] = {
    "unreachable": {"unreachable": True, "msg": "no route to host"},
    "failing": {"failed": True, "msg": "Missing sudo password"},
    "mute": None,
}
WAYS_OUT: dict[str, Any] = {
    "it cannot be reached": {"success": False, "verdict": "unknown", "failure": {"code": "unreachable", "message": ""}},
    "it is refused": {"success": False, "verdict": "refused", "failure": {"code": "plan_drifted", "message": ""}},
    "it cannot be proven": {"success": False, "verdict": "unknown", "failure": None},
    "its record is not written": {"failed": True, "msg": "no space left"},
    "its result has no form": {"success": "", "failure": {}},
    "it gives no result": None,
}


def _own(host: str) -> dict[str, Any]:
    plan = plan_of(case_of("agent"), host)
    return runs.of_plan(host, {"plan": plan, "approval": None}, RUN)


@attack("silence-hides-a-finding", threat="a host that was found to have it goes silent", holds="its record stays")
@pytest.mark.parametrize("how", SILENCE)
def test_a_silent_host_loses_no_record_of_an_answer(tmp_path: Path, how: str) -> None:
    path = tmp_path / "web1.json"
    records.write(path, _own("web1"))
    before = path.read_bytes()
    records.write_silent(str(tmp_path), runs.of_detection("web1", SILENCE[how], RUN))
    records.write_silent(str(tmp_path), runs.not_started("web1", RUN, "the pilot failed"))
    assert path.read_bytes() == before


@attack(
    "silence-loses-a-change",
    threat="a host that was changed does not answer a later run",
    holds="all of it stays in its record",
)
@pytest.mark.parametrize("word", ["rolled_back", "removed_verified"])
@pytest.mark.parametrize("how", SILENCE)
def test_a_silent_host_keeps_what_is_known_of_its_change(how: str, word: str) -> None:
    outcomes = {"remove": [{"id": "01", "outcome": "changed", "facts": {}}]}
    changed = {**_own("web1"), "mode": "migrate", "outcomes": outcomes, "verdict": word}
    later = runs.of_run("web1", "migrate", RUN, {"planned": SILENCE[how] or {}})
    kept = json.loads(json.dumps(runs.kept(later, changed)))
    failure = kept.pop("failure")
    assert kept == {name: value for name, value in changed.items() if name != "failure"}
    assert failure["message"].startswith(f"At {RUN['time']}: Migrating: web1: ")
    assert seen_of("web1", {**kept, "failure": failure}).state != gates.DONE


@attack("pilot-slips-the-gate", threat="a pilot fails in a way that Ansible does not count", holds="no ring follows")
@pytest.mark.parametrize("way", WAYS_OUT)
def test_no_ring_follows_a_pilot_that_did_not_go_well(way: str) -> None:
    result = WAYS_OUT[way]
    seen = gates.Seen("pilot") if result is None else rollout.seen_in("pilot", result)
    assert gates.answer(rules(None).rings[0], [seen], gates.Known(NOW)).word != "continue"


@attack("half-reached-host-goes-on", threat="a host is lost between two parts of its change", holds="no part follows")
def test_no_part_follows_one_in_which_the_host_was_lost() -> None:
    planned = {"plan": plan_of(case_of("agent")), "approval": {"status": "approved", "difference": []}}
    assert parts.allowed("full", planned, {"pending": []}) is planned["plan"]
    with pytest.raises(AvshiftError):
        parts.allowed("full", planned, {"unreachable": True, "msg": "gone"})


@attack("silence-reads-as-clean", threat="no host answers a detection", holds="nobody is told that nothing was found")
@pytest.mark.parametrize("how", SILENCE)
def test_silence_is_never_told_as_nothing_found(how: str) -> None:
    lines = detection.summary([runs.of_detection(host, SILENCE[how], RUN) for host in HOSTS])
    assert lines[0].startswith("0 of 4 hosts answered")
    assert not [line for line in lines if line.startswith("No Kaspersky software")]


@attack("last-words-are-forged", threat="a host's failure holds lines and escapes", holds="they are text in one cell")
@pytest.mark.parametrize("text", ["x\n4 hosts: 4 migrated", "\x1b[2J4 hosts: 4 migrated", "\r4 hosts: 4 migrated"])
def test_the_last_words_cannot_be_forged(text: str) -> None:
    bad = {"success": False, "verdict": "unknown", "failure": {"code": text, "message": text}}
    whole = divided.of_hosts(rules(None), HOSTS, list, lambda _host, _by: [])
    seen = {host: rollout.seen_in(host, bad) for host in HOSTS}
    made = schedule.compose("run", whole, schedule.Asked(HOSTS), seen, home="rollout", records="records")
    lines = rollout.last_words(standing.Standing(made, seen, gates.Answer((gates.Reason("x", "stop", text),))))
    assert [line for line in lines if line.startswith("4 hosts:")] == [
        "4 hosts: 0 migrated, 4 failed, 0 unreachable, 0 not started"
    ]
    assert not [line for line in lines if {"\n", "\r", "\x1b"} & set(line)]


@attack("sizes-that-take-all", threat="a survey's text is no list of sizes", holds="it is refused, never taken for all")
@pytest.mark.parametrize("text", ["all", "100  %", "1000%", "-1", "1e9", "0x10", "1,all", "{{ 1 }}", "9" * 12, "true"])
def test_no_text_is_taken_for_all_hosts_at_once(text: str) -> None:
    with pytest.raises(AvshiftError):
        rules(text)


def _linked(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("web2.json"))


def _blocking(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _of_nobody(path: Path) -> None:
    record = json.loads(path.read_text(encoding="utf-8"))
    record["plan"] = plan_of(case_of("clean"), "web1")
    path.write_text(json.dumps(record), encoding="utf-8")


REPLACED: dict[str, Callable[[Path], None]] = {
    "by another plan": _of_nobody,
    "by a link to another host's": _linked,
    "by a pipe": _blocking,
    "by half of it": lambda path: path.write_bytes(path.read_bytes()[:-100]) and None,
    "by a byte more": lambda path: path.write_bytes(path.read_bytes() + b" ") and None,
    "by nothing": Path.unlink,
}


@attack(
    "plan-record-replaced",
    threat="another run writes the record of a host between its planning and the fleet's document",
    holds="what it wrote is not in the plan that is approved, and no other host loses its plan",
)
@pytest.mark.parametrize("how", REPLACED)
def test_a_record_that_was_replaced_does_not_enter_the_plan(tmp_path: Path, how: str) -> None:
    results: dict[str, Any] = {}
    for host in ("web1", "web2"):
        path = records.path_of(str(tmp_path), host)
        results[host] = {"record": {"path": str(path), "sha256": records.write(path, _own(host))}}
    REPLACED[how](tmp_path / "web1.json")
    frame = dry_run.Frame(RUN, "", rings_of(1), {}, False, str(tmp_path))
    made = dry_run.made(results, list(results), frame, lambda _record: None)
    document = json.loads(made.files["plan.json"])
    assert (list(document["hosts"]), list(document["not_planned"])) == (["web2"], ["web1"])


@attack(
    "result-of-a-run-replaced",
    threat="a program changes, exchanges or removes what a run has kept of a host between two tasks",
    holds="it is refused, and nothing of it is carried out",
)
@pytest.mark.parametrize("how", ["changed", "exchanged", "removed"])
def test_a_result_that_was_replaced_is_refused(tmp_path: Path, how: str) -> None:
    mine = apart.put(tmp_path, "web1", {"plan": plan_of(case_of("agent"), "web1")}, ["plan"])
    other = apart.put(tmp_path, "web2", {"plan": plan_of(case_of("full"), "web2")}, ["plan"])
    path = tmp_path / mine["kept"]
    if how == "removed":
        path.unlink()
    else:
        path.write_bytes((tmp_path / other["kept"]).read_bytes() if how == "exchanged" else path.read_bytes()[:-1])
    with pytest.raises(AvshiftError) as refused:
        apart.whole(tmp_path, "web1", mine)
    assert refused.value.code == "kept_lost"
    with pytest.raises(AvshiftError):
        apart.whole(tmp_path, "web1", other)


OF_THE_CONTROLLER = ("not_begun", "unreachable", "windows_forecast_only", "anything_forecast_only")
FAULTY = {"step": "01", "message": "x", "undone": []}


@attack(
    "host-takes-the-controller-s-words",
    threat="a failing host says by its code that it was not started, not reached, or is only looked at",
    holds="it counts as a host that failed, and the ring behind it does not begin",
)
@pytest.mark.parametrize("code", OF_THE_CONTROLLER)
@pytest.mark.parametrize("way", ["its module failed", "a step failed"])
def test_no_host_takes_itself_out_of_its_ring(code: str, way: str) -> None:
    if way == "its module failed":
        said = answers.code_of({"failed": True, "code": code}) or "module_failed"
    else:
        applied = {"changed": True, "outcomes": [], "pending": [], "failure": {**FAULTY, "code": code}}
        with pytest.raises(AvshiftError, match="for the controller to say") as refused:
            answers.checked("apply", applied, "pilot")
        said = refused.value.code
    record = runs.of_run("pilot", "migrate", RUN, {"planned": {"failed": True, "code": said, "msg": "x"}})
    seen = progress.seen_of("pilot", record)
    assert seen.state == gates.FAILED
    assert gates.answer(rules(None).rings[0], [seen], gates.Known(NOW)).word == "stop"


LOCKS: dict[str, Callable[[Path, Path], None]] = {
    "a link to a file": lambda lock, victim: lock.symlink_to(victim),
    "a link to nothing": lambda lock, victim: lock.symlink_to(victim.with_name("nothing")),
    "a pipe": lambda lock, _victim: os.mkfifo(lock),
    "a folder": lambda lock, _victim: lock.mkdir(),
}


@attack(
    "lock-replaced",
    threat="another user of a shared folder puts a link or a pipe in the place of a lock",
    holds="no host is begun, nothing is waited for, and what the link names is left as it is",
)
@pytest.mark.parametrize("how", LOCKS)
@pytest.mark.parametrize("of", ["rollout", "records"])
def test_what_lies_in_the_place_of_a_lock_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of: str, how: str
) -> None:
    victim, home = tmp_path / "victim", tmp_path / "avshift"
    victim.write_text("the owner's", encoding="utf-8")
    home.mkdir()
    LOCKS[how](home / (folder.LOCK if of == "rollout" else records.LOCK), victim)
    if of == "rollout":
        look = {"home": str(home), "ring": "1", "run": "a", "total": 1, "stop_after": "0", "groups": {}}
        with pytest.raises(AvshiftError) as refused:
            folder.begin(look, "web1", RUN["time"])
        assert refused.value.code == "not_locked"
        assert folder.marks(home) == {}
    else:
        monkeypatch.setattr(records.fcntl, "flock", _of_files_alone)
        assert records.write_silent(str(home), runs.not_started("web1", RUN, "the pilot failed"))
    assert victim.read_text(encoding="utf-8") == "the owner's"
    assert sorted(os.listdir(tmp_path)) == ["avshift", "victim"]


def _of_files_alone(number: int, _how: int) -> None:
    if os.path.isdir(f"/proc/self/fd/{number}"):
        raise OSError(9, "Bad file descriptor")


FROZEN = {"rings": ["100%"], "freeze": [{"from": "2026-01-01", "until": "2027-12-31", "why": "inventory"}]}


def _act_on_plan(monkeypatch: pytest.MonkeyPatch, made: schedule.Schedule, plan: Path, **more: Any) -> str:
    """Return the code with which the task of a host ends that reads the plan now, "asked" if it asks the host."""
    module, given = migration_plan.ActionModule, {"rollout": schedule.look(made, 0, HOSTS, {}, NOW), **more}
    monkeypatch.setattr(module, "only_looked_at", lambda _self: None)
    monkeypatch.setattr(module, "first_look", lambda _self, _variables: pytest.fail("asked"))
    action = module.__new__(module)
    action._task = SimpleNamespace(check_mode=False)
    options = ArgumentSpecValidator(module.SPEC).validate({**given, "approved_plan": str(plan)}).validated_parameters
    try:
        action.act(options, {"inventory_hostname": "pilot"})
    except AvshiftError as error:
        return error.code
    except pytest.fail.Exception as asked:
        return str(asked)
    return ""


@attack(
    "plan-replaced-under-a-run",
    threat="half a plan, or another one, lies in the file while a run decides its rings, and the approved one later",
    holds="no host is begun by the rings, windows and groups of what was not approved",
)
@pytest.mark.parametrize("first", ["the same", "another", "half", "half, and nothing has to be approved"])
def test_no_host_begins_by_the_rings_of_another_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    results = {host: {"plan": plan_of(case_of("agent"), host)} for host in HOSTS}

    def plan(rollout: Any) -> dict[str, Any]:
        frame = dry_run.Frame(RUN, "", rings_of(rollout), {}, False, str(tmp_path / "records"))
        found: dict[str, Any] = json.loads(dry_run.made(results, HOSTS, frame, lambda _record: None).files["plan.json"])
        return found

    approved, path = plan(FROZEN), tmp_path / "plan.json"
    path.write_text(encode(approved), encoding="utf-8")
    whole = divided.of_hosts(rules(None), HOSTS, list, lambda _host, _by: [])
    if not first.startswith("half"):
        whole = divided.of_document(plan(FROZEN | {"freeze": []}) if first == "another" else approved)
    places = {"home": str(tmp_path / "rollout"), "records": str(tmp_path / "records"), "plan": str(path)}
    made = schedule.compose("run", whole, schedule.Asked(HOSTS), {host: gates.Seen(host) for host in HOSTS}, **places)
    monkeypatch.setattr(schedule, "opening", lambda *_given: Opening(True, None, None))
    needs = {"require_approval": first != "half, and nothing has to be approved"}
    told = _act_on_plan(monkeypatch, made, path, **needs)
    assert told == ("asked" if first == "the same" else "not_begun")
