"""The handover in which the new protection starts before the old one stops, on a host of stand-ins."""

from __future__ import annotations

import errno
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.handover import (
    excluded,
    handover,
    incoming,
    outgoing,
    overlap,
)
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import own_journal
from ansible_collections.avshift.endpoint.plugins.module_utils.prove.checks import check
from handover_host import NEW, TARGET, Host, host

__all__ = ["host"]

LIMITS = {"start_limit": 60, "limit": 10, "probe_limit": 2, "signature": {}}
BESIDE: dict[str, Any] = {**TARGET, "new": {**NEW, "overlap": LIMITS}}
READS, LONGEST = 20, 5
BAD = [check("on_access_clean:/home", "bad", "a clean file could not be read")]
SLOW = {"why": "slow", "words": "reading a clean file took longer than 2 s, in /home", "directory": "/home"}


class _Signature:
    """The signature of one run; what is done with it is noted in the host's list."""

    data = b"random"

    def __init__(self, host: Host) -> None:
        self.host = host

    def __enter__(self) -> _Signature:
        self.host.said.append(("signature", ()))
        return self

    def __exit__(self, *_error: object) -> None:
        self.host.said.append(("forget", ()))

    def take_away(self) -> None:
        self.host.said.append(("taken away", ()))


class _Probe:
    def rounds(self) -> int:
        return 5

    def slowest(self) -> float:
        return 0.01


class _Guard:
    """A guard that strikes at one of the moments before, beside or stopping, and stops the new one as a guard does."""

    def __init__(self, host: Host, strikes: str) -> None:
        self.host, self.strikes, self.probe, self.told = host, strikes, _Probe(), None

    def __enter__(self) -> _Guard:
        return self

    def __exit__(self, *_error: object) -> None:
        self.strikes = ""

    def strike(self) -> dict[str, str]:
        self.host.running.discard("new.service")
        self.told = SLOW
        return SLOW

    def ready(self) -> dict[str, str] | None:
        return self.strike() if self.strikes == "before" else None

    def struck(self) -> dict[str, str] | None:
        return self.told

    finished = struck

    def let_old_go(self) -> None:
        self.host.said.append(("let go", ()))
        if self.strikes == "stopping":
            self.strike()


class _Exclusions:
    """What the old one is asked to leave out; ``left`` is what cannot be undone."""

    left: tuple[str, ...] = ()

    def __init__(self, host: Host) -> None:
        self.host = host

    def add(self) -> list[dict[str, Any]]:
        self.host.said.append(("leave out", ()))
        return [{"product": "Old", "path": "/db", "excluded": True, "why": ""}]

    def remove(self) -> list[str]:
        self.host.said.append(("leave out no more", ()))
        return list(self.left)

    def forget(self) -> None:
        self.host.said.append(("it goes with the old one", ()))


class _Parts:
    """What a test changes in the stand-ins here."""

    def __init__(self, host: Host) -> None:
        self.host, self.strikes, self.beside = host, "", [check("beside_blocks:/home", "ok", "")]
        self.guards: list[_Guard] = []
        self.slow_at_first = 0

    def guard(self, *_given: Any) -> _Guard:
        strikes = self.strikes if len(self.guards) < (self.slow_at_first or 1) else ""
        self.guards.append(_Guard(self.host, strikes))
        return self.guards[-1]

    def prove(self, *_given: Any) -> list[dict[str, str]]:
        assert "old.service" in self.host.running
        # A real test lasts for many looks at both; on a fast disk this one would be over before two of them.
        enough, until = self.host.reads + READS, time.monotonic() + LONGEST
        while self.host.reads < enough and time.monotonic() < until:
            time.sleep(0.001)
        if self.strikes == "beside":
            self.guards[-1].strike()
            raise EndpointError("no_answer", "Proving", "new", "no answer", "Look.")
        return self.beside


