"""Hives with arbitrary bytes changed: the look always ends, and says what it could not read."""

from __future__ import annotations

import json
import os
import struct
import tempfile
from pathlib import Path

import regf_build
from ansible_collections.avshift.endpoint.plugins.module_utils.windows.look import Look
from attacks import attack
from disks import CONFIG, READS, SOFTWARE, UNFORESEEN, UNINSTALL, disk, put
from hypothesis import given, settings
from hypothesis import strategies as st
from regf_build import text

FULL = os.environ.get("AVSHIFT_HOSTILE_SET") == "full"
CASES = 10_000 if FULL else 300
KEYS = {
    **SOFTWARE,
    **{rf"{UNINSTALL}\kasper{number}": {"DisplayName": text("Kaspersky" * number)} for number in range(40)},
    rf"{UNINSTALL}\large": {"x": (3, b"\1" * 40000)},
    r"SOFTWARE\KasperskyLab\a\b": {"x": text("x")},
}
WHOLE = regf_build.hive(KEYS)
USED = len(WHOLE.rstrip(b"\0"))
INTERESTING = [0, 1, 7, 8, 0x20, 0x1000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0x80000004, 0xF0000000, 0xFFFFFFF8, 0xFFFFFFFF]
# A number that is wrong on purpose, a byte, or a piece of the hive from another place.
NUMBERS = st.tuples(
    st.integers(0, USED // 4 - 1), st.sampled_from(INTERESTING) | st.integers(0, USED).map(lambda n: n & ~7)
)
BYTES = st.tuples(st.integers(0, USED - 1), st.integers(0, 255))
PIECES = st.tuples(st.integers(0, USED // 8), st.integers(0, USED // 8), st.integers(1, 16))
CHANGES = st.tuples(st.lists(NUMBERS, max_size=4), st.lists(BYTES, max_size=6), st.lists(PIECES, max_size=2))


Change = tuple[list[tuple[int, int]], list[tuple[int, int]], list[tuple[int, int, int]]]


def mutated(change: Change) -> bytes:
    """Return the hive with changes."""
    numbers, changes, pieces = change
    content = bytearray(WHOLE)
    for place, value in numbers:
        struct.pack_into("<I", content, place * 4, value)
    for place, value in changes:
        content[place] = value
    for source, target, length in pieces:
        content[target * 8 : target * 8 + length * 8] = WHOLE[source * 8 : source * 8 + length * 8]
    return bytes(content[: len(WHOLE)])


@attack(
    "disk-mutated-hives",
    threat="any bytes of a hive are changed",
    holds="each look ends with JSON, and no unforeseen error comes",
)
def test_any_change_of_a_hive() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = disk(Path(folder) / "disk")

        @settings(max_examples=CASES, deadline=None, derandomize=True, database=None)
        @given(CHANGES)
        def tried(change: Change) -> None:
            content = mutated(change)
            put(root, f"{CONFIG}/SOFTWARE", content)
            put(root, "Users/Masha/NTUSER.DAT", content)
            looking = Look(str(root), 5000, 30)
            told = json.dumps([looking.answer(read) for read in READS])
            told.encode("ascii")
            assert not UNFORESEEN.search(told), told[:2000]

        tried()
