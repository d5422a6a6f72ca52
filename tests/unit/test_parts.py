"""The program that runs several make targets at once ends all of them when it is ended, and reports each result."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support import REPOSITORY

GENEROUS = 60
MAKEFILE = """
good:
\t@echo done
bad:
\t@exit 3
long:
\t@sh -c 'trap "" HUP; echo $$$$ >{pid}; sleep 600; true'
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with the program and a Makefile."""
    (tmp_path / "lab").mkdir()
    for name in ("parts.py", "heartbeat.py"):
        shutil.copy(REPOSITORY / "lab" / name, tmp_path / "lab")
    (tmp_path / "Makefile").write_text(MAKEFILE.replace("{pid}", str(tmp_path / "pid")), encoding="utf-8")
    return tmp_path


def _begun(home: Path, *parts: str) -> subprocess.Popen[str]:
    command = [sys.executable, "lab/parts.py", "--jobs", "2", *parts]
    # What a shell starts in the background ignores an interrupt, and so does everything below it; not at a terminal.
    command = ["env", "--default-signal=INT", *command]
    return subprocess.Popen(command, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GENEROUS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_all_run_whatever_fails_and_the_last_lines_name_each(home: Path) -> None:
    said, _none = _begun(home, "bad", "good").communicate(timeout=GENEROUS)
    assert "FAILED" in next(line for line in said.splitlines() if line.endswith("  bad"))
    assert "passed" in next(line for line in said.splitlines() if line.endswith("  good"))
    assert (home / ".cache/parts/good.log").read_text(encoding="utf-8") == "done\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_that_is_ended_ends_what_it_runs(home: Path, number: signal.Signals) -> None:
    running, pid = _begun(home, "long"), home / "pid"
    _until(lambda: pid.exists() and pid.read_text(encoding="utf-8").endswith("\n"))
    child = int(pid.read_text(encoding="utf-8"))
    running.send_signal(number)
    running.communicate(timeout=GENEROUS * 2)
    assert running.returncode != 0
    _until(lambda: not os.path.exists(f"/proc/{child}"))
