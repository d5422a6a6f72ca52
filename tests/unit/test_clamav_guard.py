"""The guard restarts the on-access scanner, reports that, and leaves alone what is switched off."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from guard_runs import MARKED, MARKLESS, UNIT, WAITING, crashed, run, state, text

UP = state("active", MARKED)
HOUR = 3600


def test_nothing_is_done_or_said_while_it_intercepts(tmp_path: Path) -> None:
    seen = run(tmp_path, {0: UP}, 50)
    assert (seen.said, seen.calls) == ([], [])


@pytest.mark.parametrize("ended", ["inactive", "failed"])
def test_what_was_stopped_is_started_at_once_and_reported(tmp_path: Path, ended: str) -> None:
    seen = run(tmp_path, {0: UP, 5: state(ended), 8: UP}, 25)
    assert seen.told("start") == [5]
    assert seen.said == [
        f"<4>On-access protection was lost: {UNIT} was stopped. It is started again.",
        "<5>On-access protection is back.",
    ]


def test_what_systemd_itself_starts_again_is_left_to_it(tmp_path: Path) -> None:
    seen = run(tmp_path, {0: UP, 5: state("activating"), 8: state("active", WAITING), 9: UP}, 25)
    assert (seen.said, seen.calls) == ([], [])


def test_marks_that_are_gone_are_noticed_and_the_unit_is_restarted(tmp_path: Path) -> None:
    seen = run(tmp_path, {0: UP, 5: state("active", MARKLESS), 18: UP}, 25)
    assert seen.told("restart") == [15]
    assert seen.said[0].endswith("intercepts nothing. It is started again.")


def test_crash_that_leaves_the_process_is_noticed_at_once_and_the_unit_is_restarted(tmp_path: Path) -> None:
    seen = run(tmp_path, {0: UP, 7: crashed(), 20: UP}, 25)
    assert seen.told("restart") == [17]
    assert seen.said[0].endswith("intercepts nothing. It is started again.")


def test_one_that_waits_for_its_engine_is_reported_every_minute_and_not_restarted(tmp_path: Path) -> None:
    seen = run(tmp_path, {0: UP, 5: state("active", WAITING)}, 200, step=5)
    assert seen.calls == []
    assert [line.partition(":")[0] for line in seen.said] == [
        f"<3>On-access protection has been down for {seconds} s" for seconds in (10, 70, 130, 190)
    ]


def test_what_cannot_be_started_is_tried_ever_more_seldom_and_reported_each_time(tmp_path: Path) -> None:
    seen = run(tmp_path, {0: UP, 5: state("inactive")}, 305, refusal="Unit clamav-daemon.service is masked.\n", step=5)
    assert seen.told("start") == [5, 15, 35, 65, 105, 155, 215, 275]
    assert set(seen.said) == {
        f"<3>On-access protection is lost, and {UNIT} cannot be started again: Unit clamav-daemon.service is masked."
    }
    assert len(seen.said) == 8


@pytest.mark.parametrize("enabled", ["disabled", "masked"])
def test_what_is_switched_off_is_left_alone_and_reported_every_hour(tmp_path: Path, enabled: str) -> None:
    seen = run(tmp_path, {0: UP, 60: state("inactive", enabled=enabled)}, HOUR + 300, step=60)
    assert seen.calls == []
    assert seen.said == [f"<3>On-access protection is switched off: {UNIT} is {enabled}."] * 2


@pytest.mark.parametrize("refusal", ["", "no\n"])
def test_the_sites_unit_is_started_with_each_report_of_a_loss(tmp_path: Path, refusal: str) -> None:
    options = {"alert_unit": "site-alert@clamav.service"}
    seen = run(tmp_path, {0: UP, 5: state("inactive"), 8: UP}, 20, refusal, options)
    alerts = [second for second, words in seen.calls if words == "--no-block start site-alert@clamav.service"]
    assert alerts == [5]


def test_guard_is_clean_shell() -> None:
    done = subprocess.run(
        ["shellcheck", "--shell=sh", "-"], input=text(), text=True, capture_output=True, timeout=60, check=False
    )
    assert done.stdout == ""
