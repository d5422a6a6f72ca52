"""What a rollout has kept may be damaged or another's: it is then unknown, and never breaks a run or a summary."""

from __future__ import annotations

import copy
import fcntl
import json
from collections.abc import Iterator
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import rollout
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import divided, folder, gates, schedule, standing
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import look as hosts_look
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout.gates import Seen
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout.progress import seen_of
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout.reading import rules
from plans import case_of, plan_of
from support import REPOSITORY
from test_report_outcome import ran

HOSTS = ["h1", "h2"]
NOW = "2026-05-12T10:00:00Z"
OPTIONS = dict.fromkeys(("stop_file", "require_signature", "allowed_signers", "signer"))
RECORD = json.loads((REPOSITORY / "docs/examples/record-redacted.json").read_text(encoding="utf-8"))
RECORD["host"] = "h1"
ODD: list[Any] = [None, [], {}, "x", 5, True, [1], {"a": 1}, float("nan")]


def _changed(content: dict[str, Any], depth: int = 2) -> Iterator[dict[str, Any]]:
    """Yield a document without each of its keys, and with other things in their places."""
    for key, value in content.items():
        yield {name: one for name, one in content.items() if name != key}
        yield from ({**content, key: odd} for odd in ODD)
        if depth > 1 and isinstance(value, dict):
            yield from ({**content, key: inner} for inner in _changed(value, depth - 1))


def _schedule(home: Path, **groups: Any) -> schedule.Schedule:
    whole = divided.of_hosts(rules({"rings": ["100%"], **groups}), HOSTS, list, lambda _host, _by: ["db"])
    places = {"home": str(home / "rollout"), "records": str(home / "records"), "command": "ansible-playbook x"}
    return schedule.compose("run", whole, schedule.Asked(HOSTS), {host: Seen(host) for host in HOSTS}, **places)


def _look(home: Path, run: str) -> dict[str, Any]:
    return {"home": str(home), "run": run, "ring": "early", "total": 9, "stop_after": "0", "groups": {}}


def test_a_damaged_record_is_that_of_a_host_that_failed() -> None:
    assert seen_of("h1", RECORD).state == gates.DONE
    unreadable = 0
    for record in _changed(RECORD):
        seen = seen_of("h1", copy.deepcopy(record), "", "a plan")
        unreadable += seen.code == "record_unreadable"
        assert seen.window is None or seen.window >= 0.0
        # Every gate can do with it.
        ring = rules({"rings": [1], "gate": {"soak": 5, "max_window": 1}}).rings[0]
        gates.answer(ring, [seen], gates.Known(standing.moment(NOW), frozenset()))
    assert unreadable > 40


def test_a_record_of_another_host_or_kind_of_run_makes_no_host_done() -> None:
    other = seen_of("h2", RECORD)
    assert (other.state, other.message) == (gates.FAILED, "its record is that of h1")
    for mode in ("plan", "verify", "detect"):
        assert seen_of("h1", {**RECORD, "mode": mode}).state == gates.NOT_BEGUN
    foreseen = {**RECORD, "mode": "plan", "verdict": "planned"}
    assert seen_of("h1", foreseen, RECORD["plan"]["digest"], "whole").state == gates.NOT_BEGUN


LOST = {"code": "unreachable", "message": "no route to host"}
STAGED = [{"outcome": "changed"}]


@pytest.mark.parametrize(
    ("outcomes", "failure", "provider", "is_unknown"),
    [
        ({"stage": STAGED}, LOST, "clamav", True),
        ({"stage": []}, {"code": "timed_out", "message": "too slow"}, "clamav", True),
        ({"stage": STAGED}, LOST, "none", False),
        ({"stage": [*STAGED, {"outcome": "failed"}]}, {"code": "package_change", "message": "no"}, "clamav", False),
        ({"stage": [{"outcome": "undone"}]}, {"code": "package_change", "message": "no"}, "clamav", False),
        ({}, LOST, "clamav", False),
        ({"stage": STAGED, "handover": [{"outcome": "changed"}]}, None, "clamav", True),
    ],
)
def test_of_a_host_that_is_lost_in_its_handover_no_window_is_known(
    outcomes: dict[str, Any], failure: dict[str, str] | None, provider: str, is_unknown: bool
) -> None:
    plan = {**RECORD["plan"], "goal": {**RECORD["plan"]["goal"], "provider": provider}}
    seen = seen_of("h1", {**RECORD, "plan": plan, "outcomes": outcomes, "failure": failure, "window_seconds": None})
    assert seen.window_unknown is is_unknown
    gate = {"max_window": 5, "min_clean": "0%", "max_unreachable": "100%", "deny_verdicts": []}
    found = gates.answer(rules({"rings": [1], "gate": gate}).rings[0], [seen], gates.Known(standing.moment(NOW)))
    assert [reason.id for reason in found.reasons] == (["window"] if is_unknown else [])


