"""What may never return is done in a child, which does nothing else, and is gone afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import process_status
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import CutOff
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.child import TIMEOUT, told
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.signals import Held
from ansible_collections.avshift.endpoint.plugins.module_utils.prove import on_access

NAMED = "import ctypes, time; ctypes.CDLL(None).prctl(15, b'\\xff) (', 0, 0, 0); print(flush=True); time.sleep(60)"


def _children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="utf-8").split()


@pytest.mark.parametrize("outcome", [0, 13, "in words"])
def test_what_it_tells_comes_back(outcome: Any) -> None:
    assert told(lambda tell: tell(outcome), 10) == outcome


def test_one_that_does_not_return_is_given_up_and_ended() -> None:
    assert told(lambda _tell: time.sleep(60), 0.1) == TIMEOUT
    assert _children() == []


def _fails(_tell: Callable[[Any], None]) -> None:
    raise ValueError


def test_an_error_in_the_child_ends_the_child_alone() -> None:
    parent = os.getpid()
    assert told(_fails, 10) == "the reader was killed"
    assert (os.getpid(), _children()) == (parent, [])


def test_signal_ends_the_wait_and_the_child_does_not_go_on_as_its_parent(tmp_path: Path) -> None:
    """The whole group gets a signal to end, as when a terminal is closed."""
    marks = tmp_path / "marks"

    def act(_tell: Callable[[Any], None]) -> None:
        os.kill(os.getppid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)

    with Held(), pytest.raises(CutOff):
        try:
            told(act, 20)
        finally:
            marks.open("a").write("x")
    assert marks.read_text(encoding="utf-8") == "x"
    assert _children() == []


@pytest.fixture
def oddly_named() -> Any:
    """A process that has given itself a name of odd bytes."""
    with subprocess.Popen([sys.executable, "-c", NAMED], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_process_with_an_odd_name_has_its_start(oddly_named: subprocess.Popen[bytes]) -> None:
    assert process_status.start(os.getpid()) <= process_status.start(oddly_named.pid)
    assert process_status.is_roots(oddly_named.pid) is (os.geteuid() == 0)


def test_nobody_can_spoil_a_proof_by_a_name(tmp_path: Path, oddly_named: subprocess.Popen[bytes]) -> None:
    (tmp_path / f".avshift-selftest-{oddly_named.pid}-000000000000").touch()
    assert [check["id"].partition(":")[0] for check in on_access.prove([str(tmp_path)])] == [
        "on_access_blocks",
        "on_access_clean",
    ]


def test_test_file_that_never_opens_is_no_protection_and_no_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listener that has stopped blocks processes that create a file as well as those that read one."""
    monkeypatch.setattr(on_access, "put_and_read", lambda _path, _data, _tell: threading.Event().wait())
    monkeypatch.setattr(on_access, "HARDLY", 0.1)
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    checks = on_access.prove([str(folder) for folder in folders], timeout=0.2)
    assert {check["result"] for check in checks} == {"bad"}
