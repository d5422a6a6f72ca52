"""A machine hands its own records in, and none of them takes the place of one that counts more."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record.handing_in import hand_in
from hostile_records import RUN
from test_report_outcome import ran

NAME = "laptop1.json"


def _at(day: int, record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "run": {**RUN, "time": f"2026-05-{day:02}T10:00:00Z"}}


DONE = ran("full", "laptop1")
LATE = runs.not_started("laptop1", RUN, "no window is open")


@pytest.mark.parametrize(
    ("there", "own", "is_handed_in"),
    [
        (None, _at(1, LATE), True),
        (_at(1, LATE), _at(2, DONE), True),
        (_at(1, DONE), _at(2, DONE), True),
        # A controller has migrated it since, or the machine has found nothing new.
        (_at(2, DONE), _at(1, LATE), False),
        (_at(2, DONE), _at(3, LATE), False),
        (_at(2, DONE), _at(1, DONE), False),
        (_at(2, DONE), _at(2, DONE), False),
        ({**_at(3, DONE), "host": "another"}, _at(1, LATE), True),
        ({**DONE, "run": {}}, _at(1, LATE), True),
    ],
)
def test_of_two_records_the_one_that_counts_is_in_the_inbox(
    tmp_path: Path, there: dict[str, Any] | None, own: dict[str, Any], is_handed_in: bool
) -> None:
    home, inbox = tmp_path / "records", tmp_path / "inbox"
    records.write(home / NAME, own)
    if there is not None:
        records.write(inbox / NAME, there)
    names = [NAME] if is_handed_in else []
    assert hand_in(str(home), str(inbox), dry_run=True) == (names, [])
    assert (inbox / NAME).exists() is (there is not None)
    assert hand_in(str(home), str(inbox)) == (names, [])
    assert records.read_one(inbox / NAME)[0] == (own if is_handed_in else there)
    assert hand_in(str(home), str(inbox)) == ([], [])


def test_what_is_no_record_is_named_and_stays(tmp_path: Path) -> None:
    home, inbox = tmp_path / "records", tmp_path / "inbox"
    assert hand_in(str(home), str(inbox)) == ([], [])
    home.mkdir()
    os.mkfifo(home / "pipe.json")
    (home / NAME).write_text("{}", encoding="utf-8")
    (home / ".laptop1.json.draft").touch()
    names, problems = hand_in(str(home), str(inbox))
    assert (names, len(problems), inbox.exists()) == ([], 2, False)
    assert problems[0] == f"{home / NAME} is not handed in: it is not a record of avshift.endpoint"


def test_an_inbox_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    records.write(tmp_path / "records" / NAME, DONE)
    (tmp_path / "inbox").touch()
    with pytest.raises(AvshiftError, match="Writing a document"):
        hand_in(str(tmp_path / "records"), str(tmp_path / "inbox/of-all"))
