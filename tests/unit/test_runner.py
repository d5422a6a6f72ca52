"""Check mode, changed and rollback are decided as the plan promises."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply import announce, main, runner
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import own_journal, run_lock


class Host:
    """A host on which steps are names of things that are there."""

    def __init__(self) -> None:
        self.there: set[str] = set()
        self.calls: list[tuple[str, str]] = []


class Kind:
    """A kind of step that works; ``brings`` are things that come along. Its host is in the test's memory."""

    IN_RUN = True

    def __init__(self, host: Host) -> None:
        self.host = host

    def look(self, target: dict[str, Any]) -> bool:
        return target["thing"] in self.host.there

    def do(self, target: dict[str, Any]) -> dict[str, Any] | None:
        self.host.calls.append(("do", target["thing"]))
        self.host.there |= {target["thing"], *target.get("brings", ())}
        return target.get("facts")

    def undo(self, target: dict[str, Any]) -> None:
        self.host.calls.append(("undo", target["thing"]))
        if target.get("undo_fails"):
            raise EndpointError("x", "Undoing", target["thing"], "no", "Look.")
        self.host.there.discard(target["thing"])


class FailsHalfWay(Kind):
    """A kind that changes something and then fails."""

    HALF_WAY = True

    def do(self, target: dict[str, Any]) -> dict[str, Any] | None:
        super().do(target)
        raise target["error"]

    def undone_last(self, target: dict[str, Any]) -> bool:
        return bool(target.get("last"))


class Fails(Kind):
    """A kind that cannot be done."""

    def do(self, target: dict[str, Any]) -> dict[str, Any] | None:
        raise target["error"]


class WithoutEffect(Kind):
    """A kind that succeeds and has done nothing."""

    def do(self, target: dict[str, Any]) -> dict[str, Any] | None:
        return None


class Proof(Kind):
    """A kind that tests and changes nothing; it is never done."""

    CHANGES = False

    def look(self, target: dict[str, Any]) -> bool:
        return False

    def do(self, target: dict[str, Any]) -> dict[str, Any] | None:
        self.host.calls.append(("do", target["thing"]))
        return {"checks": []}


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    """Return a host whose kinds of step are `works`, `fails`, `no_effect` and `proof`."""
    made = Host()
    kinds = {
        "works": Kind(made),
        "fails": Fails(made),
        "half": FailsHalfWay(made),
        "no_effect": WithoutEffect(made),
        "proof": Proof(made),
        "file": Kind(made),
    }
    monkeypatch.setattr(runner, "KINDS", kinds)
    return made


def _step(thing: str, kind: str = "works", undo: str = "It is taken back.", **target: Any) -> dict[str, Any]:
    return {"id": thing, "kind": kind, "undo": undo, "target": {"thing": thing, **target}}


def _outcomes(result: dict[str, Any]) -> dict[str, str]:
    return {outcome["id"]: outcome["outcome"] for outcome in result["outcomes"]}


def test_steps_are_done_in_order_and_those_done_before_are_not(host: Host) -> None:
    host.there.add("b")
    steps = [_step("a", facts={"n": 1}), _step("b"), _step("c")]
    pending = runner.pending_of(steps)
    result = runner.carry_out(steps, pending, False)
    assert pending == ["a", "c"]
    assert host.calls == [("do", "a"), ("do", "c")]
    assert _outcomes(result) == {"a": "changed", "b": "already", "c": "changed"}
    assert (result["changed"], result["failure"], result["outcomes"][0]["facts"]) == (True, None, {"n": 1})


def test_second_run_changes_nothing(host: Host) -> None:
    steps = [_step("a"), _step("b")]
    runner.carry_out(steps, runner.pending_of(steps), False)
    host.calls.clear()
    result = runner.carry_out(steps, runner.pending_of(steps), False)
    assert (result["changed"], host.calls) == (False, [])
    assert set(_outcomes(result).values()) == {"already"}


def test_check_mode_does_nothing_and_says_what_would_be(host: Host) -> None:
    steps = [_step("a", brings=["b"]), _step("b"), _step("c", kind="fails"), _step("p", kind="proof")]
    result = runner.carry_out(steps, runner.pending_of(steps), True)
    assert (host.calls, host.there) == ([], set())
    assert _outcomes(result) == {"a": "would_change", "b": "would_change", "c": "would_change", "p": "already"}
    assert (result["changed"], result["failure"]) == (True, None)


def test_step_that_an_earlier_one_brought_about_counts_as_changed(host: Host) -> None:
    steps = [_step("a", brings=["b"]), _step("b")]
    result = runner.carry_out(steps, runner.pending_of(steps), False)
    assert host.calls == [("do", "a")]
    assert _outcomes(result) == {"a": "changed", "b": "changed"}


def test_pending_of_an_earlier_part_still_counts(host: Host) -> None:
    host.there.add("b")
    assert _outcomes(runner.carry_out([_step("b")], ["a", "b"], False)) == {"b": "changed"}
    assert host.calls == []


