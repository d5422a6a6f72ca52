"""Whatever goes wrong, the verdict is the stated one, and no host is without a scanner longer than its record says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from conftest import Outcome
from fidelity.observation import Change, changes
from integration import lab, observer
from integration.faults import Fault
from integration.observer import READ, REFUSED, Span
from integration.samples import DETECTABLE, tried
from left import LEFT

# The record has its times to the millisecond.
ROUNDED = 0.001
OLD = "kesl"


def test_the_verdict(fault: Fault, outcome: Outcome) -> None:
    failure = outcome.record["failure"] or {}
    assert outcome.record["verdict"] == fault.verdict, failure
    if fault.failure:
        assert failure["code"] == fault.failure, failure


def test_the_record_says_it_in_words(fault: Fault, outcome: Outcome) -> None:
    if not outcome.record["failure"]:
        assert not fault.says
        return
    message = outcome.record["failure"]["message"]
    says = ("did not run side by side", "is back, tested") if _is_too_busy(fault, outcome) else fault.says
    assert [phrase for phrase in says if phrase not in message] == [], message


def test_the_observer_saw_every_file_refused_at_first(outcome: Outcome) -> None:
    first = {span.folder: span.outcome for span in reversed(outcome.spans)}
    assert first == dict.fromkeys(observer.FOLDERS, REFUSED)
    assert {span.outcome for span in outcome.spans} <= {READ, REFUSED}


def test_no_moment_without_a_scanner_but_in_the_recorded_window(fault: Fault, outcome: Outcome) -> None:
    unprotected, window = [span for span in outcome.spans if span.outcome == READ], _window(fault, outcome)
    if window == "none":
        assert unprotected == []
        return
    begun, ended = _recorded(outcome)
    if window == "within" and begun is None:
        assert unprotected == []
        return
    assert (begun is None, ended is None) == (False, window == "open")
    assert unprotected or window == "within"
    outside = [span for span in unprotected if not _is_between(span, begun, None if window == "told" else ended)]
    assert outside == [], (begun, ended)


def test_the_recorded_window_is_as_long_as_the_one_that_was_seen(fault: Fault, outcome: Outcome) -> None:
    if fault.window != "one":
        pytest.skip("there was none, it has not ended, or its end is nothing that the observer sees")
    begun, ended = _recorded(outcome)
    recorded, exact_to = outcome.record["window_seconds"], _facts(outcome)["window_exact_to_seconds"]
    assert recorded == pytest.approx((ended or 0) - (begun or 0), abs=2 * ROUNDED)
    begins, ends = zip(*(_edges(outcome.spans, folder) for folder in observer.FOLDERS), strict=True)
    # Its old protection releases all directories at once, and the new one takes them one by one.
    shortest = max(end[0] for end in ends) - min(begin[1] for begin in begins)
    longest = max(end[1] for end in ends) - min(begin[0] for begin in begins)
    assert shortest - ROUNDED <= recorded <= longest + exact_to + ROUNDED


def test_no_unprotected_moment_is_recorded_where_none_was_seen(fault: Fault, outcome: Outcome) -> None:
    handed_over = outcome.record["verdict"] == "removed_verified"
    if _window(fault, outcome) == "none" and not fault.untouched:
        assert outcome.record["window_seconds"] == (0 if handed_over else None)
    elif handed_over and fault.window == "one":
        assert outcome.record["window_seconds"] > 0


def test_whether_both_stood_beside_each_other(fault: Fault, outcome: Outcome) -> None:
    if not fault.overlap:
        pytest.skip("what it is about is something else")
    (told,) = [facts["overlap"] for facts in _facts_of_steps(outcome) if "overlap" in facts]
    assert ("held" if told["held"] else told["why"]) in fault.overlap, told


def test_no_reader_waited_longer_than_the_two_may_keep_one_waiting(fault: Fault, outcome: Outcome) -> None:
    """The reads of the observer, which run to the end: the guard has to part the two before they wait."""
    if not fault.overlap or fault.overlap == ("slow",):
        pytest.skip("it is about something else, or the old scanner alone is slow")
    slowest = max(span.slowest for span in outcome.spans)
    assert slowest <= fault.waits, slowest


def test_what_protects_afterwards(fault: Fault, outcome: Outcome) -> None:
    """By the system's own tools: which of the two runs, and whether a read is refused."""
    states = {unit: lab.on(fault.name, "systemctl", "is-active", unit).stdout.strip() for unit in (fault.new, OLD)}
    running = [unit for unit, state in states.items() if state == "active"]
    if fault.verdict in ("removed_verified", "removed_console_check_pending"):
        assert running == [fault.new], states
    elif fault.window != "open":
        assert running == [OLD], states
    read = tried(fault.name, "/srv", DETECTABLE, "cat")
    assert (read.returncode != 0) == (fault.window not in ("open", "told")), read.stdout


def test_a_host_that_was_only_staged_is_as_it_was(fault: Fault, outcome: Outcome) -> None:
    if not fault.untouched:
        pytest.skip("its handover began")
    before, after = lab.observed("before", fault.name), lab.observed("after", fault.name)
    different = [one for one in changes(before, after) if not _is_left(one) and not one.is_written_alike()]
    assert [str(one) for one in different] == []
    assert (after.packages, after.groups, after.accounts) == (before.packages, before.groups, before.accounts)


def _is_left(change: Change) -> bool:
    return any(change.path == path or change.path.startswith(f"{path}/") for path in LEFT)


def _recorded(outcome: Outcome) -> tuple[float | None, float | None]:
    facts = _facts(outcome)
    begun, ended = (_seconds(facts.get(key)) for key in ("unprotected_from", "unprotected_until"))
    return begun, ended


def _facts_of_steps(outcome: Outcome) -> list[dict[str, Any]]:
    return [step["facts"] for steps in outcome.record["outcomes"].values() for step in steps]


def _window(fault: Fault, outcome: Outcome) -> str:
    """Return which window is stated: on a machine that is too busy, it has to be the one that was seen."""
    return "within" if _is_too_busy(fault, outcome) else fault.window


def _is_too_busy(fault: Fault, outcome: Outcome) -> bool:
    """Return True if a reader waited on a machine that is too busy for two scanners, and they were parted for that."""
    whys = [(facts.get("overlap") or {}).get("why") for facts in _facts_of_steps(outcome)]
    return fault.window == "none" and not fault.untouched and "slow" in whys


def _facts(outcome: Outcome) -> dict[str, Any]:
    """Return the facts of the last step that reports a window, or {}."""
    told: list[dict[str, Any]] = [facts for facts in _facts_of_steps(outcome) if "unprotected_from" in facts]
    return told[-1] if told else {}


def _seconds(moment: str | None) -> float | None:
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp() if moment else None


def _is_between(span: Span, begun: float | None, ended: float | None) -> bool:
    """Return True if it may lie there: each read was answered at some moment during it."""
    tolerated = span.slowest + ROUNDED
    begins_after = begun is not None and span.first >= begun - tolerated
    return begins_after and (ended is None or span.last <= ended + tolerated)


def _edges(spans: list[Span], folder: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the earliest and the latest moment at which a folder's time without a scanner may have begun, and ended.

    A read that was refused or not at an edge may have been answered at any moment while it lasted.
    """
    mine = [span for span in spans if span.folder == folder]
    read = [number for number, span in enumerate(mine) if span.outcome == READ]
    before, first, last, after = mine[read[0] - 1], mine[read[0]], mine[read[-1]], mine[read[-1] + 1]
    begun = (before.last - before.slowest, first.first + first.slowest)
    return begun, (last.last - last.slowest, after.first + after.slowest)
