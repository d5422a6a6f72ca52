"""The tests of interruption themselves: no boundary is left out, and a different state is found."""

from __future__ import annotations

from pathlib import Path

import yaml

from interruption import endpoint
from interruption.boundaries import before_removal, boundaries, in_overlap, of_each_kind, sample, words, writing
from interruption.engine import CATALOG, Case
from interruption.states import differences

OVERLAP = Path(__file__).resolve().parents[2] / "molecule/interruption/expected/overlap.yml"
QUIET = {"step": "01-quiet", "calls": 0, "children": {}}
BUSY = {"step": "02-stage-busy", "calls": 9, "children": {"2": 0.1, "4": 6.0}}
# Its last call starts a program.
CALLING = {"step": "03-remove-calling", "calls": 2, "children": {"2": 0.1}}
FILE = [0o100000, 0o644, 0, 0, "aa"]


def test_every_step_is_cut_at_its_beginning_in_its_midst_and_at_its_end() -> None:
    assert [words(one) for one in boundaries([QUIET, BUSY, CALLING])] == [
        "01-quiet, at its beginning",
        "01-quiet, at its end",
        "02-stage-busy, in call 1",
        "02-stage-busy, in call 5",
        "02-stage-busy, in call 4, 3.0 s after it began",
        "02-stage-busy, at its end",
        "03-remove-calling, in call 1",
        "03-remove-calling, in call 2",
        "03-remove-calling, at its end",
    ]


def test_the_sample_has_one_of_every_step() -> None:
    assert [words(one) for one in sample([QUIET, BUSY])] == [
        "01-quiet, at its end",
        "02-stage-busy, in call 4, 3.0 s after it began",
    ]


def test_the_disk_has_no_inodes_for_every_step_that_can_change_something_or_for_one_of_each_kind() -> None:
    again = {**CALLING, "step": "04-remove-calling"}
    those = writing([QUIET, BUSY, CALLING, again], "inodes")
    assert [one["step"] for one in those] == ["02-stage-busy", "03-remove-calling", "04-remove-calling"]
    assert {one["at"] for one in those} == {"no inodes"}
    assert [one["step"] for one in of_each_kind(those)] == ["02-stage-busy", "03-remove-calling"]
    assert [one["step"] for one in before_removal(those)] == ["02-stage-busy"]


def test_what_is_not_the_same_is_told() -> None:
    uncut = {"/etc/a": FILE, "/etc/b": FILE, "/var/log/c": FILE}
    cut = {"/etc/a": [*FILE[:-1], "bb"], "/etc/d": FILE, "/var/log/c": [*FILE[:-1], "bb"]}
    assert differences(uncut, uncut) == []
    assert [one.partition(": is ")[0] for one in differences(uncut, cut)] == ["/etc/a", "/etc/b", "/etc/d"]


def test_of_a_file_whose_content_differs_by_itself_the_owner_is_compared() -> None:
    assert differences({"/var/log/c": FILE}, {"/var/log/c": [FILE[0], 0o777, *FILE[2:]]}) != []
    assert differences({"/var/log/c": FILE}, {}) != []


def test_places_of_a_handover_are_told_by_what_was_done_before_them() -> None:
    assert [words(one) for one in in_overlap(["new_started"])] == ["handover, after new_started"]


def test_each_place_of_an_overlap_says_beforehand_who_scans_then() -> None:
    stated = yaml.safe_load(OVERLAP.read_text(encoding="utf-8"))
    assert list(stated) == list(endpoint.PLACES)
    for place, told in stated.items():
        assert set(told) - {"open"} == {"kill", "power"}, place
        assert all(told[how] and set(told[how]) <= {"kesl", "clamonacc"} for how in ("kill", "power")), place
        assert ("open" in told) == (place in (*endpoint.STRUCK, *endpoint.STRUCK_BEFORE)), place


def test_a_replacement_s_options_are_settled_as_a_module_settles_them() -> None:
    """Planners expect each option that the provider has."""
    assert set(Case("full", replaced=True).goal.options) == set(CATALOG.providers["clamav"].options)
