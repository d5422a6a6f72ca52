"""The handover on a host of stand-ins: what is stopped, started, tested and reported, and in which order."""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply import in_child, runner
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.handover import handover, incoming, outgoing
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import own_journal
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running import boot_clock, moments
from ansible_collections.avshift.endpoint.plugins.module_utils.prove.checks import check
from handover_host import NEW, OLD, TARGET, Host, host

__all__ = ["host"]


def test_handover_measures_and_notes_the_window(host: Host) -> None:
    facts = handover.do(TARGET)
    assert host.said == [
        ("stop", ("old.timer", "old.service")),
        ("restart", ("new.service",)),
        ("enable", ("new.service",)),
    ]
    assert 0 <= facts["window_exact_to_seconds"] <= facts["window_seconds"] < 1
    assert facts["unprotected_from"] <= facts["unprotected_until"]
    assert own_journal.noted("d")["window_seconds"] == facts["window_seconds"]
    assert own_journal.unprotected_since() is None
    assert handover.look(TARGET)


def test_old_protection_starts_at_boot_until_the_new_one_is_proven(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def prove(*_arguments: Any, **_named: Any) -> list[dict[str, str]]:
        seen.append(set(host.links))
        return host.proof()

    monkeypatch.setattr(incoming.on_access, "prove", prove)
    facts = handover.do(TARGET)
    assert seen == [{"old.timer", "old.service"}]
    assert (facts["kept_from_boot"], host.links) == (["/etc/t/old.timer", "/etc/w/old.service"], {})


def test_link_that_cannot_be_taken_away_is_no_reason_to_go_back(host: Host) -> None:
    del host.links["old.timer"]
    assert handover.do(TARGET)["kept_from_boot"] == ["/etc/w/old.service"]
    assert host.running == {"new.service"}


def test_unit_that_has_come_up_since_the_plan_is_stopped_too(host: Host) -> None:
    host.running.add("old-too.service")
    assert not handover.look(TARGET)
    handover.do(TARGET)
    assert host.running == {"new.service"}


@pytest.mark.parametrize(("looks", "attempts"), [(1, 1), (10, 2)])
def test_engine_is_started_again_only_if_its_marks_stay_away(
    host: Host, monkeypatch: pytest.MonkeyPatch, looks: int, attempts: int
) -> None:
    """One that ended restarts by itself; one that lost its marks keeps running without them until it is restarted."""
    left = [looks]

    def prove(*_arguments: Any) -> list[dict[str, str]]:
        left[0] -= 1
        return [check("marks", "bad" if left[0] >= 0 else "ok", "")]

    host.on_restart = lambda: left.__setitem__(0, 0) if left[0] < looks else None
    monkeypatch.setattr(incoming.real_time, "prove", prove)
    monkeypatch.setattr(incoming, "LOST_LIMIT", 0.05)
    monkeypatch.setattr(incoming, "PROOF_PAUSE", 0.02)
    assert handover.do(TARGET)["attempts"] == attempts


def test_proof_looks_for_its_files_where_the_engine_moves_them(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def prove(_paths: list[str], _timeout: int, kept_in: str, **_more: str) -> list[dict[str, str]]:
        asked.append(kept_in)
        return host.proof()

    monkeypatch.setattr(incoming.on_access, "prove", prove)
    handover.do({**TARGET, "new": {**NEW, "quarantine": "/quarantine"}})
    assert asked == ["/quarantine"]


def test_old_protection_comes_back_and_what_starts_it_comes_last(host: Host) -> None:
    host.broken = {"new.service"}
    with pytest.raises(handover.HandoverFailed, match="The old protection is back, tested, since") as caught:
        handover.do(TARGET)
    assert host.said[-2:] == [("stop", ("new.service",)), ("start", ("old.service", "old.timer"))]
    assert caught.value.facts["old_is_back"] is True
    assert caught.value.facts["window_seconds"] is not None
    assert caught.value.facts["cause"] == "command_failed"
    assert (host.enabled, set(host.links)) == (set(), {"old.timer", "old.service"})


def test_old_protection_that_does_not_come_back_is_told_with_since_when(host: Host) -> None:
    host.broken = {"new.service", "old.service"}
    with pytest.raises(handover.HandoverFailed, match="HOST MAY BE UNPROTECTED") as caught:
        handover.do(TARGET)
    facts = caught.value.facts
    assert (facts["old_is_back"], facts["window_seconds"]) == (False, None)
    assert "it may be unprotected since " + facts["unprotected_from"] in str(caught.value)
    assert host.said.count(("start", ("old.service", "old.timer"))) == outgoing.STARTS


def test_marks_alone_are_no_proof_that_the_old_one_is_back(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.broken = {"new.service"}
    monkeypatch.setattr(outgoing, "PROOF_LIMIT", 0)
    seen = [check("on_access_blocks:/home", "bad", "the test file could be read")]
    monkeypatch.setattr(outgoing.on_access, "prove", lambda _paths: seen)
    with pytest.raises(handover.HandoverFailed, match="the test file could be read") as caught:
        handover.do(TARGET)
    assert caught.value.facts["old_is_back"] is False


def _unwritable(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: Any, **_fields: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(own_journal, "note", full)


def test_nothing_is_stopped_where_the_journal_cannot_be_written(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    _unwritable(monkeypatch)
    with pytest.raises(handover.HandoverFailed, match=r"No space left.*The old protection was not stopped") as caught:
        handover.do(TARGET)
    assert host.said == []
    assert caught.value.facts["old_is_back"] is True


@pytest.mark.parametrize("works", [True, False])
def test_window_that_the_journal_cannot_take_stands_in_the_record(
    host: Host, monkeypatch: pytest.MonkeyPatch, works: bool
) -> None:
    host.on_restart = lambda: _unwritable(monkeypatch)
    if works:
        facts = handover.do(TARGET)
    else:
        host.broken = {"new.service"}
        with pytest.raises(handover.HandoverFailed, match="The old protection is back, tested") as caught:
            handover.do(TARGET)
        facts = caught.value.facts
    assert facts["window_seconds"] is not None
    assert "No space left" in " ".join(facts["notes"])


def test_run_that_is_told_to_end_brings_the_old_protection_back(host: Host) -> None:
    host.on_restart = lambda: os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(handover.HandoverFailed, match="terminated during this step") as caught:
        handover.do(TARGET)
    assert caught.value.facts["old_is_back"] is True
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_window_of_a_run_that_was_cut_off_counts_from_its_beginning(host: Host) -> None:
    begun = {"boot": boot_clock.boot_id(), "seconds": boot_clock.seconds() - 100}
    wall = str(moments.Moment(time.time() + 3600))
    own_journal.note("d", status="begun", unprotected_from=wall, unprotected_clock=begun, unprotected_until=None)
    host.running.clear()
    assert handover.do(TARGET)["window_seconds"] == pytest.approx(100, abs=60)


@pytest.mark.parametrize("clock", [None, {"boot": "another", "seconds": 1.0}])
def test_window_over_a_restart_is_unknown(host: Host, clock: dict[str, Any] | None) -> None:
    begun = str(moments.Moment(time.time() - 100))
    own_journal.note("d", status="begun", unprotected_from=begun, unprotected_clock=clock, unprotected_until=None)
    host.running.clear()
    facts = handover.do(TARGET)
    assert facts["window_seconds"] is None
    assert "window_exact_to_seconds" not in facts
    assert "restarted since" in facts["window_unknown"]


def test_after_a_run_that_was_cut_off_the_old_protection_can_still_come_back(host: Host) -> None:
    own_journal.note("d", status="begun", unprotected_from=str(moments.Moment.now()), unprotected_until=None)
    host.running.clear()
    host.broken = {"new.service"}
    with pytest.raises(handover.HandoverFailed) as caught:
        handover.do(TARGET)
    assert caught.value.facts["old_is_back"] is True
    assert "window_exact_to_seconds" not in caught.value.facts
    assert host.running == {"old.service", "old.timer"}


def test_marks_that_go_and_come_one_by_one_are_gone_with_the_first_and_back_with_the_last(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks, looks = ["ino:1", "ino:2", "ino:3"], []

    def marked(*counts: int) -> Callable[..., list[str]]:
        left = iter(counts)

        def look(*_asked: Any) -> list[str]:
            looks.append(boot_clock.seconds())
            return marks[: next(left, counts[-1])]

        return look

    nothing = {**TARGET, "new": None}
    monkeypatch.setattr(outgoing, "STEADY", 2)
    monkeypatch.setattr(host, "permission_marks", marked(3, 3, 2, 1, 0))
    handover.do(nothing)
    gone, whole, first_went = own_journal.unprotected_since(), looks[1], looks[2]
    looks.clear()
    held = marked(0, 1, 2, 3)
    monkeypatch.setattr(host, "holders", lambda *_asked: {1: held()})
    facts = handover.undo(nothing)
    assert gone.since_boot <= whole < first_went
    assert gone.since_boot + facts["window_seconds"] >= looks[3] - 0.001


def test_one_that_ends_again_and_again_does_not_stay_in_the_old_ones_place(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two of its ends it has its marks and blocks what it should."""

    def proven(*_arguments: Any, **_named: Any) -> list[dict[str, str]]:
        host.new_pid += 1
        return host.proof()

    monkeypatch.setattr(incoming.on_access, "prove", proven)
    with pytest.raises(handover.HandoverFailed, match=r"steady: .*The old protection is back"):
        handover.do(TARGET)
    assert host.running == {"old.service", "old.timer"}


def test_handover_to_nothing_is_taken_back(host: Host) -> None:
    nothing = {**TARGET, "new": None}
    assert handover.do(nothing)["window_seconds"] is None
    assert set(host.links) == {"old.timer", "old.service"}
    begun = own_journal.unprotected_since()
    facts = handover.undo(nothing)
    assert (facts["old_is_back"], host.running) == (True, {"old.service", "old.timer"})
    assert begun.exact_to <= facts["window_exact_to_seconds"] <= facts["window_seconds"] + 0.002
    assert own_journal.unprotected_since() is None


KEPT = {**NEW, "guard": "guard.service", "replaces": "packaged.service"}


@pytest.fixture
def of_an_earlier_release(host: Host, monkeypatch: pytest.MonkeyPatch) -> Host:
    """The package's own unit runs and starts at boot, and another unit replaces it."""
    host.running = {"packaged.service"}
    host.enabled = {"packaged.service"}
    monkeypatch.setattr(host, "is_active", lambda name: name in host.running, raising=False)
    monkeypatch.setattr(incoming, "starting", lambda name: [name] if name in host.enabled else [])
    return host


def test_own_unit_comes_in_place_of_the_packages(of_an_earlier_release: Host) -> None:
    target = {**TARGET, "old": {**OLD, "units": [], "starting": []}, "new": KEPT}
    assert not handover.look(target)
    handover.do(target)
    verbs = [said for said in of_an_earlier_release.said if said[1]]
    assert verbs[-4:] == [
        ("stop", ("packaged.service",)),
        ("restart", ("new.service",)),
        ("enable", ("new.service", "guard.service")),
        ("disable", ("packaged.service",)),
    ]


def test_own_unit_that_is_not_proven_makes_way_for_the_packages(of_an_earlier_release: Host) -> None:
    of_an_earlier_release.broken = {"new.service"}
    of_an_earlier_release.running.add("guard.service")
    target = {**TARGET, "old": {**OLD, "units": [], "starting": []}, "new": KEPT}
    with pytest.raises(handover.HandoverFailed):
        handover.do(target)
    assert of_an_earlier_release.running == {"packaged.service"}
    stops = [said for said in of_an_earlier_release.said if said[0] == "stop"]
    assert stops[-2:] == [("stop", ("guard.service",)), ("stop", ("new.service",))]


def test_protection_whose_guard_does_not_run_is_not_up(of_an_earlier_release: Host) -> None:
    of_an_earlier_release.running, of_an_earlier_release.enabled = {"new.service"}, {"new.service", "guard.service"}
    target = {**TARGET, "new": KEPT, "old": {**OLD, "units": [], "starting": []}}
    assert not handover.look(target)
    of_an_earlier_release.running.add("guard.service")
    assert handover.look(target)


PASSIVE = {
    **NEW,
    "socket": "",
    "activate": [{"argv": ["new", "active"], "limit": 1}],
    "deactivate": [{"argv": ["new", "passive"], "limit": 1}],
    "probes": [{"argv": ["new", "health"]}],
}


def test_passive_product_is_told_and_not_restarted(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "must", lambda argv, *_rest: host.tell(argv[1], ["new.service"]))
    facts = handover.do({**TARGET, "new": PASSIVE})
    assert [verb for verb, _names in host.said] == ["stop", "active", "enable"]
    assert facts["window_seconds"] is not None


def test_passive_product_that_is_not_proven_is_passive_before_the_old_one_starts(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "must", lambda argv, *_rest: host.tell(argv[1], ["new.service"]))
    monkeypatch.setattr(incoming.vendor, "prove", lambda _probes: [check("mode", "bad", "still passive")])
    with pytest.raises(handover.HandoverFailed, match="still passive") as caught:
        handover.do({**TARGET, "new": {**PASSIVE, "limit": 0.1}})
    assert [verb for verb, _names in host.said][-2:] == ["passive", "start"]
    assert caught.value.facts["old_is_back"] is True


class _Install:
    """A kind of step that installs the new product on a host of stand-ins."""

    IN_RUN = True

    def __init__(self, host: Host, removable: bool = True) -> None:
        self.host = host
        self.removable = removable

    def look(self, _target: dict[str, Any]) -> bool:
        return False

    def do(self, _target: dict[str, Any]) -> None:
        self.host.said.append(("install", ()))

    def undo(self, _target: dict[str, Any]) -> None:
        self.host.said.append(("remove", ()))
        if not self.removable:
            raise EndpointError("x", "Removing", "new", "no", "Look.")


EXCLUSIVE = {**NEW, "install": [{"kind": "kit_install", "target": {}}]}


def test_exclusive_product_comes_after_the_old_one_has_stopped(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(incoming.INSTALLS, "kit_install", _Install(host))
    handover.do({**TARGET, "new": EXCLUSIVE})
    assert [verb for verb, _names in host.said] == ["stop", "install", "start", "enable"]


class _Hangs:
    """A kind of step that installs the new product and does not go on."""

    look = staticmethod(lambda _target: False)
    do = staticmethod(lambda _target: time.sleep(60))
    undo = staticmethod(lambda _target: None)


def test_installation_that_does_not_go_on_brings_the_old_one_back(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_child, "LIMIT", 0.2)
    monkeypatch.setitem(incoming.INSTALLS, "kit_install", _Hangs)
    with pytest.raises(handover.HandoverFailed) as caught:
        handover.do({**TARGET, "new": EXCLUSIVE})
    assert caught.value.facts["old_is_back"] is True
    assert caught.value.facts["cause"] == "time_limit"


@pytest.mark.parametrize("removable", [True, False])
def test_exclusive_product_goes_only_when_the_old_one_is_back(
    host: Host, monkeypatch: pytest.MonkeyPatch, removable: bool
) -> None:
    monkeypatch.setitem(incoming.INSTALLS, "kit_install", _Install(host, removable))
    host.broken = {"new.service"}
    with pytest.raises(handover.HandoverFailed) as caught:
        handover.do({**TARGET, "new": EXCLUSIVE})
    assert [verb for verb, _names in host.said] == ["stop", "install", "start", "stop", "start", "remove"]
    assert caught.value.facts["old_is_back"] is True
    assert ("not_undone" in caught.value.facts) is ("NOT ROLLED BACK" in str(caught.value)) is not removable


@pytest.mark.parametrize("proven", [True, False])
def test_product_without_marks_is_up_when_it_is_proven(
    host: Host, monkeypatch: pytest.MonkeyPatch, proven: bool
) -> None:
    result = [check("real_time", "ok" if proven else "unknown", "")]
    monkeypatch.setattr(incoming.vendor, "prove", lambda _probes: result)
    monkeypatch.setattr(incoming.interception, "holders", lambda roots, *_: {1: ["m"]} if roots == ["/old"] else {})
    host.enabled.add("new.service")
    assert incoming.New({**PASSIVE, "marks": False}).is_up() is proven


class _Fails:
    """A kind of step that fails before anything was lost."""

    @staticmethod
    def look(_target: dict[str, Any]) -> bool:
        return False

    @staticmethod
    def do(_target: dict[str, Any]) -> None:
        raise EndpointError("retain_failed", "Retaining", "x", "no room", "Make room.")


@pytest.mark.parametrize(("kind", "is_back"), [("retain", True), ("packages_remove", False)])
def test_old_protection_comes_back_only_before_the_first_loss(
    host: Host, monkeypatch: pytest.MonkeyPatch, kind: str, is_back: bool
) -> None:
    nothing = {"id": "h", "kind": "handover", "target": {**TARGET, "new": None}, "undo": "It comes back."}
    handover.do(nothing["target"])
    monkeypatch.setitem(runner.KINDS, kind, _Fails)
    result = runner.carry_out([{"id": "r", "kind": kind, "target": {}, "undo": ""}], ["r"], False, stopped=nothing)
    assert ("old.service" in host.running) is is_back
    assert result["outcomes"][0]["facts"].get("old_is_back", False) is is_back
    assert ("The old protection is back" in result["failure"]["message"]) is is_back


def test_service_without_marks_that_a_run_has_stopped_is_started_again(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its real-time part was off: no mark shows that it ran, and there is no time of its stop."""
    monkeypatch.setattr(host, "holders", lambda _roots, _bits=0: {})
    monkeypatch.setattr(host, "uncovered", lambda known, _targets: list(known))
    handover._prepare("d", outgoing.Old.found(OLD), None, None)
    host.running.clear()
    with pytest.raises(handover.HandoverFailed, match="The old protection is back") as caught:
        handover.do(TARGET)
    assert (caught.value.facts["old_is_back"], host.running) == (True, {"old.timer", "old.service"})
    assert own_journal.stopped_units() == []


def test_an_old_one_that_something_else_starts_again_is_named_with_the_facts(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_away(name: str) -> list[list[str]]:
        host.running.add("old.service")
        return host.take_away(name)

    monkeypatch.setattr(outgoing.boot_links_remove, "take_away", take_away)
    step = {"id": "h", "kind": "handover", "target": TARGET, "undo": ""}
    result = runner.carry_out([step], ["h"], False)
    assert result["failure"]["code"] == "step_without_effect"
    assert "state: old.service runs, /old/scanner intercepts. " in result["failure"]["message"]
    facts = result["outcomes"][0]["facts"]
    assert (facts["window_seconds"], facts["attempts"]) == (own_journal.noted("d")["window_seconds"], 1)
    assert facts["checks"]


def test_fault_of_the_program_s_own_brings_the_old_protection_back(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*_arguments: Any, **_named: Any) -> list[dict[str, str]]:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    monkeypatch.setattr(incoming.real_time, "prove", faulty)
    with pytest.raises(handover.HandoverFailed, match="a bug in the program: UnicodeDecodeError") as caught:
        handover.do(TARGET)
    assert (caught.value.facts["old_is_back"], caught.value.facts["cause"]) == (True, "internal_error")
    assert host.running == {"old.timer", "old.service"}


@pytest.mark.parametrize(
    "noted", [{"interrupted_seconds": "x"}, {"protected_again": {"at": 3}}, {"protected_again": 7}]
)
def test_what_an_heir_noted_and_cannot_be_read_keeps_no_protection_away(host: Host, noted: dict[str, Any]) -> None:
    own_journal.note("d", status="begun", stopped_units=["old.timer", "old.service"], **noted)
    host.running = {"new.service"}
    facts = handover.do(TARGET)
    assert "window_before_seconds" not in facts
    assert host.running == {"new.service"}


def test_what_another_plan_s_killed_run_left_without_protection_counts_once(host: Host) -> None:
    own_journal.note("other", status="begun", interrupted_seconds=7.5)
    assert handover.do(TARGET)["window_before_seconds"] == 7.5
    host.running = {"old.timer", "old.service"}
    host.links = {"old.timer": [], "old.service": []}
    assert "window_before_seconds" not in handover.do({**TARGET, "digest": "e"})
