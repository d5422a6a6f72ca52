"""Two runs do not work on one host at once, and a killed run blocks no other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply import main
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import run_lock

NOTHING = {"steps": [], "parts": ["remove"], "pending": []}
HOLD = """
import fcntl, os, sys
lock = open(sys.argv[1], "w")
fcntl.flock(lock, fcntl.LOCK_EX)
print(os.getpid(), file=lock, flush=True)
print(flush=True)
input()
"""


@pytest.fixture(autouse=True)
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "lock"
    monkeypatch.setattr(run_lock, "PATH", str(path))
    return path


def test_second_run_is_refused_by_name_until_the_first_is_killed(lock: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        result = main.main(NOTHING, False)
        assert (result["failed"], result["code"]) == (True, "run_in_progress")
        assert f"process {other.pid}" in result["msg"]
        assert "failed" not in main.main(NOTHING, True)
        other.kill()
    assert "failed" not in main.main(NOTHING, False)


def test_preview_leaves_no_lock(lock: Path) -> None:
    main.main(NOTHING, True)
    assert not lock.exists()


def test_lock_is_no_way_to_write_elsewhere(lock: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("the owner's")
    lock.symlink_to(tmp_path / "elsewhere")
    assert main.main(NOTHING, False)["failed"]
    assert (tmp_path / "elsewhere").read_text() == "the owner's"


def test_lock_is_given_back_when_the_block_fails(lock: Path) -> None:
    with pytest.raises(EndpointError), run_lock.held():
        raise EndpointError("x", "Doing", "x", "no", "Look.")
    with run_lock.held():
        assert lock.read_text() == f"{os.getpid()}\n"
