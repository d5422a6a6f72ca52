"""A limit holds for what hangs, and time without a processor does not count against it."""

from __future__ import annotations

import os
import signal
import time

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running import bounded


def _sleeping(seconds: float) -> bounded.Child:
    return bounded.Child(lambda _board: time.sleep(seconds), (), bounded.LEAST)


def _starved(monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    """Pretend that every process was kept waiting for this share of the time."""
    begun = time.monotonic()
    monkeypatch.setattr(bounded, "_kept_waiting", lambda _pid: (time.monotonic() - begun) * share)


def test_what_hangs_is_given_up() -> None:
    with _sleeping(60) as child:
        assert not child.wait(0.1)


def test_what_was_kept_from_the_processors_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    _starved(monkeypatch, 1.0)
    with _sleeping(1) as child:
        assert child.wait(0.1)


def test_patience_with_a_busy_host_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    _starved(monkeypatch, 1.0)
    monkeypatch.setattr(bounded, "PATIENCE", 0.2)
    with _sleeping(60) as child:
        assert not child.wait(0.1)


def test_the_kernel_says_how_long_a_process_was_kept_waiting() -> None:
    """Two processes on one processor: each waits while the other runs."""
    processor = {min(os.sched_getaffinity(0))}

    def busy(_board: bounded.Board) -> None:
        os.sched_setaffinity(0, processor)
        while True:
            pass

    with bounded.Child(busy, (), bounded.LEAST) as one, bounded.Child(busy, (), bounded.LEAST):
        until = time.monotonic() + 60
        while bounded._kept_waiting(one.pid) < 0.05 and time.monotonic() < until:
            time.sleep(0.05)
        assert bounded._kept_waiting(one.pid) >= 0.05
        os.kill(one.pid, signal.SIGSTOP)
        os.waitpid(one.pid, os.WUNTRACED)
        before = bounded._kept_waiting(one.pid)
        time.sleep(0.3)
        assert bounded._kept_waiting(one.pid) == before
    assert bounded._kept_waiting(one.pid) == 0.0


READS = 50_000


def test_a_limit_is_never_read_while_it_is_half_written() -> None:
    """A child that notes its progress all the time, as one that walks through a tree does, is never seen as late."""

    def goes_on(board: bounded.Board) -> None:
        board.begin("a step", 300, without_progress=True)
        board.tell(["begun"])
        while True:
            board.at("/srv/a/file")

    with bounded.Child(goes_on, (), bounded.LEAST) as child:
        earliest = time.monotonic() + 290
        until = time.monotonic() + 60
        while not child.board.told() and time.monotonic() < until:
            time.sleep(0.01)
        seen = [child.board.now() for _number in range(READS)]
    assert min(limit for limit, _what, _at in seen) > earliest
    assert {(what, at) for _limit, what, at in seen} <= {("a step", "/srv/a/file"), ("a step", "")}
    assert child.board.told() == [["begun"]]
