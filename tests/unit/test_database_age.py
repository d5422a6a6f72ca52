"""The engine's report about its signatures is judged by a policy, and nothing is ok by default."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.prove import database_age
from hypothesis import given
from hypothesis import strategies as st

NOW = 1726000000.0
DAY = 86400.0
OFFICIAL, SITE = 7, None


def _said(days: float) -> str:
    return f"ClamAV 1.4.6/27385/{time.strftime(database_age.FORM, time.localtime(NOW - days * DAY))}"


@pytest.mark.parametrize(
    ("days", "result"),
    [(0, "ok"), (6.9, "ok"), (7.1, "bad"), (400, "bad"), (-1, "ok"), (-3, "unknown"), (4000, "unknown")],
)
def test_age_against_the_policy(days: float, result: str) -> None:
    found = database_age.judge(_said(days), OFFICIAL, NOW)
    assert (found["id"], found["result"]) == ("database_age", result), found["detail"]


# Answers of several releases, as mail servers wrote them into messages on public lists (X-Virus-Scanned), and the day.
CAPTURED = [
    ("ClamAV 0.103.2/26225/Thu Jul  8 13:06:32 2021", "2021-07-08"),
    ("ClamAV 0.103.10/27239/Mon Apr  8 10:26:06 2024", "2024-04-08"),
    ("ClamAV 1.0.7/27513/Thu Jan  9 10:53:02 2025", "2025-01-09"),
    ("ClamAV 1.0.9/27825/Wed Nov 19 10:10:02 2025", "2025-11-19"),
    ("ClamAV 1.4.3/28012/Tue May 26 08:24:34 2026", "2026-05-26"),
]


@pytest.mark.parametrize(("answer", "day"), CAPTURED)
def test_captured_answers_are_understood(answer: str, day: str) -> None:
    noon = time.mktime(time.strptime(f"{day} 12:00", "%Y-%m-%d %H:%M"))
    assert database_age.judge(answer, OFFICIAL, noon + DAY)["result"] == "ok"
    assert database_age.judge(answer, OFFICIAL, noon + 30 * DAY)["result"] == "bad"
    assert database_age.judge(answer.replace("20", "20x"), OFFICIAL, noon + DAY)["result"] == "unknown"


def test_official_database_that_is_not_loaded_is_bad() -> None:
    assert database_age.judge("ClamAV 1.4.6", OFFICIAL, NOW)["result"] == "bad"


def test_signatures_of_the_site_have_no_age_and_the_proof_says_so() -> None:
    found = database_age.judge("ClamAV 1.4.6", SITE, NOW)
    assert (found["id"], found["result"]) == ("database_of_site", "ok")
    assert "not known" in found["detail"]


@given(st.text(), st.sampled_from([OFFICIAL, SITE]))
def test_an_answer_without_a_date_is_never_a_good_age(answer: str, max_days: int | None) -> None:
    found = database_age.judge(answer, max_days, NOW)
    assert found["id"] != "database_age" or found["result"] != "ok"


def test_engine_that_does_not_answer_is_unknown(tmp_path: Path) -> None:
    found = database_age.prove(str(tmp_path / "none.ctl"), OFFICIAL)
    assert [one["result"] for one in found] == ["unknown"]
