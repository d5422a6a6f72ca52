"""What two engines' marks have to look like, look by look, for a handover to count as one without a window."""

from __future__ import annotations

import itertools
import os
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.handover import both_marks
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.handover.both_marks import BothMarks, Held
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.moments import Moment
from hypothesis import given
from hypothesis import strategies as st

OLD, NEW, NEW_AGAIN = 1, 2, 3
SEEN = st.lists(
    st.tuples(st.sets(st.just(OLD)), st.sets(st.sampled_from([NEW, NEW_AGAIN]), max_size=1)), min_size=1, max_size=12
)


class _Nobody:
    def look(self) -> frozenset[int]:
        return frozenset()


def _taken_in(looks: list[tuple[set[int], set[int]]]) -> BothMarks:
    """Return the result of looks that start at the seconds 0, 10, 20 ... and take one second each."""
    made = BothMarks(_Nobody(), _Nobody())
    for number, (old, new) in enumerate(looks):
        begun, ended = (Moment(seconds, seconds, "boot") for seconds in (number * 10.0, number * 10.0 + 1))
        both = frozenset(old if old and new else ())
        made.note(begun, ended, frozenset(old), frozenset(new), both)
    made.is_whole = True
    return made


@given(SEEN)
def test_no_window_is_told_only_where_both_were_seen_and_each_look_knew_somebody_of_the_last(
    looks: list[tuple[set[int], set[int]]],
) -> None:
    seen = [old | new for old, new in looks]
    goes_on = all(one & other for one, other in itertools.pairwise(seen))
    were_both = any(old and new for old, new in looks)
    told = _taken_in(looks).was_never_without()
    # A single look has none before it, and by itself says nothing about a gap.
    assert told == (were_both and goes_on)


LOOKS, HALF_STEPS = 3, 18


def _seen_of(lives: dict[int, tuple[int, int]]) -> BothMarks:
    """Return the result of looks of three steps each: the old one, the new one, the old one once more."""

    def alive(pids: tuple[int, ...], step: int) -> frozenset[int]:
        return frozenset(pid for pid in pids if lives[pid][0] <= step * 2 < lives[pid][1])

    made = BothMarks(_Nobody(), _Nobody())
    for first in range(0, LOOKS * 3, 3):
        old, new = alive((OLD,), first), alive((NEW, NEW_AGAIN), first + 1)
        both = old & alive((OLD,), first + 2) if old and new else frozenset()
        made.note(Moment(first, first, "boot"), Moment(first + 2, first + 2, "boot"), old, new, both)
    made.is_whole = True
    return made


def test_a_gap_of_any_length_between_two_glances_of_one_look_is_told() -> None:
    """Whenever the old one ends, and the new one begins, ends and begins again: no gap is reported as no window."""
    half_steps = range(HALF_STEPS)
    for old_ends, begins, ends, again in itertools.product(half_steps, range(0, 8, 2), half_steps, half_steps):
        lives = {OLD: (0, old_ends), NEW: (begins, ends), NEW_AGAIN: (again, 99)}
        if _seen_of(lives).was_never_without():
            # The last glance that saw either of them: at the new one in the last look, or at the old one before it.
            last = HALF_STEPS - 4 if ends > HALF_STEPS - 4 or again <= HALF_STEPS - 4 else HALF_STEPS - 6
            gap = [half for half in range(last) if not any(begin <= half < end for begin, end in lives.values())]
            assert gap == [], lives


@given(SEEN)
def test_a_window_is_never_told_shorter_than_what_no_look_saw(looks: list[tuple[set[int], set[int]]]) -> None:
    made = _taken_in(looks)
    seen = [old | new for old, new in looks]
    gaps = [number for number in range(1, len(looks)) if not seen[number - 1] & seen[number]]
    if not gaps:
        assert made.gone is None
        return
    assert made.gone.since_boot == (gaps[0] - 1) * 10
    if seen[-1]:
        assert made.there.since_boot == gaps[-1] * 10 + 1
    else:
        assert made.there is None


def test_an_engine_that_was_started_anew_between_two_looks_was_away() -> None:
    made = _taken_in([({OLD}, {NEW}), (set(), {NEW}), (set(), {NEW_AGAIN})])
    assert not made.was_never_without()
    assert (made.gone.since_boot, made.there.since_boot) == (10, 21)


def test_nothing_is_claimed_where_the_looks_did_not_go_on_to_the_end() -> None:
    made = _taken_in([({OLD}, set()), ({OLD}, {NEW}), (set(), {NEW})])
    assert made.was_never_without()
    made.is_whole = False
    assert not made.was_never_without()


def test_how_long_both_stood_is_told_by_the_looks_that_saw_both() -> None:
    made = _taken_in([({OLD}, set()), ({OLD}, {NEW}), ({OLD}, {NEW}), ({OLD}, set()), (set(), {NEW})])
    assert (made.together.since_boot, made.last.since_boot) == (11, 21)
    assert _taken_in([({OLD}, set())]).together is None


def test_since_when_the_old_one_is_away_is_known() -> None:
    assert _taken_in([({OLD}, set()), ({OLD}, {NEW})]).since is None
    assert _taken_in([({OLD}, set()), ({OLD}, {NEW}), (set(), {NEW}), (set(), {NEW})]).since.since_boot == 10


class _Kernel:
    """Marks by process, and which processes lie below a path."""

    def __init__(self, held: dict[int, list[str]]) -> None:
        self.held, self.scans = held, 0

    def permission_marks(self, pid: int, _bits: int) -> list[str]:
        return self.held.get(pid, [])

    def holders(self, _below: list[str], _bits: int) -> dict[int, list[str]]:
        self.scans += 1
        return {pid: targets for pid, targets in self.held.items() if targets}

    def inode_targets(self, paths: list[str]) -> dict[str, str]:
        return {path: f"ino:{path}" for path in paths}


@pytest.mark.parametrize(
    ("held", "seen"),
    [
        ({7: ["ino:/a", "ino:/b"]}, {7}),
        ({7: ["ino:/a"], 8: ["ino:/b"]}, {7, 8}),
        ({7: ["mnt_id:1"]}, {7}),
        ({7: ["ino:/a"]}, set()),
        ({}, set()),
    ],
)
def test_all_protected_directories_have_to_be_covered(
    monkeypatch: pytest.MonkeyPatch, held: dict[int, list[str]], seen: set[int]
) -> None:
    monkeypatch.setattr(both_marks, "interception", _Kernel(held))
    assert Held(["/new"], 1, ["/a", "/b"]).look() == frozenset(seen)


def test_all_processes_are_looked_at_only_where_the_known_ones_do_not_do(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = _Kernel({7: ["ino:/a"]})
    monkeypatch.setattr(both_marks, "interception", kernel)
    made = Held(["/new"], 1)
    assert [made.look() for _turn in range(3)] == [frozenset({7})] * 3
    assert kernel.scans == 1
    kernel.held = {9: ["ino:/a"]}
    assert (made.look(), kernel.scans) == (frozenset({9}), 2)


def test_the_looks_end_with_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel: Any = _Kernel({os.getpid(): ["mnt_id:1"]})
    monkeypatch.setattr(both_marks, "interception", kernel)
    with BothMarks(Held(["/old"], 1), Held(["/new"], 1)) as made:
        while made.looks < 3:
            pass
    assert not made.is_alive()
    assert made.was_never_without()