GONE = runs.of_run("h1", "migrate", {**RECORD["run"], "time": NOW}, {"planned": {"unreachable": True, "msg": "gone"}})


@pytest.mark.parametrize(
    ("state", "record", "is_unknown"),
    [
        (folder.BEGUN, None, True),
        (folder.UNCLEAN, GONE, True),
        (None, {}, True),
        (folder.LOST, GONE, False),
        (None, GONE, False),
        (folder.UNCLEAN, {**GONE, "window_seconds": 2.0}, False),
        (folder.UNCLEAN, {**GONE, "outcomes": {"stage": [{"outcome": "failed"}]}}, False),
        (folder.UNCLEAN, {**GONE, "plan": plan_of(case_of("clean-without-replacement"), "h1")}, False),
    ],
)
def test_of_a_host_whose_change_was_begun_no_window_is_known_unless_its_record_says(
    tmp_path: Path, state: str | None, record: dict[str, Any] | None, is_unknown: bool
) -> None:
    look, home = _look(tmp_path, "run"), tmp_path / "records"
    if state in (folder.BEGUN, folder.UNCLEAN):
        assert folder.begin(look, "h1", NOW) == ""
    if record is not None:
        records.write(records.path_of(str(home), "h1"), record)
    if state == folder.UNCLEAN:
        folder.end(look, "h1", False, lost_at=NOW)
    if state == folder.LOST:
        folder.end({**look, "groups": {"h1": [["cluster", "db", 1, []]]}}, "h1", False, lost_at=NOW)
    assert [mark["state"] for mark in folder.marks(tmp_path).values()] == ([state] if state else [])
    seen = folder.Progress().of(str(home), str(tmp_path), {"h1": ""}, "")["h1"]
    gate = {"max_window": 5, "min_clean": "0%", "max_unreachable": "100%"}
    found = gates.answer(rules({"rings": [1], "gate": gate}).rings[0], [seen], gates.Known(standing.moment(NOW)))
    assert ("window" in [reason.id for reason in found.reasons]) is is_unknown


MARK = {"host": "h1", "run": "run", "state": "begun", "time": NOW, "groups": [["cluster", "db", 1]], "others": []}


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '"x"', *map(json.dumps, _changed(MARK, 1))])
def test_a_damaged_mark_keeps_its_host_and_its_group_away(tmp_path: Path, text: str) -> None:
    made = _schedule(tmp_path, groups=[{"by": "cluster"}])
    look = {
        "home": made.home, "run": "run", "ring": "ring-1", "total": 2, "stop_after": "0",
        "groups": {host: [["cluster", "db", 1, []]] for host in HOSTS},
    }  # fmt: skip
    path = records.path_of(f"{made.home}/{folder.MARKS}/ring-1", "h1")
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    is_mark = folder._is_mark(json.loads(text), path) if text.startswith('{"') else False
    if not is_mark:
        assert folder.begin(look, "h2", NOW) == "no more hosts with cluster db may be away at once: h1"
        seen = folder.Progress().of(made.records, made.home, dict.fromkeys(HOSTS, ""), "")
        assert seen["h1"].state == gates.INTERRUPTED
    # The host itself is begun again, and its mark is whole then.
    assert folder.begin(look, "h1", NOW) == ""
    folder.end(look, "h1", True)
    assert folder.begin(look, "h2", NOW) == ""