def test_a_unit_whose_file_is_still_to_be_written_is_pending_too(host: Host) -> None:
    """It runs with its files as they are; nothing but the plan knows that one of them changes."""
    host.there |= {"u", "other"}
    units = [_step("u", newer_than=["/etc/a", "/etc/b"]), _step("other", newer_than=["/etc/c"])]
    file = _step("f", kind="file", path="/etc/b")
    assert runner.pending_of([file, *units]) == ["f", "u"]
    host.there.add("f")
    assert runner.pending_of([file, *units]) == []


def test_failure_takes_back_in_reverse_and_leaves_the_rest_untouched(host: Host) -> None:
    error = EndpointError("no_room", "Writing", "x", "disk full.", "Free space.")
    steps = [_step("a"), _step("b"), _step("kept", undo=""), _step("f", kind="fails", error=error), _step("z")]
    result = runner.carry_out(steps, runner.pending_of(steps), False)
    assert host.calls == [("do", "a"), ("do", "b"), ("do", "kept"), ("undo", "b"), ("undo", "a")]
    assert host.there == {"kept"}
    assert _outcomes(result) == {"a": "undone", "b": "undone", "kept": "changed", "f": "failed", "z": "untouched"}
    failure = {"step": "f", "code": "no_room", "message": "Writing: x: disk full. Free space.", "undone": ["b", "a"]}
    assert result["failure"] == failure


def test_step_that_failed_half_way_is_taken_back_too(host: Host) -> None:
    steps = [_step("a"), _step("h", kind="half", error=OSError("no"))]
    result = runner.carry_out(steps, runner.pending_of(steps), False)
    assert host.calls == [("do", "a"), ("do", "h"), ("undo", "h"), ("undo", "a")]
    assert (host.there, _outcomes(result)) == (set(), {"a": "undone", "h": "failed"})


def test_what_needs_the_others_taken_back_is_undone_last(host: Host) -> None:
    steps = [_step("a"), _step("h", kind="half", error=OSError("no"), last=True)]
    runner.carry_out(steps, runner.pending_of(steps), False)
    assert host.calls[-2:] == [("undo", "a"), ("undo", "h")]


def test_step_that_was_there_before_is_not_taken_back(host: Host) -> None:
    host.there.add("a")
    steps = [_step("a"), _step("f", kind="fails", error=OSError("no"))]
    runner.carry_out(steps, runner.pending_of(steps), False)
    assert host.calls == []
    assert host.there == {"a"}


def test_one_that_cannot_be_taken_back_does_not_keep_the_others_from_it(host: Host) -> None:
    steps = [_step("a"), _step("b", undo_fails=True), _step("f", kind="fails", error=OSError("no"))]
    result = runner.carry_out(steps, runner.pending_of(steps), False)
    assert host.calls[-2:] == [("undo", "b"), ("undo", "a")]
    assert _outcomes(result) == {"a": "undone", "b": "changed", "f": "failed"}
    assert result["outcomes"][1]["facts"]["not_undone"] == "Undoing: b: no. Look."
    assert (result["failure"]["undone"], result["changed"]) == (["a"], True)


def test_facts_of_a_failure_are_kept(host: Host) -> None:
    error = EndpointError("handover_failed", "Handing over", "x", "no", "Look.")
    vars(error)["facts"] = {"old_is_back": True}
    result = runner.carry_out([_step("f", kind="fails", error=error)], ["f"], False)
    assert result["outcomes"][0]["facts"] == {"old_is_back": True}


def test_step_that_ends_well_without_effect_is_an_error(host: Host) -> None:
    result = runner.carry_out([_step("a"), _step("n", kind="no_effect")], ["a", "n"], False)
    assert result["failure"]["code"] == "step_without_effect"
    assert _outcomes(result) == {"a": "undone", "n": "failed"}


def test_proof_is_never_a_change(host: Host) -> None:
    steps = [_step("p", kind="proof")]
    result = runner.carry_out(steps, runner.pending_of(steps), False)
    assert (result["changed"], _outcomes(result)) == (False, {"p": "proved"})
    assert host.calls == [("do", "p")]


def test_system_s_own_error_is_a_failure_with_a_code(host: Host) -> None:
    result = runner.carry_out([_step("f", kind="fails", error=PermissionError(13, "denied"))], ["f"], False)
    assert (result["failure"]["code"], result["failure"]["step"]) == ("system_error", "f")
    assert result["failure"]["message"].startswith("Carrying out a step: f: ")
    assert "denied" in result["failure"]["message"]


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep this machine's lock out of it."""
    monkeypatch.setattr(run_lock, "PATH", str(tmp_path / "lock"))


def _of_part(part: str, thing: str, kind: str = "works", **target: Any) -> dict[str, Any]:
    return {**_step(thing, kind, **target), "part": part}


