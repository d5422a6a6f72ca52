"""Whether the next ring starts, and what the summary of a run says."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import rollout
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import divided, gates, schedule, standing
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout.gates import Answer, Known, Reason, Seen, answer
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout.reading import rules
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout.standing import Standing
from hypothesis import given
from hypothesis import strategies as st
from schemas import problems

NOW = datetime(2026, 5, 12, 10, 0, tzinfo=timezone.utc)
HOSTS = [f"h{number:02}" for number in range(12)]
RUN = {"change_id": "", "time": "2026-01-01T00:00:00Z", "collection_version": "0.1.0", "catalog_digest": "0" * 64}
DRIFT = "Carrying out the plan: h00: kesl was 1, is now 2. Have it approved."


def _seen(state: str, host: str = "h00", **more: Any) -> Seen:
    return Seen(host, state, **{"verdict": "removed_verified" if state == gates.DONE else "", **more})


def _several(done: int, failed: int = 0, gone: int = 0, left: int = 0) -> list[Seen]:
    states = [gates.DONE] * done + [gates.FAILED] * failed + [gates.UNREACHABLE] * gone + [gates.NOT_BEGUN] * left
    return [_seen(state, f"h{number:03}") for number, state in enumerate(states)]


def _answer(hosts: list[Seen], known: Known | None = None, **gate: Any) -> Answer:
    ring = rules({"rings": [{"name": "pilot", "size": 1, "gate": gate}]}).rings[0]
    return answer(ring, hosts, known or Known(NOW))


LOOSE: dict[str, Any] = {"min_clean": "0%", "max_unreachable": "100%"}
# The state of a ring, what its gate requires, its answer, and the IDs of its reasons.
SITUATIONS: list[tuple[list[Seen], dict[str, Any], str, list[str]]] = [
    ([], {}, "continue", []),
    (_several(1), {}, "continue", []),
    (_several(0, failed=1), {}, "stop", ["share_clean"]),
    (_several(0, gone=1), {}, "wait", ["share_clean", "unreachable"]),
    (_several(0, left=1), {}, "wait", ["ring_not_finished", "share_clean"]),
    (_several(95, failed=5), {"min_clean": "95%"}, "continue", []),
    (_several(94, failed=6), {"min_clean": "95%"}, "stop", ["share_clean"]),
    (_several(94, failed=5, gone=1), {"min_clean": "95%"}, "wait", ["share_clean"]),
    (_several(94, failed=4, gone=2), {"min_clean": "94%"}, "continue", []),
    (_several(90, gone=10), {"min_clean": "90%"}, "continue", []),
    (_several(89, gone=11), {"min_clean": "80%"}, "wait", ["unreachable"]),
    (_several(3, failed=2), {"min_clean": 3}, "continue", []),
    (_several(2), {"min_clean": 3}, "continue", []),
    ([_seen(gates.FORECAST), *_several(0, failed=1)], {}, "stop", ["share_clean"]),
    ([_seen(gates.FORECAST)], {}, "continue", []),
    ([_seen(gates.DONE, window=6.5)], {"max_window": 6}, "stop", ["window"]),
    ([_seen(gates.DONE, window=6.0)], {"max_window": 6}, "continue", []),
    ([_seen(gates.DONE, window_unknown=True)], {"max_window": 6}, "wait", ["window"]),
    ([_seen(gates.DONE, window_unknown=True)], {}, "continue", []),
    ([_seen(gates.FAILED, verdict="rolled_back")], LOOSE, "stop", ["verdict_denied"]),
    ([_seen(gates.FAILED, verdict="rolled_back")], {**LOOSE, "deny_verdicts": []}, "continue", []),
    ([_seen(gates.UNREACHABLE, verdict="rolled_back")], LOOSE, "stop", ["verdict_denied"]),
    (
        [_seen(gates.FAILED, verdict="unknown")],
        {**LOOSE, "deny_verdicts": "unknown, failed"},
        "stop",
        ["verdict_denied"],
    ),
    (
        [_seen(gates.DONE, verdict="removed_with_inert_residue")],
        {"deny_verdicts": "removed_with_inert_residue"},
        "stop",
        ["verdict_denied"],
    ),
    ([_seen(gates.UNREACHABLE, verdict="unknown")], {**LOOSE, "deny_verdicts": "unknown"}, "continue", []),
    ([_seen(gates.DONE, ended="2026-05-12T09:30:00Z")], {"soak": 30}, "continue", []),
    ([_seen(gates.DONE, ended="2026-05-12T09:30:01Z")], {"soak": 30}, "wait", ["soak"]),
    ([_seen(gates.UNREACHABLE, ended="2026-05-12T09:59:00Z")], {**LOOSE, "soak": 30}, "continue", []),
    (_several(1), {"approval": "stop"}, "wait", ["next_ring_not_named"]),
    (_several(1), {"approval": "file"}, "wait", ["approval"]),
    (_several(0, failed=1), {"approval": "file"}, "stop", ["share_clean"]),
]


@pytest.mark.parametrize(("hosts", "gate", "word", "ids"), SITUATIONS)
def test_a_gate_continues_waits_or_stops(hosts: list[Seen], gate: dict[str, Any], word: str, ids: list[str]) -> None:
    found = _answer(hosts, **gate)
    assert (found.word, [reason.id for reason in found.reasons]) == (word, ids)


def test_a_preflight_result_that_no_host_had_when_it_was_planned_stops() -> None:
    hosts = [_seen(gates.DONE, checks=frozenset(["known", "new"]))]
    known = Known(NOW, frozenset(["known"]))
    found = _answer(hosts, known)
    assert (found.word, found.text) == (
        "stop",
        "new was found in ring pilot, hosts: 1 (h00), and on none when it was planned",
    )
    assert _answer(hosts, known, deny_new_checks=False).word == "continue"
    assert _answer(hosts, Known(NOW)).word == "continue"


def test_a_person_s_word_counts_once_it_is_given() -> None:
    assert _answer(_several(1), Known(NOW, is_named=True), approval="stop").word == "continue"
    assert _answer(_several(1), Known(NOW, word=lambda _ring: ""), approval="file").word == "continue"


def test_a_soak_says_until_when() -> None:
    found = _answer([_seen(gates.DONE, ended="2026-05-12T09:59:00Z")], soak=30)
    assert found.until == NOW + timedelta(minutes=29)


@given(
    counts=st.tuples(*[st.integers(0, 20)] * 4),
    percent=st.integers(0, 100),
    unreachable=st.integers(0, 100),
)
def test_it_continues_only_if_enough_of_the_intended_hosts_are_clean(
    counts: tuple[int, int, int, int], percent: int, unreachable: int
) -> None:
    done, failed, gone, left = counts
    found = _answer(_several(*counts), min_clean=f"{percent}%", max_unreachable=f"{unreachable}%")
    total = sum(counts)
    if found.word == "continue":
        assert done * 100 >= percent * total
        assert gone * 100 <= unreachable * total
        assert not left
    if found.word == "stop":
        # Not even if everything that is open succeeds.
        assert (total - failed) * 100 < percent * total


def _standing(seen: list[Seen], held: Answer | None = None, dry_run: bool = False) -> Standing:
    whole = divided.of_hosts(rules(None), HOSTS, list, lambda _host, _by: [])
    places = {"home": "avshift/rollout", "records": "avshift/records", "command": "ansible-playbook x"}
    made = schedule.compose("run", whole, schedule.Asked(HOSTS), {host: Seen(host) for host in HOSTS}, **places)
    known = {**{host: Seen(host) for host in HOSTS}, **{one.host: one for one in seen}}
    return Standing(made, known, held or Answer(), dry_run)


REFUSED = Seen("h00", gates.FAILED, "refused", "plan_drifted", DRIFT)
STOPPED = Answer((Reason("share_clean", "stop", "0 of 1 hosts of ring pilot are clean"),))


@given(states=st.lists(st.sampled_from(gates.STATES), max_size=12), dry_run=st.booleans())
def test_the_last_words_count_every_host_once(states: list[str], dry_run: bool) -> None:
    seen = [_seen(state, host) for host, state in zip(HOSTS, states, strict=False)]
    lines = rollout.last_words(_standing(seen, dry_run=dry_run))
    counted = next(line for line in lines if line.startswith("12 hosts: "))
    assert sum(int(part.split()[0]) for part in counted.partition(": ")[2].split(", ")) == 12
    assert f"{states.count(gates.UNREACHABLE)} unreachable" in counted
    assert lines[-1] != counted, "what to do is missing"


def test_the_last_words_say_why_what_to_do_and_how_to_go_on() -> None:
    lines = rollout.last_words(_standing([REFUSED], STOPPED))
    text = "\n".join(lines)
    assert "plan_drifted: kesl was 1, is now 2" in text
    assert "12 hosts: 0 migrated, 1 failed, 0 unreachable, 11 not started" in text
    assert "The run ended early (stop): 0 of 1 hosts of ring pilot are clean." in text
    assert "avshift/records" in text
    assert "Hosts that were not started are unchanged." in text
    assert lines[-1] == "To go on: ansible-playbook x"


@pytest.mark.parametrize(
    ("reason", "last"),
    [
        (
            Reason("stop_file", "stop", "jane stopped it"),
            ["Run avshift.endpoint.rollout_go when hosts may be changed again, and then this run again."],
        ),
        (Reason("soak", "wait", "it soaks", NOW), ["Not before 2026-05-12T10:00:00Z."]),
    ],
)
def test_what_has_to_come_first_stands_before_the_command(reason: Reason, last: list[str]) -> None:
    lines = rollout.last_words(_standing([_seen(gates.DONE)], Answer((reason,))))
    assert lines[-2:] == [*last, "To go on: ansible-playbook x"]


def test_the_next_ring_is_named_where_a_person_starts_it() -> None:
    held = Answer((Reason("next_ring_not_named", "wait", "a person starts it"),))
    lines = rollout.last_words(_standing([_seen(gates.DONE)], held))
    assert lines[-1] == "To go on: ansible-playbook x -e avshift_rings=early"


def test_the_last_words_of_a_rehearsal_say_that_nothing_was_changed() -> None:
    seen = [REFUSED, *(_seen(gates.DONE, host) for host in HOSTS[1:])]
    text = "\n".join(rollout.last_words(_standing(seen, STOPPED, dry_run=True)))
    assert "11 would be migrated, 1 would fail" in text
    assert "Nothing was changed.\nThe real run would end early (stop): 0 of 1 hosts of ring pilot" in text
    assert "avshift/records" not in text
    assert "To go on" not in text


FAILURES = {gates.FAILED: ("refused", "plan_drifted"), gates.UNREACHABLE: ("unknown", "unreachable")}


@pytest.mark.parametrize(
    ("earlier", "results", "fails"),
    [
        # What a record of an earlier run says makes no task of this one fail.
        ([gates.FAILED, gates.NOT_BEGUN], {}, True),
        ([gates.DONE, gates.UNREACHABLE], {}, True),
        ([gates.FAILED, gates.NOT_BEGUN], {"h00": True}, True),
        # All are done, and this run was to look at them again.
        ([gates.DONE, gates.DONE], {}, True),
        ([gates.DONE, gates.DONE], {"h00": True, "h01": True}, False),
        ([gates.DONE, gates.NOT_BEGUN], {"h01": True}, False),
        ([gates.DONE, gates.FORECAST], {}, False),
        # The task of a host that failed in this run fails by itself.
        ([gates.DONE, gates.NOT_BEGUN], {"h01": False}, False),
    ],
)
def test_a_run_that_started_not_all_hosts_fails_and_says_what_holds_it_up(
    tmp_path: Path, earlier: list[str], results: dict[str, bool], fails: bool
) -> None:
    hosts, stop = HOSTS[:2], tmp_path / "STOP"
    stop.touch()
    whole = divided.of_hosts(rules({"rings": [1]}), hosts, list, lambda _host, _by: [])
    known = {host: Seen(host, state) for host, state in zip(hosts, earlier, strict=True)}
    places = {"home": str(tmp_path / "rollout"), "records": str(tmp_path / "records"), "command": "x"}
    made = schedule.compose("run", whole, schedule.Asked(hosts), known, **places)
    for host, seen in known.items():
        if seen.state != gates.NOT_BEGUN:
            verdict, code = FAILURES.get(seen.state, ("never_present", "windows_forecast_only"))
            failure = None if seen.state == gates.DONE else {"code": code, "message": DRIFT}
            record = records.compose(host, "migrate", RUN, verdict, failure=failure)
            records.write(records.path_of(made.records, host), record)
    told = {host: {"success": well, "verdict": "x", "failure": None} for host, well in results.items()}
    newer = {host: rollout.seen_in(host, result) for host, result in told.items()}
    options = {"stop_file": str(stop), **dict.fromkeys(("require_signature", "allowed_signers", "signer"))}
    found = standing.of(made, options, "2026-05-12T10:00:00Z", newer)
    assert bool(rollout.missing(found)) is fails
    if fails:
        assert [reason.id for reason in found.answer.reasons] == ["stop_file"]


def test_hostile_words_do_no_harm() -> None:
    bad = Seen("h00", gates.FAILED, "unknown", "x\x1b[2J", "\x1b]0;x\x07\n")
    assert "\x1b" not in "".join(rollout.last_words(_standing([bad])))


def test_a_host_that_was_not_started_has_a_record_that_says_so() -> None:
    record = runs.not_started("h07", RUN, "1 of 1 hosts of ring pilot failed")
    assert problems("record", record) == []
    assert (record["verdict"], record["failure"]["code"]) == ("unknown", "not_begun")
    assert "h07: it was not started: 1 of 1 hosts of ring pilot failed" in record["failure"]["message"]


def test_no_record_of_a_host_s_own_is_written_over(tmp_path: Any) -> None:
    own = {**runs.not_started("h00", RUN, "x"), "verification": {"collected": {}, "proof": None}}
    path = records.path_of(str(tmp_path), "h00")
    records.write(path, own)
    assert not records.write_silent(str(tmp_path), runs.not_started("h00", RUN, "y"))
    assert records.read_one(path)[0] == own
    assert records.write_silent(str(tmp_path), runs.not_started("h01", RUN, "y"), dry_run=True)
    assert not records.path_of(str(tmp_path), "h01").exists()
    assert records.write_silent(str(tmp_path), runs.not_started("h01", RUN, "y"))
    assert records.write_silent(str(tmp_path), runs.not_started("h01", RUN, "z"))


def test_a_record_that_cannot_be_read_is_not_written_over(tmp_path: Any) -> None:
    path = records.path_of(str(tmp_path), "h00")
    path.write_text("{", encoding="utf-8")
    assert not records.write_silent(str(tmp_path), runs.not_started("h00", RUN, "y"))
    assert path.read_text(encoding="utf-8") == "{"