@pytest.mark.parametrize("is_begun", [True, False])
def test_a_mark_of_an_earlier_plan_s_ring_goes_with_the_host_s_own(tmp_path: Path, is_begun: bool) -> None:
    made = _schedule(tmp_path, groups=[{"by": "cluster"}])
    look = {"home": made.home, "run": "run", "total": 2, "stop_after": "0", "groups": {}}
    (tmp_path / "rollout").mkdir()
    assert folder.begin({**look, "ring": "early"}, "h1", NOW) == ""
    if is_begun:
        assert folder.begin({**look, "ring": "pilot"}, "h1", NOW) == ""
        assert [path.parent.name for path in (tmp_path / "rollout").rglob("h1.json")] == ["pilot"]
    folder.end({**look, "ring": "pilot"}, "h1", True)
    assert folder.marks(tmp_path / "rollout") == {}


@pytest.mark.parametrize("has_begun", [False, True], ids=["is refused before it begins", "is refused by the host"])
def test_the_mark_of_the_run_at_work_is_left_to_it(tmp_path: Path, has_begun: bool) -> None:
    """A second run starts with the host, since it counts as interrupted, and changes nothing on it."""
    home, first, second = tmp_path, _look(tmp_path, "first"), _look(tmp_path, "second")
    assert folder.begin(first, "h1", NOW) == ""
    if has_begun:
        assert folder.begin(second, "h1", NOW) == ""
    else:
        folder.end(second, "h1", False)
        folder.end(second, "h1", False, lost_at=NOW)
    assert folder.marks(home)["h1"]["state"] == folder.BEGUN
    assert folder.threshold(second) == ""
    # The first one changed it, and it is not clean; then a third one makes it clean.
    folder.end(first, "h1", False)
    assert folder.threshold(first) != ""
    assert folder.threshold(second) == ""
    folder.end(_look(home, "third"), "h1", True)
    assert folder.marks(home) == {}


def test_a_mark_is_not_ended_while_another_controller_decides(tmp_path: Path) -> None:
    look = _look(tmp_path, "run")
    assert folder.begin(look, "h1", NOW) == ""
    with (tmp_path / folder.LOCK).open("w", encoding="utf-8") as lock, ThreadPoolExecutor(1) as other:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = other.submit(folder.end, look, "h1", True)
        with pytest.raises(futures.TimeoutError):
            ended.result(0.3)
        assert list(folder.marks(tmp_path)) == ["h1"]
        fcntl.flock(lock, fcntl.LOCK_UN)
        ended.result(9)
    assert folder.marks(tmp_path) == {}


def test_a_damaged_run_is_none(tmp_path: Path) -> None:
    made = _schedule(tmp_path, groups=[{"by": "cluster"}])
    path = tmp_path / "run.json"
    folder.save(path, made)
    assert folder.saved(path) == made
    refused = 0
    for content in _changed(made.to_json()):
        path.write_text(json.dumps(content), encoding="utf-8")
        found = folder.saved(path)
        refused += found is None
        if found is not None:
            assert rollout.last_words(standing.of(found, OPTIONS, NOW))
    assert refused > 40


def test_a_run_on_a_few_hosts_keeps_the_whole_rings_for_the_standing(tmp_path: Path) -> None:
    whole = divided.of_hosts(rules({"rings": [1]}), HOSTS, list, lambda _host, _by: [])
    seen = {host: Seen(host) for host in HOSTS}
    places = {"home": str(tmp_path), "records": str(tmp_path / "records")}
    few = schedule.compose("run", whole, schedule.Asked(["h1"], ["h1"]), seen, **places)
    every = schedule.compose("run", whole, schedule.Asked(HOSTS), seen, **places)
    assert ([one["hosts"] for one in few.divided.rings], few.whole, every.whole) == ([["h1"], []], whole.rings, [])
    for made in (few, every):
        folder.save(tmp_path / "run.json", made)
        found = folder.saved(tmp_path / "run.json")
        assert found is not None
        assert found == made
        assert (found.with_all().divided.rings, found.with_all().everyone) == (whole.rings, HOSTS)
        assert standing.of(found.with_all(), OPTIONS, NOW).seen == seen
        for odd in (whole.rings[:1], [{"name": "x", "hosts": []}] * 2, [{"name": "pilot", "hosts": [1]}] * 2, "x"):
            (tmp_path / "run.json").write_text(json.dumps({**made.to_json(), "whole": odd}), encoding="utf-8")
            assert folder.saved(tmp_path / "run.json") is None


