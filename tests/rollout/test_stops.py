"""A ring with a failure really ends the run, on the oldest core and the newest, and the summary always appears."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cores import FULL
from fleets import AGENT, BROKEN, CLEAN, UNREACHABLE, VANISHES, Fleet, Run

NAMES = [f"h{number:02}" for number in range(8)]
ALL: dict[str, Any] = {"avshift_hosts": "all", "avshift_require_approval": False}


def _fleet(folder: Path, core: Path | None, **kinds: str) -> Fleet:
    return Fleet(folder, {name: kinds.get(name, CLEAN) for name in NAMES}, core)


def _not_started(fleet: Fleet) -> list[str]:
    return [host for host, (_verdict, code) in fleet.records().items() if code == "not_begun"]


def _counts(run: Run, migrated: int, failed: int, unreachable: int, not_started: int) -> None:
    words = f"8 hosts: {migrated} migrated, {failed} failed, {unreachable} unreachable, {not_started} not started"
    assert run.counted(words) == 1, run.text


@pytest.mark.parametrize("kind", [BROKEN, UNREACHABLE, VANISHES] if FULL else [BROKEN, VANISHES])
def test_a_pilot_that_fails_or_is_not_reached_ends_the_run(tmp_path: Path, each_core: Path | None, kind: str) -> None:
    fleet = _fleet(tmp_path, each_core, h00=kind)
    run = fleet.run("migrate", **ALL)
    _counts(run, 0, int(kind == BROKEN), int(kind != BROKEN), 7)
    assert [host for host in fleet.asked() if host != "h00"] == []
    assert _not_started(fleet) == NAMES[1:]
    assert fleet.records()["h00"][1] == ("module_failed" if kind == BROKEN else "unreachable")
    word, why = ("stop", "1 failed") if kind == BROKEN else ("wait", "1 were not reached")
    told = f"The run ended early ({word}): 0 of 1 hosts of ring pilot are clean, and 100% have to be: {why} (h00)"
    assert told in run.text
    assert run.counted("To go on: ansible-playbook -i inventory.yml avshift.endpoint.migrate") == 1
    assert run.code == 2


def test_a_run_in_which_all_goes_well_goes_through_all_rings(tmp_path: Path, core: Path | None) -> None:
    fleet = _fleet(tmp_path, core, h03=AGENT)
    run = fleet.run("migrate", **ALL)
    _counts(run, 8, 0, 0, 0)
    assert run.counted("PLAY [Migrate]") == 3
    assert fleet.calls("h03").count("apply real") == 3
    assert run.code == 0


@pytest.mark.parametrize(("min_clean", "begun"), [("80%", 4), ("50%", 8)] if FULL else [("80%", 4)])
def test_as_many_may_fail_as_was_given(tmp_path: Path, each_core: Path | None, min_clean: str, begun: int) -> None:
    fleet = _fleet(tmp_path, each_core, h01=BROKEN, h02=UNREACHABLE)
    given = {"avshift_rollout": {"rings": [4], "gate": {"min_clean": min_clean, "max_unreachable": 1}}}
    run = fleet.run("migrate", **ALL, **given)
    _counts(run, begun - 2, 1, 1, 8 - begun)
    assert _not_started(fleet) == NAMES[begun:]
    assert run.code == 2


def test_a_ring_in_which_nobody_is_reached_does_not_end_the_run_without_a_word(
    tmp_path: Path, core: Path | None
) -> None:
    fleet = _fleet(tmp_path, core, h00=UNREACHABLE, h01=UNREACHABLE)
    given = {"avshift_rollout": {"rings": [2], "gate": {"min_clean": "0%", "max_unreachable": "100%"}}}
    run = fleet.run("migrate", **ALL, **given)
    _counts(run, 6, 0, 2, 0)
    assert fleet.records()["h01"] == ("unknown", "unreachable")
    assert run.code == 2


def test_everybody_out_of_reach_still_gets_the_last_words(tmp_path: Path, core: Path | None) -> None:
    fleet = Fleet(tmp_path, dict.fromkeys(NAMES, UNREACHABLE), core)
    run = fleet.run("migrate", avshift_rollout="100%", **ALL)
    _counts(run, 0, 0, 8, 0)
    assert set(fleet.records().values()) == {("unknown", "unreachable")}
    assert run.code == 2


def test_a_second_run_goes_on_where_the_first_was_ended(tmp_path: Path) -> None:
    fleet = _fleet(tmp_path, None, h00=BROKEN)
    fleet.run("migrate", **ALL)
    fleet.answers("h00", AGENT)
    run = fleet.run("migrate", **ALL)
    _counts(run, 8, 0, 0, 0)
    assert {verdict for verdict, _code in fleet.records().values()} <= {"removed_verified", "never_present"}
    assert run.code == 0


def test_a_stop_file_lets_the_host_that_is_changed_finish_and_starts_no_other(
    tmp_path: Path, each_core: Path | None
) -> None:
    fleet = Fleet(tmp_path, dict.fromkeys(NAMES, AGENT), each_core)
    stop = fleet.out / "STOP"
    fleet.out.mkdir()
    fleet.stops("h00", stop)
    run = fleet.run("migrate", **ALL, avshift_rollout="4", settings={"ANSIBLE_FORKS": "1"})
    _counts(run, 1, 0, 0, 7)
    assert fleet.calls("h00").count("apply real") == 3
    assert [host for host in NAMES[1:] if "apply real" in fleet.calls(host)] == []
    assert [host for host in NAMES[4:] if fleet.calls(host)] == []
    assert _not_started(fleet) == NAMES[1:]
    assert f"The run ended early (stop): {stop.relative_to(tmp_path)} is there" in run.flat
    assert run.code == 2
    stop.unlink()
    (fleet.folder / "hosts" / "h00" / "stops").unlink()
    again = fleet.run("migrate", **ALL, avshift_rollout="4")
    _counts(again, 8, 0, 0, 0)
    assert again.code == 0


def test_a_rollout_is_stopped_with_a_reason_and_allowed_again(tmp_path: Path, core: Path | None) -> None:
    fleet = Fleet(tmp_path, dict.fromkeys(NAMES, AGENT), core)
    assert "avshift_stop_reason: it is empty" in fleet.run("rollout_stop").flat
    assert not fleet.out.exists()
    assert fleet.run("rollout_stop", "--check", avshift_stop_reason="slow mail").code == 0
    assert not fleet.out.exists()
    for reason in ("mail is slow", "another reason"):
        assert fleet.run("rollout_stop", avshift_stop_reason=reason, avshift_stop_by="jane").code == 0
    # Anyone who can write there can put a template into it, which every run treats as text.
    stop = fleet.out / "STOP"
    stop.write_text(stop.read_text(encoding="utf-8").replace("is slow", "is slow {{ 6 * 7 }}"), encoding="utf-8")
    # A plan is still made.
    assert fleet.run("plan", avshift_hosts="all").code == 0
    fleet.forget()
    stopped = fleet.run("migrate", **ALL)
    _counts(stopped, 0, 0, 0, 8)
    assert (fleet.asked(), stopped.code) == ([], 2)
    assert "avshift/STOP is there: jane stopped the rollout at 20" in stopped.flat
    assert ": mail is slow {{ 6 * 7 }}" in stopped.flat
    assert "another reason" not in stopped.flat
    assert "Run avshift.endpoint.rollout_go when hosts may be changed again" in stopped.flat
    for _again in range(2):
        assert fleet.run("rollout_go").code == 0
    assert not stop.exists()
    _counts(fleet.run("migrate", **ALL), 8, 0, 0, 0)


REFUSED = {
    "nobody named a host": ({"avshift_require_approval": False}, ["avshift_hosts", "--limit PATTERN"]),
    "an empty answer of a survey": ({**ALL, "avshift_hosts": " "}, ["avshift_hosts"]),
    "words for rings": ({**ALL, "avshift_rollout": "a few"}, ["avshift_rollout: a few is neither rings nor sizes"]),
    "too many percent": ({**ALL, "avshift_rollout": [1, "150%"]}, ["avshift_rollout.rings[1].size: 150% is more than"]),
    "a key that there is not": (
        {**ALL, "avshift_rollout": {"rigns": []}},
        ["avshift_rollout.rigns: there is no such key"],
    ),
    "a ring that there is not": ({**ALL, "avshift_rings": "late"}, ["avshift_rings: late", "pilot, early, rest"]),
    "waves": ({**ALL, "avshift_waves": "1,2"}, ["avshift_waves: it is not read any more", "avshift_rollout"]),
    "a share that may fail": (
        {**ALL, "avshift_max_fail_percentage": 20},
        ["avshift_max_fail_percentage: it is not read any more", "gate.min_clean and stop_after in avshift_rollout"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused_by_the_variable_s_name_before_a_host_is_asked(
    tmp_path: Path, core: Path | None, name: str
) -> None:
    given, words = REFUSED[name]
    fleet = _fleet(tmp_path, core)
    run = fleet.run("migrate", **given)
    assert run.code != 0
    assert [one for one in words if one not in run.flat] == [], run.text
    assert "Traceback" not in run.text
    assert fleet.asked() == []
    assert not fleet.out.exists()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("avshift_rollout", [4], "it sets the hosts and batches of a play"),
        ("avshift_rings", "pilot", "it sets the hosts and batches of a play"),
        ("avshift_approved_plan", "plan.json", "it sets the hosts and batches of a play"),
        ("avshift_output_dir", "elsewhere", "it sets the hosts and batches of a play"),
        ("endpoint_migrate_max_fail_percentage", 20, "it is not read any more"),
    ],
)
def test_what_only_the_inventory_sets_is_refused(
    tmp_path: Path, core: Path | None, name: str, value: Any, words: str
) -> None:
    fleet = _fleet(tmp_path, core)
    fleet.write_inventory(**{name: value})
    run = fleet.run("migrate", **ALL)
    assert run.code != 0
    assert f"{name}: {words}" in run.flat
    assert fleet.asked() == []


@pytest.mark.parametrize("rollout", ["1,50%", "[1, '50%']"] if FULL else ["1,50%"])
def test_rings_are_taken_as_text(tmp_path: Path, core: Path | None, rollout: str) -> None:
    fleet = _fleet(tmp_path, core)
    run = fleet.run("migrate", **ALL, avshift_rollout=rollout)
    _counts(run, 8, 0, 0, 0)
    assert run.counted("PLAY [Migrate]") == 3


def test_a_limit_names_the_hosts_too(tmp_path: Path, core: Path | None) -> None:
    fleet = _fleet(tmp_path, core)
    run = fleet.run("migrate", "--limit", "h02,h05", avshift_require_approval=False)
    assert run.counted("2 hosts: 2 migrated, 0 failed, 0 unreachable, 0 not started") == 1
    assert fleet.asked() == ["h02", "h05"]
    assert run.code == 0


def test_a_host_whose_variables_are_wrong_has_a_record_and_ends_the_run(tmp_path: Path) -> None:
    fleet = _fleet(tmp_path, None)
    run = fleet.run("migrate", avshift_also_remove={"no": "list"}, **ALL)
    _counts(run, 0, 1, 0, 7)
    assert fleet.asked() == []
    assert fleet.record("h00")["failure"]["message"]
    assert run.code == 2


def test_no_record_of_an_earlier_migration_is_lost_to_a_later_run(tmp_path: Path) -> None:
    fleet = _fleet(tmp_path, None, h00=AGENT, h05=AGENT)
    assert fleet.run("migrate", **ALL).code == 0
    own, before = fleet.record("h05"), fleet.record("h00")
    assert before["outcomes"]
    assert before["verification"]
    for name in ("collect", "after"):
        (tmp_path / "hosts/h00" / name).unlink()
    run = fleet.run("migrate", **ALL)
    # The others were done before, and still are.
    _counts(run, 7, 1, 0, 0)
    assert fleet.record("h05") == own
    assert {**fleet.record("h00"), "failure": None} == before
    assert fleet.records()["h00"] == (before["verdict"], "module_failed")