@pytest.mark.usefixtures("unlocked")
def test_all_parts_in_one_go_are_what_they_are_one_by_one(host: Host) -> None:
    host.there.add("b")
    steps = [_of_part("stage", "a", brings=["c"]), _of_part("handover", "b"), _of_part("remove", "c")]
    result = main.main({"steps": steps, "parts": ["stage", "handover", "remove"], "pending": None}, False)
    assert _outcomes(result) == {"a": "changed", "b": "already", "c": "changed"}
    assert (result["changed"], result["pending"], result["failure"]) == (True, ["a", "c"], None)


@pytest.mark.usefixtures("unlocked")
@pytest.mark.parametrize(
    ("failing", "outcomes"),
    [
        ("stage", {"a": "undone", "f-stage": "failed", "b": "untouched", "c": "untouched"}),
        ("remove", {"a": "changed", "b": "changed", "c": "undone", "f-remove": "failed"}),
    ],
)
def test_failure_takes_back_its_own_part_and_ends_the_run(host: Host, failing: str, outcomes: dict[str, str]) -> None:
    parts = ["stage", "handover", "remove"]
    steps = []
    for part, thing in zip(parts, "abc", strict=True):
        steps.append(_of_part(part, thing))
        if part == failing:
            steps.append(_of_part(part, f"f-{part}", "fails", error=OSError("no")))
    result = main.main({"steps": steps, "parts": parts, "pending": None}, False)
    assert _outcomes(result) == outcomes
    assert result["failure"]["step"] == f"f-{failing}"


class _Waits:
    """The wait for a package manager, which on its way undoes what a later step wants."""

    IN_RUN = True

    def __init__(self, host: Host) -> None:
        self.host = host

    def look(self, _target: dict[str, Any]) -> bool:
        return False

    def let_end(self, _target: dict[str, Any]) -> None:
        self.host.there.discard("unit")
        raise EndpointError("package_manager_locked", "Waiting", "dpkg", "it is locked", "Wait.")


@pytest.mark.parametrize(("begun", "pending"), [(True, ["02", "unit"]), (False, ["01", "02"])])
def test_what_a_run_that_was_cut_off_has_started_ends_before_steps_are_looked_at(
    begun: bool, pending: list[str], host: Host
) -> None:
    host.there = {"unit", *(["begun"] if begun else [])}
    runner.KINDS.update(announce=runner.KINDS["works"], await_packages=_Waits(host))
    steps = [
        {**_step("begun", kind="announce"), "id": "01"},
        {**_step("dpkg", kind="await_packages"), "id": "02"},
        {**_step("unit"), "id": "unit"},
    ]
    assert runner.pending_of(steps) == pending


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run's journal and lock are in a directory of the test."""
    monkeypatch.setattr(own_journal, "PATH", str(tmp_path / "avshift/journal.json"))
    monkeypatch.setattr(run_lock, "PATH", str(tmp_path / "lock"))


def _noted_run(*steps: dict[str, Any]) -> dict[str, Any]:
    announce = {"id": "0", "kind": "announce", "part": "stage", "undo": "", "target": {"digest": "d"}}
    return {"steps": [announce, *steps], "parts": ["stage", "handover", "remove"], "pending": None}


def _cut_off(host: Host, *done: str, pending: list[str]) -> None:
    own_journal.note("d", status="begun", pending=pending)
    host.there |= {*done, "announced"}


@pytest.mark.usefixtures("journal")
def test_what_a_run_had_done_before_it_was_cut_off_is_taken_back_too(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(runner.KINDS, "announce", announce)
    host.there.add("owner's")
    _cut_off(host, "a", pending=["0", "a", "b"])
    steps = [{**_step(name), "part": "stage"} for name in ("owner's", "a")]
    failing = {**_step("b", "fails", error=EndpointError("x", "Doing", "b", "no", "Look.")), "part": "stage"}
    result = main.main(_noted_run(*steps, failing), False)
    assert result["failure"]["undone"] == ["a"]
    assert host.there == {"owner's", "announced"}


@pytest.mark.usefixtures("journal")
def test_what_protects_since_a_handover_is_not_taken_back_by_a_later_run(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(runner.KINDS, "announce", announce)
    _cut_off(host, "staged", "handed over", pending=["0", "staged", "proof", "handed over"])
    failing = {**_step("proof", "fails", error=EndpointError("x", "Doing", "b", "no", "Look.")), "part": "stage"}
    result = main.main(
        _noted_run({**_step("staged"), "part": "stage"}, failing, {**_step("handed over"), "part": "handover"}), False
    )
    assert result["failure"]["undone"] == []
    assert {"staged", "handed over"} <= host.there


def test_step_that_does_not_end_fails_and_the_others_are_taken_back(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "LONGEST", 0.05)
    monkeypatch.setattr(runner.KINDS["fails"], "do", lambda _target: threading.Event().wait(60))
    steps = [_step("a"), _step("b", "fails")]
    result = runner.carry_out(steps, ["a", "b"], False)
    assert (result["failure"]["code"], result["failure"]["undone"]) == ("time_limit", ["a"])
    assert "Carrying out a step: b: no end within" in result["failure"]["message"]
