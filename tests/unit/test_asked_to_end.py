"""A run that is asked to end in a handover: at no moment is that forgotten, and at none does it leave no scanner."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply import runner
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.handover import handover
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import own_journal
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.signals import Heard
from handover_host import NEW, TARGET, Host, host

__all__ = ["host"]

OLD = {"old.timer", "old.service"}
NOTHING = {**TARGET, "new": None}


def _told(monkeypatch: pytest.MonkeyPatch, on: Any, name: str) -> None:
    """Have the run asked to end when a function is called, once."""
    real, left = getattr(on, name), [signal.SIGTERM]

    def asked(*given: Any, **named: Any) -> Any:
        if left:
            os.kill(os.getpid(), left.pop())
        return real(*given, **named)

    monkeypatch.setattr(on, name, asked)


@pytest.mark.parametrize("new", [None, NEW])
def test_while_a_killed_run_s_time_is_read_the_old_one_comes_back(
    host: Host, monkeypatch: pytest.MonkeyPatch, new: dict[str, Any] | None
) -> None:
    own_journal.note("other", status="begun", interrupted_seconds=7.5)
    _told(monkeypatch, own_journal, "interrupted_seconds")
    with pytest.raises(handover.HandoverFailed, match=r"terminated during this step.*is back, tested") as caught:
        handover.do({**TARGET, "new": new})
    assert host.running == OLD
    assert caught.value.facts["window_before_seconds"] == 7.5 < caught.value.facts["window_seconds"]


def test_while_a_handover_to_nothing_is_noted_the_old_one_comes_back(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Heard() as signals:
        real = own_journal.note

        def note(digest: str, only: tuple[str, ...] = (), **fields: Any) -> None:
            if "window_seconds" in fields and "old.service" not in host.running:
                os.kill(os.getpid(), signal.SIGTERM)
            real(digest, only, **fields)

        monkeypatch.setattr(own_journal, "note", note)
        done = runner.carry_out([_step(NOTHING)], ["h"], False, signals=signals)
    assert (done["failure"]["code"], host.running) == ("handover_failed", OLD)
    assert done["outcomes"][0]["facts"]["old_is_back"] is True


def _step(target: dict[str, Any]) -> dict[str, Any]:
    return {"id": "h", "part": "replace", "kind": "handover", "undo": "", "target": target}


class _Never:
    look = staticmethod(lambda _target: False)

    @staticmethod
    def do(_target: Any) -> None:
        raise AssertionError("it was begun")


@pytest.mark.parametrize("new", [None, NEW])
def test_after_a_handover_the_next_step_fails(
    host: Host, monkeypatch: pytest.MonkeyPatch, new: dict[str, Any] | None
) -> None:
    step = _step({**TARGET, "new": new})
    monkeypatch.setitem(runner.KINDS, "retain", _Never)
    _told(monkeypatch, runner, "_must_be_done")
    with Heard() as signals:
        done = runner.carry_out([step], ["h"], False, signals=signals)
        removal = [{"id": "r", "kind": "retain", "undo": "", "target": {}}]
        after = runner.carry_out(removal, ["r"], False, None, None if new else step, signals=signals)
    assert (done["failure"], done["outcomes"][0]["outcome"]) == (None, "changed")
    assert after["failure"]["code"] == "interrupted"
    assert host.running == ({"new.service"} if new else OLD)


def test_while_the_old_one_is_kept_from_boot_that_is_done_to_its_end(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    _told(monkeypatch, handover.Old, "retire")
    with Heard() as signals:
        done = runner.carry_out([_step(TARGET)], ["h"], False, signals=signals)
    assert (done["failure"], host.running, host.links) == (None, {"new.service"}, {})


def test_while_the_old_one_stops_the_window_counts_although_it_stops_later(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """systemd goes on, and starts it again only after that."""
    real, went = host.tell, threading.Event()

    def stops() -> None:
        time.sleep(0.3)
        host.running.difference_update(OLD)
        went.set()

    def tell(verb: str, names: list[str], limit: float = 0) -> None:
        if verb == "stop" and "old.service" in names:
            threading.Thread(target=stops, daemon=True).start()
            os.kill(os.getpid(), signal.SIGTERM)
        if verb == "start":
            assert went.wait(10)
            time.sleep(0.3)
        real(verb, names, limit)

    monkeypatch.setattr(host, "tell", tell)
    with pytest.raises(handover.HandoverFailed, match="is back, tested") as caught:
        handover.do(TARGET)
    assert caught.value.facts["window_seconds"] >= 0.6
    noted = own_journal.noted("d")
    assert noted["unprotected_from"] == caught.value.facts["unprotected_from"] < noted["unprotected_until"]