@pytest.fixture
def parts(host: Host, monkeypatch: pytest.MonkeyPatch) -> _Parts:
    """The parts, each of which is tested by itself elsewhere."""
    made = _Parts(host)
    monkeypatch.setattr(overlap, "interception", host)
    monkeypatch.setattr(overlap, "OwnSignature", lambda *_given: _Signature(host))
    monkeypatch.setattr(overlap, "Guard", made.guard)
    monkeypatch.setattr(overlap, "PAUSE", 0.001)
    monkeypatch.setattr(overlap.beside, "prove", made.prove)
    monkeypatch.setattr(incoming, "PROOF_LIMIT", 0.2)
    monkeypatch.setattr(incoming, "PROOF_AGAIN", 0.1)
    monkeypatch.setattr(incoming, "PROOF_PAUSE", 0.01)
    monkeypatch.setattr(incoming, "STEADY", 0.05)
    return made


def _verbs(host: Host) -> list[tuple[str, tuple[str, ...]]]:
    return [said for said in host.said if said[0] != "forget" or said == ("forget", ())]


def test_the_new_one_stands_and_is_proven_before_the_old_one_stops(host: Host, parts: _Parts) -> None:
    facts = handover.do(BESIDE)
    assert _verbs(host) == [
        ("stop", ("new.service",)),
        ("signature", ()),
        ("restart", ("new.service",)),
        ("taken away", ()),
        ("let go", ()),
        ("stop", ("old.timer", "old.service")),
        ("enable", ("new.service",)),
        ("forget", ()),
    ]
    assert (facts["window_seconds"], facts["overlap"]["held"], facts["overlap"]["checks"]) == (
        0.0,
        True,
        [check("proof", "ok", ""), *parts.beside, check("steady", "ok", "the same process intercepts")],
    )
    assert "unprotected_from" not in facts
    assert facts["kept_from_boot"] == ["/etc/t/old.timer", "/etc/w/old.service"]
    noted = own_journal.noted("d")
    assert (noted["window_seconds"], noted["unprotected_from"], noted["stopped_units"]) == (0.0, None, [])


def _excludes(folder: Path) -> dict[str, Any]:
    files = {name: str(folder / "run" / name) for name in ("list", "environment")}
    (folder / "run").mkdir()
    return {**files, "text": f"EXCLUDED=--exclude-list={files['list']}\n", "paths": ["/old/data", "/old/log"]}


def test_the_new_one_starts_with_the_list_of_what_is_the_old_one_s_and_nothing_of_it_stays(
    host: Host, parts: _Parts, tmp_path: Path
) -> None:
    told, seen = _excludes(tmp_path), []
    host.on_restart = lambda: seen.extend(Path(told[name]).read_text("utf-8") for name in ("environment", "list"))
    handover.do({**BESIDE, "new": {**BESIDE["new"], "excludes": told}})
    assert seen == [told["text"], "/old/data\n/old/log\n"]
    assert list((tmp_path / "run").iterdir()) == []


def test_one_that_starts_after_the_old_one_has_stopped_leaves_nothing_out(
    host: Host, parts: _Parts, tmp_path: Path
) -> None:
    """Nor if a killed run has left the list."""
    told, seen = _excludes(tmp_path), []
    for name in ("environment", "list"):
        Path(told[name]).write_text("left", "utf-8")
    host.on_restart = lambda: seen.append(sorted(path.name for path in (tmp_path / "run").iterdir()))
    handover.do({**TARGET, "new": {**NEW, "excludes": told}})
    parts.strikes, parts.slow_at_first = "before", overlap.ATTEMPTS
    host.running = {"old.timer", "old.service"}
    handover.do({**BESIDE, "new": {**BESIDE["new"], "excludes": told}})
    assert seen == [[], []]


def test_the_list_stays_for_as_long_as_the_unit_is_told_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scanner whose list is missing may watch nothing."""
    told = _excludes(tmp_path)
    with excluded.Excluded(told):
        real = excluded.safe_remove.remove

        def refuses(path: str, scope: str) -> bool:
            if path == told["environment"]:
                raise OSError(errno.EROFS, "read-only", path)
            return bool(real(path, scope))

        monkeypatch.setattr(excluded.safe_remove, "remove", refuses)
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["environment", "list"]
    assert Path(told["list"]).stat().st_mode & 0o777 == 0o600


@pytest.fixture
def exclusions(host: Host, monkeypatch: pytest.MonkeyPatch) -> type[_Exclusions]:
    """The old one's, which the test sees in what was said."""
    monkeypatch.setattr(outgoing, "OldExclusions", lambda *_given: _Exclusions(host))
    monkeypatch.setattr(_Exclusions, "left", ())
    return _Exclusions


