"""What a command takes with all its processes: time, processor time, and the memory that it really holds."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import BenchError
from .usage import Usage

POLL_SECONDS = 0.25


def of_tree(argv: Sequence[str], environment: Mapping[str, str], output: Path, codes: Sequence[int] = (0,)) -> Usage:
    """Run a command that has to end with one of the codes and return what it and its children took together.

    The memory is the highest sum of their proportional set sizes (Pss in /proc/PID/smaps_rollup), four times a second:
    what forks share counts once.
    """
    with output.open("wb") as stream:
        begun = time.monotonic()
        process = subprocess.Popen(list(argv), env=dict(environment), stdout=stream, stderr=subprocess.STDOUT)
        peak, ended = 0, 0
        while not ended:
            peak = max(peak, sum(map(_pss_kb, [process.pid, *_below(process.pid)])))
            time.sleep(POLL_SECONDS)
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
        wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in codes:
        raise BenchError("Running a command", " ".join(argv), f"exit code {process.returncode}", f"See {output}.")
    return Usage(wall, used.ru_utime + used.ru_stime, peak / 1024)


def _below(pid: int) -> list[int]:
    """Return all children of a process, and theirs."""
    try:
        mine = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []
    return mine + [each for child in mine for each in _below(child)]


def _pss_kb(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
