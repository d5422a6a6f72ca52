"""What goes wrong while the old protection is brought back: it comes back anyway, and the record says what is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.handover import (
    handover,
    incoming,
    inherited,
    outgoing,
)
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import own_journal
from handover_host import NEW, OLD, TARGET, Host, host

__all__ = ["host"]

Break = Callable[[Host, pytest.MonkeyPatch], None]


def _no_thread(_host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)


def _no_answer(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def show(_names: list[str]) -> dict[str, dict[str, str]]:
        raise EndpointError("command_timeout", "Running a command", "systemctl show", "no end within 30 s", "Look.")

    monkeypatch.setattr(host, "show", show)


def _new_does_not_stop(_host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_names: list[str], _limit: float) -> None:
        raise KeyError("LoadState")

    monkeypatch.setattr(incoming, "stop", stop)


def _old_starts_late(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    real, left = host.tell, [MemoryError]

    def tell(verb: str, names: list[str], limit: float = 0) -> None:
        if left and verb == "start":
            raise left.pop()
        real(verb, names, limit)

    monkeypatch.setattr(host, "tell", tell)


def _not_testable(_host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    real, left = outgoing._checks, [EndpointError("no_process", "Starting a process", "a child", "no room", "Look.")]

    def checks(*given: Any) -> list[dict[str, str]]:
        if left:
            raise left.pop()
        return real(*given)

    monkeypatch.setattr(outgoing, "_checks", checks)


@pytest.mark.parametrize("break_it", [_no_thread, _no_answer, _new_does_not_stop, _old_starts_late, _not_testable])
def test_the_old_one_comes_back_and_the_window_is_reported(
    host: Host, monkeypatch: pytest.MonkeyPatch, break_it: Break
) -> None:
    host.broken = {"new.service"}
    host.on_restart = lambda: break_it(host, monkeypatch)
    with pytest.raises(handover.HandoverFailed, match="The old protection is back, tested, since") as caught:
        handover.do(TARGET)
    assert host.running == {"old.service", "old.timer"}
    assert caught.value.facts["window_seconds"] > 0
    assert (own_journal.unprotected_since(), own_journal.stopped_units()) == (None, [])


class _Install:
    IN_RUN = True
    look = staticmethod(lambda _target: False)

    @staticmethod
    def do(_target: dict[str, Any]) -> None:
        raise EndpointError("command_failed", "Running the vendor's installer", "x", "exit code 1", "Look.")

    @staticmethod
    def undo(_target: dict[str, Any]) -> None:
        raise ValueError("odd")


def test_what_cannot_be_removed_for_whatever_reason_is_reported_with_the_window(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(incoming.INSTALLS, "kit_install", _Install)
    with pytest.raises(handover.HandoverFailed, match=r"is back, tested.*NOT ROLLED BACK: .*odd") as caught:
        handover.do({**TARGET, "new": {**NEW, "install": [{"kind": "kit_install", "target": {}}]}})
    assert caught.value.facts["window_seconds"] > 0
    assert own_journal.stopped_units() == []


def test_an_old_one_of_which_nothing_can_be_done_is_reported(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def bring_back(_old: outgoing.Old) -> None:
        raise AttributeError("a bug")

    host.broken = {"new.service"}
    monkeypatch.setattr(outgoing.Old, "bring_back", bring_back)
    with pytest.raises(handover.HandoverFailed, match=r"HOST MAY BE UNPROTECTED.*since.*AttributeError"):
        handover.do(TARGET)
    assert own_journal.stopped_units() == ["old.timer", "old.service"]


def test_an_heir_that_cannot_test_the_new_one_brings_the_old_one_back(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(_new: incoming.New) -> bool:
        raise ValueError("odd")

    host.running = {"new.service"}
    monkeypatch.setattr(inherited, "interception", host)
    monkeypatch.setattr(inherited, "STAYS", 0.01)
    monkeypatch.setattr(incoming.New, "protects", odd)
    old, new = outgoing.Old.stopped(OLD, None, ["old.service"]), incoming.New(NEW)

    def bring_back() -> None:
        host.running = {"old.service"}
        raise MemoryError

    assert not inherited.Inherited(TARGET, old, new, bring_back).settle()
    assert host.running == {"old.service"}