def _in_windows(home: Path, **window: Any) -> schedule.Schedule:
    return _schedule(home, windows=[{"zone": "UTC", **window}], host_time_limit=30)


def test_a_window_that_closes_too_soon_says_when_the_next_one_opens(tmp_path: Path) -> None:
    made = _in_windows(tmp_path, days="tue", start="09:00", end="10:15")
    found = schedule.open_answer(made, standing.moment(NOW))
    assert [reason.id for reason in found.reasons] == ["window_closing"]
    assert found.text.endswith("(host_time_limit), the next opening is at 2026-05-19T09:00:00Z")
    told = rollout.last_words(standing.Standing(made, {host: Seen(host) for host in HOSTS}, found))
    assert "Not before 2026-05-19T09:00:00Z." in told


def test_a_window_that_closes_after_the_gate_has_looked_is_closed_for_hosts(tmp_path: Path) -> None:
    made = _in_windows(tmp_path, start="09:00", end="10:00")
    look = schedule.look(made, 0, HOSTS, {}, standing.moment(NOW))
    with pytest.raises(AvshiftError, match="it was not started: no window is open"):
        hosts_look.refuse(look, None, "h1", NOW)


def test_a_machine_that_is_done_checks_itself_at_any_time(tmp_path: Path) -> None:
    made = schedule.alone(_in_windows(tmp_path, start="09:00", end="10:15").divided, "run", "home", "records")
    for now in ("2026-05-12T08:00:00Z", NOW, "2026-05-12T11:00:00Z"):
        hosts_look.refuse(schedule.look_alone(made, "h1", {}, standing.moment(now), is_done=True), None, "h1", now)
        with pytest.raises(AvshiftError, match="it was not started"):
            hosts_look.refuse(schedule.look_alone(made, "h1", {}, standing.moment(now)), None, "h1", now)


def test_a_host_of_a_group_that_is_lost_in_its_change_is_away_once(tmp_path: Path) -> None:
    hosts = ["h1", "h2", "h3"]
    whole = divided.of_hosts(
        rules({"rings": ["100%"], "groups": {"by": "cluster", "at_once": 2}}), hosts, list, lambda _host, _by: ["db"]
    )
    seen = {host: Seen(host) for host in hosts}
    made = schedule.compose("run", whole, schedule.Asked(hosts), seen, home=str(tmp_path), records=str(tmp_path))

    def begun(host: str) -> str:
        return folder.begin(schedule.look(made, 0, hosts, seen, standing.moment(NOW)), host, NOW)

    assert begun("h1") == ""
    seen["h1"] = Seen("h1", gates.UNREACHABLE)
    assert begun("h2") == ""
    assert begun("h3") == "no more hosts with cluster db may be away at once: h1, h2"
    assert begun("h1") == ""


def test_a_host_of_a_group_that_one_controller_did_not_reach_is_away_for_all(tmp_path: Path) -> None:
    """Slices begin at the same time: what one of them finds out stands in no record that another has looked at."""
    made = _schedule(tmp_path, groups=[{"by": "cluster", "at_once": 1}])
    (tmp_path / "rollout").mkdir()
    seen = {host: Seen(host) for host in HOSTS}
    look = schedule.look(made, 0, HOSTS, seen, standing.moment(NOW))
    folder.end(look, "h1", False, lost_at=NOW)
    assert folder.begin(look, "h2", NOW) == "no more hosts with cluster db may be away at once: h1"
    # It was not changed: it is neither interrupted nor counted for the ring's threshold.
    assert folder.threshold(look) == ""
    assert {one.state for one in standing.of(made, OPTIONS, NOW).seen.values()} == {gates.NOT_BEGUN}
    folder.end(look, "h1", False, lost_at=NOW)
    # It answers again, and is refused, under another plan by which it is in another ring.
    folder.end({**look, "ring": "early"}, "h1", False)
    assert folder.marks(tmp_path / "rollout") == {}
    assert folder.begin(look, "h2", NOW) == ""
    folder.end(look, "h2", False, lost_at=NOW)
    assert folder.marks(tmp_path / "rollout")["h2"]["state"] == folder.UNCLEAN
    folder.end({**look, "groups": {}}, "h3", False, lost_at=NOW)
    assert list(folder.marks(tmp_path / "rollout")) == ["h2"]


