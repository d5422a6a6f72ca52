"""Processes: which one a number stands for, and children that do not outlive their parent."""

from __future__ import annotations

import ctypes
import os
import signal
from pathlib import Path

PR_SET_PDEATHSIG = 1
_LIBRARY = ctypes.CDLL(None, use_errno=True)


def dies_with_parent() -> None:
    """Have the kernel kill this process when the one that started it ends. For use between fork and exec."""
    _LIBRARY.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def began(pid: int) -> str:
    """Return when a process began, in kernel ticks; '' if there is none or it has ended. Process IDs are reused."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(") ")[2].split()
    except OSError:
        return ""
    return "" if told[0] in ("Z", "X") else told[19]


def kill(pid: int) -> None:
    """Kill a process, if it is still there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
