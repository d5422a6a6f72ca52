"""When something became true, as seen by a watch: never reported as shorter than it was, and with its precision."""

from __future__ import annotations

import errno
import itertools
import os
import threading
import time
from collections.abc import Callable

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running import boot_clock, moments
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.moments import Fall, Moment, Rise, Watch
from hypothesis import given
from hypothesis import strategies as st


@given(st.floats(min_value=0, max_value=4e9))
def test_moments_are_told_to_the_millisecond(wall: float) -> None:
    assert abs(Moment.read(str(Moment(wall))).wall - wall) <= 0.0011


def _looks(*answers: bool) -> tuple[Callable[[], bool], list[tuple[float, float]]]:
    """Return a look that gives the answers in turn, each after a while, and when each began and ended."""
    left, times = list(answers), []

    def look() -> bool:
        begun = boot_clock.seconds()
        time.sleep(0.005)
        times.append((begun, boot_clock.seconds()))
        return left.pop(0)

    return look, times


def test_watch_keeps_the_looks_between_which_it_became_true() -> None:
    look, times = _looks(False, False, True)
    with Watch(look) as watch:
        ended = watch.wait(10)
    assert watch.ended is ended
    assert watch.begun is not None
    assert times[0][1] < watch.begun.since_boot <= times[1][0]
    assert times[2][1] <= ended.since_boot
    assert ended.exact_to == watch.begun.exact_to == watch.begun.until(ended)


def test_what_is_true_at_once_became_so_before_the_first_look() -> None:
    look, times = _looks(True)
    with Watch(look) as watch:
        watch.wait(10)
    assert watch.begun.since_boot <= times[0][0]


def test_what_does_not_become_true_has_no_moment() -> None:
    with Watch(lambda: False) as watch:
        assert watch.wait(0.01) is None
    assert (watch.begun, watch.ended) == (None, None)


def _counts(*counts: int) -> tuple[Callable[[], int], list[tuple[float, float]]]:
    """Return a count that gives the numbers in turn, then the last one again, and when each look began and ended."""
    times: list[tuple[float, float]] = []

    def count() -> int:
        begun, number = boot_clock.seconds(), min(len(times), len(counts) - 1)
        time.sleep(0.005)
        times.append((begun, boot_clock.seconds()))
        return counts[number]

    return count, times


# What is counted in turn, whether all that goes counts as one, and the look that found all of it last.
FALLS = [
    ((3, 3, 0), True, 1),
    ((3, 3, 2, 1, 0), True, 1),
    ((3, 2, 2, 0), True, 0),
    ((3, 2, 2, 2, 1, 0), False, 4),
    ((3, 2, 3, 3, 0), True, 0),
]


@pytest.mark.parametrize(("counts", "as_one", "whole"), FALLS)
def test_fall_begins_before_the_first_went_with_which_the_others_go(
    counts: tuple[int, ...], as_one: bool, whole: int
) -> None:
    count, times = _counts(*counts)
    with Fall(count, 3600 if as_one else 0) as fall:
        ended = fall.wait(10)
    assert (times[whole - 1][1] if whole else 0) <= fall.begun.since_boot <= times[whole][0]
    assert times[len(counts) - 1][1] <= ended.since_boot


def test_fall_before_the_watching_thread_runs_is_no_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    held, may_run = [3], threading.Event()
    monkeypatch.setattr(moments, "hurry", lambda: may_run.wait(10))
    with Fall(lambda: held[0], 3600) as fall:
        before = boot_clock.seconds()
        held[0] = 1
        may_run.set()
        time.sleep(0.05)
        held[0] = 0
        assert fall.wait(10) is not None
    assert fall.begun.since_boot <= before


@pytest.mark.parametrize(("counts", "enough", "last"), [((0, 1, 2, 3), 3, 3), ((0, 0, 2), 0, 2), ((0, 1, 1, 3), 4, 3)])
def test_rise_ends_with_the_last_that_came(counts: tuple[int, ...], enough: int, last: int) -> None:
    count, times = _counts(*counts)
    with Rise(count, enough) as rise:
        ended = rise.settled(10, 2)
    assert times[last][1] <= ended.since_boot
    assert ended.since_boot <= times[last + 1][0] if len(times) > last + 1 else enough == counts[last]
    assert ended.exact_to == rise.begun.until(ended)


def test_what_does_not_rise_has_no_moment() -> None:
    with Rise(lambda: 0, 3) as rise:
        assert rise.settled(0.01, 10) is None


def test_what_never_stops_rising_is_waited_for_no_longer_than_the_limit() -> None:
    with Rise(itertools.count(1).__next__, 0) as rise:
        assert rise.settled(0.1, 3600) is not None


@pytest.fixture
def no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host without room for another thread."""

    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)


def test_watch_without_a_thread_sees_it_later_and_never_shorter(no_thread: None) -> None:
    before, held = boot_clock.seconds(), [2]
    with Fall(lambda: held[0], 1) as fall, Rise(lambda: 2 - held[0], 2) as rise, Watch(lambda: not held[0]) as watch:
        entered = boot_clock.seconds()
        assert (watch.wait(0.01), fall.wait(0.01), rise.settled(0.01, 1)) == (None, None, None)
        held[0] = 0
        changed = boot_clock.seconds()
        moments_of_it = [watch.wait(1), fall.wait(1), rise.settled(1, 1)]
    assert all(moment.since_boot >= changed for moment in moments_of_it)
    assert before <= fall.entered.since_boot <= entered
    assert fall.begun.since_boot <= changed


def test_look_that_is_not_possible_is_made_again() -> None:
    left: list[Exception] = [OSError(errno.EMFILE, "Too many open files"), MemoryError()]

    def look() -> bool:
        if left:
            raise left.pop()
        return True

    with Watch(look) as watch:
        assert watch.wait(10) is not None


def test_what_was_there_when_the_watch_began_and_went_does_not_count() -> None:
    """systemd starts a service only once an earlier request to stop it is done."""
    count, times = _counts(2, 2, 0, 0, 2)
    with Rise(count, 2) as rise:
        for _wait in range(1000):
            time.sleep(0.001 if len(times) < 7 else 0)
        assert rise.settled(10, 1).since_boot >= times[4][1]


@pytest.mark.parametrize("refused", [{"sched_setscheduler"}, {"sched_setscheduler", "setpriority"}])
def test_watch_sees_without_the_priority_that_it_may_not_have(
    monkeypatch: pytest.MonkeyPatch, refused: set[str]
) -> None:
    asked = []

    def asks(name: str) -> Callable[..., None]:
        def answer(*_arguments: object) -> None:
            asked.append(name)
            if name in refused:
                raise PermissionError(1, "Operation not permitted")

        return answer

    monkeypatch.setattr(moments.os, "geteuid", lambda: 0)
    for name in ("sched_setscheduler", "setpriority"):
        monkeypatch.setattr(moments.os, name, asks(name))
    with Watch(lambda: True) as watch:
        assert watch.wait(10) is not None
    assert asked == ["sched_setscheduler", "setpriority"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may have real time")
def test_only_the_watching_thread_hurries() -> None:
    seen = []
    before = os.sched_getscheduler(0)

    def look() -> bool:
        seen.append(os.sched_getscheduler(0))
        return True

    with Watch(look) as watch:
        watch.wait(10)
    assert os.sched_getscheduler(0) == before
    assert seen[0] & ~os.SCHED_RESET_ON_FORK in (os.SCHED_RR, before)
