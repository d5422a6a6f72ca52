"""When something became true, as seen by a watch: never reported as shorter than it was, and with its precision."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running import boot_clock, moments
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.moments import Moment, Watch
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
