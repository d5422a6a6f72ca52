"""A command that does not end is killed with everything that it has started."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.commands import run

STARTS_A_CHILD = 'sleep 600 & echo $! >"$0"; wait'


def test_child_of_a_command_ends_with_it_at_the_limit(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    with pytest.raises(EndpointError) as raised:
        run(["sh", "-c", STARTS_A_CHILD, str(noted)], 1)
    assert raised.value.code == "command_timeout"
    child = int(noted.read_text())
    assert not Path(f"/proc/{child}").exists() or _state(child) == "Z"


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]


def test_command_gets_no_more_of_the_environment_than_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "AVSHIFT_TEST", "inherited")
    assert run(["sh", "-c", 'echo "$AVSHIFT_TEST$GIVEN $LC_ALL"'], 10, GIVEN="given").output == "given C\n"


LEAVES_A_SERVICE = "echo done; setsid sleep 30 & exit 3"


def test_what_a_command_has_started_and_left_is_not_waited_for() -> None:
    begun = time.monotonic()
    finished = run(["sh", "-c", LEAVES_A_SERVICE], 20)
    assert (finished.code, finished.output) == (3, "done\n")
    assert time.monotonic() - begun < 20


def test_what_has_left_its_group_does_not_keep_the_limit_from_ending() -> None:
    with pytest.raises(EndpointError) as raised:
        run(["sh", "-c", "setsid sleep 30 & exec sleep 30"], 1)
    assert raised.value.code == "command_timeout"


def test_command_that_prints_much_and_reads_much_loses_nothing() -> None:
    given = "x" * 300_000
    assert run(["sh", "-c", "sleep 1.5; cat"], 30, stdin=given).output == given
