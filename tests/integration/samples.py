"""The industry's test file and a clean one, put on a host for one test. The test string is whole only in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from integration import lab

FRAGMENTS = ("X5O!P%@AP[4\\PZ", "X54(P^)7CC)7}$", "EICAR-STAND", "ARD-ANTIVIRUS", "-TEST-FILE!$H+H*")
DETECTABLE = "".join(FRAGMENTS)
CLEAN = "a clean file of the scenario's tests\n"


@contextmanager
def sample(host: str, folder: str, content: str) -> Iterator[str]:
    """Yield the path of a new file; it is gone afterwards."""
    path = f"{folder}/scenario-sample"
    lab.must(host, "sh", "-c", 'cat >"$0"', path, given=content)
    try:
        yield path
    finally:
        lab.must(host, "rm", path)
