"""One line per step, with the seconds it took."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_BEGIN = time.monotonic()
_LOCK = Lock()


@contextmanager
def step(subject: str, what: str) -> Iterator[None]:
    """Says the step when it has been done. A failing step says nothing; its error does."""
    begin = time.monotonic()
    yield
    say(subject, f"{what} ({time.monotonic() - begin:.1f} s)")


def say(subject: str, what: str) -> None:
    """Print one whole line, even if others print at the same time."""
    with _LOCK:
        print(f"{time.monotonic() - _BEGIN:6.1f}  {subject:<12} {what}", file=sys.stderr, flush=True)
