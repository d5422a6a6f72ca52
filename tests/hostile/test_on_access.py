"""What a package's script, an administrator or a crash does to on-access protection: it comes back, or it is reported.

The guard runs with a systemd and a /proc made of files; the scenario ``clamav`` does the same to real hosts.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from attacks import attack
from guard_runs import MARKED, MARKLESS, WAITING, crashed, run, state, text

UP = state("active", MARKED)
STOPPED = {ended: {0: UP, 5: state(ended), 8: UP} for ended in ("inactive", "failed")}


@attack(
    "on-access-stopped",
    threat="a package's script stops the on-access scanner and does not start it again",
    holds="it is started within two seconds, and the log has a warning",
)
@pytest.mark.parametrize("ended", STOPPED)
def test_stop_that_nobody_undoes(tmp_path: Path, ended: str) -> None:
    seen = run(tmp_path, STOPPED[ended], 20)
    assert [second for second in seen.told("start") if 5 <= second <= 7]
    assert [line for line in seen.said if line.startswith("<4>")]


@attack(
    "on-access-stopped-again-and-again",
    threat="a script stops the on-access scanner every time it has come up",
    holds="each stop is undone within two seconds and reported",
)
def test_stop_after_every_start(tmp_path: Path) -> None:
    stops = (5, 15, 25, 35)
    states = {0: UP, **{second: state("inactive") for second in stops}, **{second + 3: UP for second in stops}}
    seen = run(tmp_path, states, 50)
    assert seen.told("start") == list(stops)
    assert len([line for line in seen.said if line.startswith("<4>")]) == len(stops)


@attack(
    "on-access-without-marks",
    threat="a fault of the scanner's leaves its unit active and takes its marks away",
    holds="it is started anew within a minute",
)
def test_marks_that_vanish(tmp_path: Path) -> None:
    seen = run(tmp_path, {0: UP, 5: state("active", MARKLESS)}, 60)
    assert seen.told("restart")


@attack(
    "on-access-crashed",
    threat="one of the scanner's threads crashes, and its handler of the signal leaves the process running without any",
    holds="it is started anew within half a minute",
)
def test_crash_that_leaves_the_process(tmp_path: Path) -> None:
    seen = run(tmp_path, {0: UP, 5: crashed()}, 35)
    assert seen.told("restart")


@attack(
    "on-access-cannot-start",
    threat="the engine is masked, so that nothing can be started",
    holds="every attempt is reported as an error, with its cause, and attempts do not flood the log",
)
def test_engine_that_is_masked(tmp_path: Path) -> None:
    seen = run(tmp_path, {0: UP, 5: state("inactive")}, 120, refusal="Unit clamav-daemon.service is masked.\n")
    errors = [line for line in seen.said if line.startswith("<3>")]
    assert 2 <= len(errors) <= 6
    assert all("is masked" in line for line in errors)


@attack(
    "on-access-waits-for-ever",
    threat="the engine never answers, and the scanner waits for it for ever",
    holds="the log has an error every minute",
)
def test_engine_that_never_answers(tmp_path: Path) -> None:
    seen = run(tmp_path, {0: UP, 5: state("active", WAITING)}, 200, step=5)
    assert len([line for line in seen.said if line.startswith("<3>")]) >= 3


@attack(
    "on-access-alert-injection",
    threat="whoever sets options puts a command into the name of the site's unit",
    holds="the option is refused, and nothing is written",
)
@pytest.mark.parametrize(
    "name",
    ["x.service; touch /x", "$(touch /x).service", "x.service\ntouch /x", "--force.service", "x.socket", "`x`.target"],
)
def test_command_in_the_name_of_a_unit(name: str) -> None:
    with pytest.raises(AvshiftError, match="alert_unit"):
        text({"alert_unit": name})
