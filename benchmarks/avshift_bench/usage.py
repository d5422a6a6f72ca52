"""What a command takes: time, processor time with that of its children, and memory of its own process alone."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import BenchError

POLL_SECONDS = 0.02
PEAK = "VmHWM:"


@dataclass(frozen=True)
class Usage:
    """Seconds on the clock, processor seconds of the whole tree, and the peak of one process's resident memory."""

    wall: float
    cpu: float
    peak_mb: float


def of_command(argv: Sequence[str], environment: Mapping[str, str], output: Path) -> Usage:
    """Run a command that has to succeed and return what it took; its output goes to a file, its errors beside it.

    The memory is that of the command's own process, without its children: the kernel's own high-water mark (VmHWM in
    /proc/PID/status), read every 20 ms until the process ends. It never falls, so only the last 20 ms can be missed.
    """
    errors = output.with_suffix(".err")
    with output.open("wb") as stream, errors.open("wb") as error_stream:
        begun = time.monotonic()
        process = subprocess.Popen(
            list(argv), env=dict(environment), stdin=subprocess.DEVNULL, stdout=stream, stderr=error_stream
        )
        peak, status, cpu = _wait(process.pid)
        wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        cause = f"exit code {process.returncode}"
        raise BenchError("Running a command", " ".join(argv), cause, f"See {output} and {errors}.")
    return Usage(wall, cpu, peak / 1024)


def _wait(pid: int) -> tuple[int, int, float]:
    peak = 0
    while True:
        peak = max(peak, _peak_kb(pid))
        ended, status, used = os.wait4(pid, os.WNOHANG)
        if ended:
            return peak, status, used.ru_utime + used.ru_stime
        time.sleep(POLL_SECONDS)


def _peak_kb(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith(PEAK)), 0)
