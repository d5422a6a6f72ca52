"""The self-test of an engine beside another: files that it alone can know, and its log."""

from __future__ import annotations

import errno
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.prove import beside

READ = 0


class _Log:
    """A log that names a file only when it is asked for the ``after``-th time."""

    def __init__(self, after: int) -> None:
        self.asked, self.after = 0, after

    def left(self, _unit: str, names: list[str]) -> list[str]:
        self.asked += 1
        return [] if self.asked >= self.after else names


def _proven(monkeypatch: pytest.MonkeyPatch, log: _Log, outcome: Any) -> dict[str, str]:
    monkeypatch.setattr(beside, "_outcomes", lambda names, _data, _limit: dict.fromkeys(names, outcome))
    monkeypatch.setattr(beside.on_access, "not_in_log", log.left)
    monkeypatch.setattr(beside.on_access, "clean_up", lambda *_given: None)
    monkeypatch.setattr(beside, "ASKING", 0.001)
    return {found["id"]: found["result"] for found in beside.prove(["/home"], b"data", "new.service", 1)}


def test_a_log_that_is_late_is_waited_for_where_something_was_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    log = _Log(after=3)
    assert _proven(monkeypatch, log, errno.EPERM) == {"beside_blocks:/home": "ok", "beside_logged": "ok"}


def test_where_nothing_was_refused_no_time_is_lost_with_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test is repeated, and the two may run side by side for some seconds only."""
    log = _Log(after=3)
    assert _proven(monkeypatch, log, READ) == {"beside_blocks:/home": "bad", "beside_logged": "bad"}
    assert log.asked == 1
