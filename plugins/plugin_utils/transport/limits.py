# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much of the controller one host may use: time, by the task's own limit, and memory."""

from __future__ import annotations

import contextlib
import importlib
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

# Where ansible-core has the exception that ends a task after its ``timeout``: since 2.19, and before.
RAISED_BY = ("ansible._internal._errors._task_timeout", "ansible.executor.task_executor")
STATM = Path("/proc/self/statm")
DATA = 5
# Bytes that one host's answer may take on the controller before it is refused.
ANSWER_ROOM = 1 << 30


class OverdueError(BaseException):
    """What was to be done within some seconds was not. No ``except Exception`` on the way may take it for its own."""


def timeout_error() -> type[BaseException]:
    """Return what Ansible raises at the end of a task's ``timeout``; OverdueError where that is not known."""
    for name in RAISED_BY:
        with contextlib.suppress(ImportError, AttributeError):
            found: type[BaseException] = importlib.import_module(name).TaskTimeoutError
            return found
    return OverdueError


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise OverdueError in what takes longer; for the main thread, while no other alarm is set."""

    def end(_signal: int, _frame: object) -> None:
        raise OverdueError

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def room(size: int) -> Iterator[None]:
    """Let this process, a worker that serves one host, take so many bytes more; MemoryError beyond.

    Ansible's connections take whatever a host sends, to the end, into memory.
    """
    taken = _taken()
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = taken + size
    lower = taken and all(limit == resource.RLIM_INFINITY or wanted < limit for limit in (soft, hard))
    if lower:
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
    try:
        yield
    finally:
        if lower:
            resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _taken() -> int:
    """Return the bytes that the limit counts, 0 where no kernel reports it."""
    try:
        return int(STATM.read_text(encoding="ascii").split()[DATA]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0