def test_a_host_that_was_not_reached_comes_last_unless_its_group_waits_for_it() -> None:
    hosts = [f"h{number}" for number in range(6)]
    group_of = {"h1": "db", "h3": "db", "h2": "web", "h4": "web", "h5": "web"}
    limit = {"rings": ["100%"], "groups": [{"by": "cluster", "at_once": 1}]}
    whole = divided.of_hosts(rules(limit), hosts, list, lambda host, _by: [group_of[host]] if host in group_of else [])
    whole.groups[1]["at_once"] = 2
    seen = {host: Seen(host, gates.UNREACHABLE if host in ("h0", "h3", "h4") else gates.NOT_BEGUN) for host in hosts}
    made = schedule.compose("run", whole, schedule.Asked(hosts), seen, home="", records="")
    # Of db only one may be away, and that is h3; of web another one may start beside h4.
    assert [batch["hosts"] for batch in made.batches] == [["h3", "h2", "h5", "h0"], ["h1", "h4"]]


def test_rings_that_a_run_passes_over_are_named_until_they_are_done() -> None:
    hosts = [f"h{number}" for number in range(6)]
    whole = divided.of_hosts(rules({"rings": [1, 2]}), hosts, list, lambda _host, _by: [])
    seen = {host: Seen(host) for host in hosts}

    def passed_over(meant: list[str] | None) -> list[str]:
        asked = schedule.Asked(meant or hosts, meant)
        return schedule.passed_over(whole, schedule.compose("run", whole, asked, seen, home="", records=""), seen)

    assert passed_over(None) == passed_over(["h0", "h5"][:1]) == []
    assert passed_over(["h0", "h5"]) == []
    assert passed_over(["h4", "h5"]) == ["pilot", "ring-2"]
    seen["h0"] = Seen("h0", gates.DONE)
    assert passed_over(["h4", "h5"]) == ["ring-2"]


def test_the_standing_is_whole_while_controllers_write_and_no_group_has_too_many_away(tmp_path: Path) -> None:
    hosts = [f"h{number}" for number in range(9)]
    limit = {"rings": ["100%"], "groups": {"by": "cluster", "at_once": 2}}
    whole = divided.of_hosts(rules(limit), hosts, list, lambda _host, _by: ["db"])
    seen = {host: Seen(host) for host in hosts}
    places = {"home": str(tmp_path / "rollout"), "records": str(tmp_path / "records"), "command": "x"}
    made = schedule.compose("run", whole, schedule.Asked(hosts), seen, **places)
    away, most, told = set[str](), [0], ran("full", "host")

    def work(mine: list[str]) -> None:
        for host in mine * 8:
            look = schedule.look(made, 0, [host], seen, standing.moment(NOW))
            if folder.begin(look, host, NOW):
                continue
            away.add(host)
            most[0] = max(most[0], len(away))
            records.write(records.path_of(made.records, host), {**told, "host": host})
            away.discard(host)
            folder.end(look, host, True)

    with ThreadPoolExecutor(3) as controllers:
        left = [controllers.submit(work, hosts[first::3]) for first in range(3)]
        while not all(one.done() for one in left):
            found = standing.of(made, OPTIONS, NOW)
            states = {one.state for one in found.seen.values()}
            assert states <= {gates.DONE, gates.NOT_BEGUN, gates.INTERRUPTED}
            assert all(one.message == "" or NOW in one.message for one in found.seen.values())
            assert rollout.last_words(found)
        for one in left:
            one.result()
    assert most[0] <= 2
    assert folder.marks(Path(made.home)) == {}
