"""Runs that are killed in a handover: one of the two protects within seconds, and the next run continues from there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from killed_run import Killed, comes, killed

OLD = {"old.timer", "old.service"}
NEW = {"new.service"}


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that belongs to root, with everything above it."""
    made = Path(tempfile.mkdtemp(prefix="avshift-heir-", dir="/root"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def host(place: Path) -> Iterator[Killed]:
    """A host on which the old one goes first."""
    with killed(place) as made:
        yield made


@pytest.fixture
def both(place: Path) -> Iterator[Killed]:
    """A host on which both may run side by side."""
    with killed(place, overlaps=True) as made:
        yield made


@pytest.mark.parametrize("at", ["stop old.service", "old stopped"])
def test_killed_between_the_two_the_old_one_comes_back(host: Killed, at: str) -> None:
    host.kill(at)
    assert host.heir_has_acted()
    assert host.runs() == OLD
    facts = host.finish()
    assert host.runs() == NEW
    # The time that the killed run left without protection counts.
    assert facts["window_seconds"] > facts["window_before_seconds"] > 0


def test_a_new_one_that_came_up_stays_if_it_passes_its_self_test(host: Killed) -> None:
    host.kill("restart new.service")
    assert host.heir_has_acted()
    assert host.runs() == NEW
    before = host.said()
    facts = host.finish()
    assert "restart new.service" not in host.said()[len(before) :], "it protected, and was stopped"
    assert facts["window_seconds"] > 0


def test_a_new_one_that_fails_its_self_test_makes_way_for_the_old_one(host: Killed) -> None:
    (host.folder / "new-is-bad").touch()
    host.kill("restart new.service")
    assert host.heir_has_acted()
    assert host.runs() == OLD


def test_an_old_one_that_was_stopped_late_by_a_command_of_the_run_is_started_again(host: Killed) -> None:
    """systemctl continues when its run is killed, and may be slow."""
    host.kill("old stopped")
    assert comes(lambda: host.runs() == OLD)
    (host.folder / "old.service").unlink()
    assert host.heir_has_acted()
    assert host.runs() == OLD


def test_the_next_run_waits_for_the_heir_and_goes_on(host: Killed) -> None:
    host.kill("old stopped")
    host.finish()
    said = host.said()
    assert said.index(next(line for line in said if "protects again" in line)) < said.index("enable new.service")
    assert host.runs() == NEW


def test_a_run_that_is_killed_again_and_again_leaves_the_old_one(host: Killed) -> None:
    for number in range(1, 3):
        host.kill("old stopped")
        assert comes(lambda n=number: sum("protects again" in line for line in host.said()) == n)
        assert host.runs() == OLD
    facts = host.finish()
    assert facts["window_seconds"] > facts["window_before_seconds"] > 0


def test_killed_after_the_new_one_was_proven_nothing_is_done(host: Killed) -> None:
    host.kill("old retired")
    assert host.is_alone()
    assert host.runs() == NEW
    assert not any("protects again" in line for line in host.said())


def test_a_run_that_ends_leaves_no_process(host: Killed) -> None:
    assert host.finish()["window_seconds"] is not None
    assert host.is_alone()
    assert host.runs() == NEW


def test_where_there_is_no_replacement_the_old_one_comes_back_too(host: Killed) -> None:
    host.target["new"] = None
    host.kill("old stopped")
    assert host.heir_has_acted()
    assert host.runs() == OLD


def test_killed_while_the_old_one_stops_and_after_the_watch_had_stopped_the_new_one(both: Killed) -> None:
    """Found in the lab: nothing protected until the next run."""
    both.kill("old stopped", "struck")
    assert both.heir_has_acted()
    assert both.runs() == OLD
    assert both.finish()["window_seconds"] > 0


def test_killed_after_the_old_one_stopped_the_proven_one_stays(both: Killed) -> None:
    both.kill("old stopped")
    assert both.heir_has_acted()
    assert both.runs() == NEW
    before = both.said()
    both.finish()
    assert "restart new.service" not in both.said()[len(before) :]


def test_two_that_run_side_by_side_without_a_run_are_parted(both: Killed) -> None:
    both.kill("old let go")
    assert both.heir_has_acted()
    assert both.runs() == OLD


def test_killed_before_the_old_one_was_to_stop_the_old_one_stays_alone(both: Killed) -> None:
    both.kill("new beside")
    assert comes(lambda: both.runs() == OLD)
    assert both.heir_has_acted()
    assert both.runs() == OLD
    assert "stop old.timer old.service" not in both.said()


def test_a_new_one_that_a_command_starts_after_the_watch_has_ended_does_not_stay(both: Killed) -> None:
    """Found in the lab: the guard had stopped it before it was up, and the run was killed before it noticed."""
    both.kill("new beside")
    (both.folder / "new.service").touch()
    assert both.heir_has_acted()
    assert both.runs() == OLD