def test_the_old_one_leaves_out_what_the_engine_opens_before_that_opens_it(
    host: Host, parts: _Parts, exclusions: type[_Exclusions]
) -> None:
    facts = handover.do(BESIDE)
    said = [verb for verb, _names in host.said]
    assert said.index("leave out") < said.index("signature") < said.index("restart")
    assert facts["overlap"]["old_leaves_out"] == [{"product": "Old", "path": "/db", "excluded": True, "why": ""}]
    assert said.index("it goes with the old one") > said.index("enable")
    assert "leave out no more" not in said


@pytest.mark.parametrize("when", ["not stopped", "stopped"])
def test_the_old_one_that_stays_leaves_out_nothing_more(
    host: Host, parts: _Parts, exclusions: type[_Exclusions], monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    if when == "stopped":
        monkeypatch.setattr(incoming.New, "_accesses", lambda _self: BAD)
    else:
        parts.beside = [check("beside_blocks:/home", "bad", "the test file could be read")]
    with pytest.raises(handover.HandoverFailed):
        handover.do(BESIDE)
    assert host.running == {"old.timer", "old.service"}
    last = ["leave out", "leave out no more"]
    assert [verb for verb, _names in host.said if verb.startswith("leave")] == last
    # It answers while it runs, and the new one's engine opens nothing more by then.
    assert host.said.index(("leave out no more", ())) > host.said.index(("stop", ("new.service",)))


def test_what_of_it_cannot_be_undone_is_in_the_message(
    host: Host, parts: _Parts, exclusions: type[_Exclusions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exclusions, "left", ("Old leaves out /db: no. Run: old remove",))
    parts.beside = [check("beside_blocks:/home", "bad", "the test file could be read")]
    with pytest.raises(handover.HandoverFailed, match=r"not stopped\. NOT ROLLED BACK: Old leaves out /db") as caught:
        handover.do(BESIDE)
    assert caught.value.facts["not_undone"] == exclusions.left[0]


def test_what_goes_wrong_before_anything_was_stopped_undoes_it_too(
    host: Host, parts: _Parts, exclusions: type[_Exclusions], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_self: _Signature) -> None:
        raise EndpointError("own_signature_unknown", "Proving", "new", "it does not find it", "Look.")

    monkeypatch.setattr(_Signature, "__enter__", unknown)
    with pytest.raises(handover.HandoverFailed, match="The old protection was not stopped"):
        handover.do(BESIDE)
    assert [verb for verb, _names in host.said if verb.startswith("leave")] == ["leave out", "leave out no more"]


def test_one_that_a_killed_run_has_left_goes_where_the_old_one_stops_first(
    host: Host, parts: _Parts, exclusions: type[_Exclusions]
) -> None:
    handover.do(TARGET)
    said = [verb for verb, _names in host.said]
    assert said.index("leave out no more") < said.index("stop")


@pytest.mark.parametrize("strikes", ["before", "beside", "stopping"])
def test_where_the_two_do_not_get_on_the_old_one_goes_first_and_the_record_says_so(
    host: Host, parts: _Parts, strikes: str
) -> None:
    parts.strikes, parts.slow_at_first = strikes, overlap.ATTEMPTS
    facts = handover.do(BESIDE)
    verbs = _verbs(host)
    assert verbs.index(("stop", ("old.timer", "old.service"))) < len(verbs) - verbs[::-1].index(
        ("restart", ("new.service",))
    )
    assert (facts["overlap"]["held"], facts["overlap"]["given_up"], facts["overlap"]["why"]) == (
        False,
        SLOW["words"],
        "slow",
    )
    assert facts["window_seconds"] > 0
    assert facts["unprotected_from"] <= facts["unprotected_until"]
    assert host.running == {"new.service"}
    assert own_journal.noted("d")["window_seconds"] == facts["window_seconds"]


def test_a_reader_that_waited_with_the_old_one_alone_is_given_time(host: Host, parts: _Parts) -> None:
    """A busy machine is no reason for a window: the old one protects until it is less busy."""
    parts.strikes, parts.slow_at_first = "before", overlap.ATTEMPTS - 1
    facts = handover.do(BESIDE)
    assert (facts["window_seconds"], facts["overlap"]["held"]) == (0.0, True)
    assert len(parts.guards) == overlap.ATTEMPTS


def _ends_while_tested(host: Host, parts: _Parts, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let systemd start the new one again during each of its first self-tests, all of which it passes."""
    ends = iter(range(times))

    def proven(*given: Any) -> list[dict[str, str]]:
        checks = parts.prove(*given)
        host.new_pid += next(ends, None) is not None
        return checks

    monkeypatch.setattr(overlap.beside, "prove", proven)


def test_one_that_ends_again_and_again_never_gets_the_old_one_stopped(
    host: Host, parts: _Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two of its ends it has its marks and blocks what it should."""
    _ends_while_tested(host, parts, monkeypatch, times=9)
    with pytest.raises(handover.HandoverFailed, match=r"steady: .*The old protection was not stopped"):
        handover.do(BESIDE)
    assert ("stop", ("old.timer", "old.service")) not in host.said
    assert "old.service" in host.running


def test_one_that_ended_once_is_started_and_tested_again(
    host: Host, parts: _Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ends_while_tested(host, parts, monkeypatch, times=1)
    facts = handover.do(BESIDE)
    assert (facts["window_seconds"], facts["overlap"]["held"]) == (0.0, True)
    assert [found["id"] for found in facts["overlap"]["checks"]][-1] == "steady"


def test_one_with_marks_that_blocks_nothing_is_started_once_more(
    host: Host, parts: _Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen after a host had lost power: the old one protects meanwhile, and then the new one blocks."""
    good, starts = parts.beside, []
    parts.beside = [check("beside_blocks:/home", "bad", "the test file could be read")]

    def starts_again() -> None:
        starts.append(set(host.running))
        if len(starts) == 2:
            parts.beside = good

    host.on_restart = starts_again
    facts = handover.do(BESIDE)
    assert [("old.service" in running) for running in starts] == [True, True]
    assert (facts["window_seconds"], facts["overlap"]["held"]) == (0.0, True)


def test_one_that_never_blocks_is_not_started_a_third_time(host: Host, parts: _Parts) -> None:
    starts: list[str] = []
    parts.beside = [check("beside_blocks:/home", "bad", "the test file could be read")]
    host.on_restart = lambda: starts.append("again")
    with pytest.raises(handover.HandoverFailed, match="The old protection was not stopped"):
        handover.do(BESIDE)
    assert len(starts) == 2


def test_a_proof_that_fails_beside_the_old_one_leaves_that_alone(host: Host, parts: _Parts) -> None:
    """The negative control: nothing refuses what only the new one can know."""
    parts.beside = [check("beside_blocks:/home", "bad", "the test file could be read")]
    with pytest.raises(handover.HandoverFailed, match=r"could be read.*The old protection was not stopped") as caught:
        handover.do(BESIDE)
    facts = caught.value.facts
    assert (facts["old_is_back"], facts["not_stopped"], facts["window_seconds"]) == (True, True, None)
    assert host.running == {"old.timer", "old.service"}
    assert ("stop", ("old.timer", "old.service")) not in host.said
    assert own_journal.unprotected_since() is None


def test_nothing_is_noted_as_unprotected_before_the_old_one_is_about_to_stop(
    host: Host, parts: _Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[dict[str, Any]] = []
    monkeypatch.setattr(overlap.beside, "prove", lambda *_given: noted.append(own_journal.noted("d")) or parts.beside)
    host.on_restart = lambda: noted.append(own_journal.noted("d"))
    handover.do(BESIDE)
    assert [one.get("unprotected_from") for one in noted] == [None, None]
    assert noted[0]["stopped_units"] == ["old.timer", "old.service"]


def test_nothing_is_stopped_where_that_cannot_be_noted(
    host: Host, parts: _Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = own_journal.note

    def full(digest: str, **fields: Any) -> None:
        if fields.get("unprotected_from"):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(digest, **fields)

    monkeypatch.setattr(own_journal, "note", full)
    with pytest.raises(handover.HandoverFailed, match=r"No space left.*The old protection was not stopped"):
        handover.do(BESIDE)
    assert host.running == {"old.timer", "old.service"}


def test_a_signature_that_the_engine_does_not_load_leaves_the_old_one_alone(
    host: Host, parts: _Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_self: _Signature) -> None:
        raise EndpointError("own_signature_unknown", "Proving", "new", "it does not find it", "Look.")

    monkeypatch.setattr(_Signature, "__enter__", unknown)
    with pytest.raises(handover.HandoverFailed, match="The old protection was not stopped") as caught:
        handover.do(BESIDE)
    assert caught.value.facts["cause"] == "own_signature_unknown"
    assert host.running == {"old.timer", "old.service"}


def test_one_that_is_not_proven_alone_goes_only_when_the_old_one_is_back(
    host: Host, parts: _Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []

    real = host.tell

    def tell(verb: str, names: list[str], limit: float = 0) -> None:
        if verb == "start" and "old.service" in names:
            seen.append(set(host.running))
        real(verb, names, limit)

    monkeypatch.setattr(incoming.New, "_accesses", lambda _self: BAD)
    monkeypatch.setattr(host, "tell", tell)
    with pytest.raises(handover.HandoverFailed, match="The old protection is back") as caught:
        handover.do(BESIDE)
    assert "new.service" in seen[0], "the new one had gone before the old one was started"
    assert host.running == {"old.timer", "old.service"}
    assert caught.value.facts["window_seconds"] is not None
    assert parts.guards[1:], "nobody watched over the two"


def test_the_old_one_comes_back_where_nobody_can_watch_over_the_two(
    host: Host, parts: _Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming.New, "_accesses", lambda _self: BAD)
    made = parts.guard

    def guard(*given: Any) -> _Guard:
        if parts.guards:
            raise MemoryError
        return made(*given)

    monkeypatch.setattr(overlap, "Guard", guard)
    with pytest.raises(handover.HandoverFailed, match="The old protection is back") as caught:
        handover.do(BESIDE)
    assert caught.value.facts["old_is_back"] is True
    assert host.running == {"old.timer", "old.service"}


def test_an_old_one_that_ends_by_itself_beside_the_new_one_is_brought_back_if_that_is_not_proven(
    host: Host, parts: _Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(*_given: Any) -> list[dict[str, str]]:
        host.running.discard("old.service")
        return [check("beside_blocks:/home", "bad", "the test file could be read")]

    monkeypatch.setattr(overlap.beside, "prove", ends)
    with pytest.raises(handover.HandoverFailed, match="The old protection is back") as caught:
        handover.do(BESIDE)
    assert caught.value.facts["window_seconds"] is not None
    assert host.running == {"old.timer", "old.service"}


def test_an_old_one_that_ends_by_itself_beside_a_proven_one_is_replaced(
    host: Host, parts: _Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(*_given: Any) -> list[dict[str, str]]:
        host.running.discard("old.service")
        return parts.beside

    monkeypatch.setattr(overlap.beside, "prove", ends)
    facts = handover.do(BESIDE)
    assert facts["overlap"]["held"]
    assert host.running == {"new.service"}


def _without_marks(host: Host, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let the new one run without marks after each of the first starts."""
    holders, starts = host.holders, iter(range(1, 9))
    seen = {"starts": 0}
    host.on_restart = lambda: seen.update(starts=next(starts))

    def lost(roots: list[str], bits: int = 0) -> dict[int, list[str]]:
        return {} if roots == ["/new"] and seen["starts"] <= times else holders(roots, bits)

    monkeypatch.setattr(host, "holders", lost)
    monkeypatch.setitem(LIMITS, "start_limit", 0.3)


def test_one_that_comes_up_without_marks_is_started_again_beside_the_old_one(
    host: Host, parts: _Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_marks(host, monkeypatch, times=1)
    facts = handover.do(BESIDE)
    assert facts["window_seconds"] == 0.0
    assert _verbs(host).count(("restart", ("new.service",))) == 2


def test_one_that_never_has_marks_leaves_the_old_one_alone(
    host: Host, parts: _Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_marks(host, monkeypatch, times=9)
    with pytest.raises(EndpointError, match="no mark on anything"):
        handover.do(BESIDE)
    assert _verbs(host).count(("restart", ("new.service",))) == 3
    assert ("stop", ("old.timer", "old.service")) not in host.said


def _slow_before_it_has_marks(host: Host, parts: _Parts, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let a reader wait too long after each of the first starts, before the new one has marks."""
    _without_marks(host, monkeypatch, times)
    started, waits = host.on_restart, iter(range(times))

    def struck() -> None:
        started()
        if next(waits, None) is not None:
            parts.guards[-1].told = SLOW

    host.on_restart = struck


def test_a_reader_that_waited_before_the_new_one_had_marks_is_no_reason_for_a_window(
    host: Host, parts: _Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    _slow_before_it_has_marks(host, parts, monkeypatch, overlap.ATTEMPTS - 1)
    facts = handover.do(BESIDE)
    assert (facts["window_seconds"], facts["overlap"]["held"]) == (0.0, True)
    assert len(parts.guards) == overlap.ATTEMPTS
    assert _verbs(host).count(("restart", ("new.service",))) == overlap.ATTEMPTS


def test_readers_that_wait_each_time_before_the_new_one_has_marks_part_the_two(
    host: Host, parts: _Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    _slow_before_it_has_marks(host, parts, monkeypatch, overlap.ATTEMPTS)
    facts = handover.do(BESIDE)
    said = _verbs(host)
    assert facts["overlap"]["given_up"] == SLOW["words"]
    assert said.index(("stop", ("old.timer", "old.service"))) < len(said) - said[::-1].index(
        ("restart", ("new.service",))
    )
    assert said.count(("restart", ("new.service",))) == overlap.ATTEMPTS + 1


def test_one_that_also_fails_after_the_two_were_parted_says_why_they_were(
    host: Host, parts: _Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts.strikes = "beside"
    monkeypatch.setattr(incoming.New, "bring_up", _no_marks)
    with pytest.raises(handover.HandoverFailed, match="did not run side by side: " + SLOW["words"]) as caught:
        handover.do(BESIDE)
    assert caught.value.facts["overlap"] == {"held": False, "given_up": SLOW["words"], "why": "slow"}
    assert caught.value.facts["old_is_back"]
    assert caught.value.facts["window_seconds"] > 0


def _no_marks(_new: Any) -> None:
    raise EndpointError(incoming.NO_MARKS, "Starting the new protection", "new", "no mark on anything", "Look.")


def test_a_run_that_is_told_to_end_beside_the_old_one_leaves_that_alone(host: Host, parts: _Parts) -> None:
    host.on_restart = lambda: os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(handover.HandoverFailed, match="terminated during this step") as caught:
        handover.do(BESIDE)
    assert caught.value.facts["not_stopped"] is True
    assert host.running == {"old.timer", "old.service"}
    assert host.said[-1] == ("forget", ())


def test_one_that_a_killed_run_left_beside_the_old_one_is_begun_anew(host: Host, parts: _Parts) -> None:
    host.running.add("new.service")
    assert not handover.look(BESIDE)
    facts = handover.do(BESIDE)
    assert _verbs(host)[0] == ("stop", ("new.service",))
    assert (facts["window_seconds"], host.running) == (0.0, {"new.service"})


def test_after_a_killed_run_that_had_stopped_the_old_one_it_goes_on_as_without_one(host: Host, parts: _Parts) -> None:
    own_journal.note("d", status="begun", stopped_units=["old.timer", "old.service"])
    host.running = {"new.service"}
    facts = handover.do(BESIDE)
    assert "overlap" not in facts
    assert parts.guards == []
    assert host.running == {"new.service"}


def test_an_old_one_that_holds_no_marks_has_nothing_to_stand_beside(
    host: Host, parts: _Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "holders", lambda roots, *_bits: {2: ["mnt_id:1"]} if roots == ["/new"] else {})
    assert "overlap" not in handover.do(BESIDE)
