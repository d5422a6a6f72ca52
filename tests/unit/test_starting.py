"""A host that has no room for another process at the moment, or for longer."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Callable

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running import commands, outlive, starting


def _start(*numbers: int) -> Callable[..., int]:
    """Return a start that fails with these errors in turn, and then gives 7."""
    left = list(numbers)

    def start(*_arguments: object, **_named: object) -> int:
        if left:
            number = left.pop(0)
            raise OSError(number, errno.errorcode[number])
        return 7

    return start


def test_start_is_tried_until_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "PAUSE", 0)
    assert starting.started(_start(errno.EAGAIN, errno.ENOMEM, errno.EAGAIN), "a child") == 7


def test_thread_without_room_is_tried_like_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    left = [RuntimeError("can't start new thread")]

    def start() -> None:
        if left:
            raise left.pop()

    monkeypatch.setattr(starting, "PAUSE", 0)
    starting.started(start, "a thread")
    monkeypatch.setattr(starting, "SECONDS", 0)
    left.append(RuntimeError("can't start new thread"))
    with pytest.raises(EndpointError, match="Starting a process: a thread: can't start new thread"):
        starting.started(start, "a thread")


def test_where_no_room_comes_the_error_names_what_was_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "SECONDS", 0)
    with pytest.raises(EndpointError, match="Starting a process: a child: Resource temporarily unavailable") as raised:
        starting.started(_start(errno.EAGAIN), "a child")
    assert raised.value.code == "no_process"


def test_any_other_error_is_raised_at_once() -> None:
    with pytest.raises(FileNotFoundError):
        starting.started(_start(errno.ENOENT, errno.EAGAIN), "a child")


@pytest.mark.parametrize(("number", "code"), [(errno.EAGAIN, "no_process"), (errno.ENOENT, "command_missing")])
def test_command_without_room_is_not_taken_for_one_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    monkeypatch.setattr(starting, "SECONDS", 0)
    monkeypatch.setattr(subprocess, "Popen", _start(number))
    with pytest.raises(EndpointError) as raised:
        commands.run(["true"], 5)
    assert raised.value.code == code


def test_part_of_a_plan_without_room_is_a_failure_with_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "SECONDS", 0)
    monkeypatch.setattr(outlive.os, "fork", _start(errno.ENOMEM))
    told = outlive.answer_of(lambda: {})
    assert (told["failed"], told["code"]) == (True, "no_process")
