"""Waves and the share that may fail, in every form in which people and their tools give them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.utils.helpers import pct_to_int
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import waves
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("1,50%", [1, "50%"]),
        ('[1, "50%"]', [1, "50%"]),
        ("['1', '50%']", [1, "50%"]),
        (["1", "50%"], [1, "50%"]),
        ("1\n50%\n", [1, "50%"]),
        ("1\r\n50%", [1, "50%"]),
        (" 1 ; 50% ", [1, "50%"]),
        ("- 1\n- 50%", [1, "50%"]),
        ("1, 50 %", [1, "50%"]),
        ("3", [3]),
        (3, [3]),
        ("25%", ["25%"]),
        ("", list(waves.DEFAULT)),
        (None, list(waves.DEFAULT)),
        ("[]", list(waves.DEFAULT)),
    ],
    ids=repr,
)
def test_waves_are_taken_in_any_form_that_a_survey_or_a_command_line_gives(told: Any, expected: list[Any]) -> None:
    assert waves.sizes(told) == expected


WRONG_WAVES = ["many", "1,,2", "1,", "-1", "1.5", 1.5, True, "true", "null", "150%", "[1", {"a": 1}, '{"a": 1}', "１"]
# Serial would take all hosts that are left for it.
WRONG_WAVES += [0, "0", "1,000", "1 000", "1 10", [1, 0], "[" * 100_000]


@pytest.mark.parametrize("told", WRONG_WAVES, ids=lambda told: repr(told)[:20])
def test_waves_that_are_none_are_refused_by_the_name_of_the_variable(told: Any) -> None:
    with pytest.raises(AvshiftError, match="avshift_waves") as caught:
        waves.sizes(told)
    assert caught.value.code == "waves_unreadable"


@given(text=st.text(alphabet="0123456789%,;[]'\" \n-ab", max_size=12))
def test_any_text_is_waves_or_refused(text: str) -> None:
    try:
        taken = waves.sizes(text)
    except AvshiftError as error:
        assert error.code == "waves_unreadable"
    else:
        assert waves.sizes(taken) == taken


@given(percent=st.integers(0, 100), hosts=st.integers(1, 400))
def test_a_percentage_is_as_many_hosts_as_with_serial(percent: int, hosts: int) -> None:
    numbers = waves.of_hosts([f"h{number}" for number in range(hosts)], f"{percent}%")
    assert list(numbers.values()).count(1) == pct_to_int(f"{percent}%", hosts)


@pytest.mark.parametrize(("told", "expected"), [("20", 20), ("20%", 20), (0, 0), ("", 0), (None, 0), (33.5, 33.5)])
def test_how_many_may_fail_is_taken_in_any_form(told: Any, expected: float) -> None:
    assert waves.most_failed(told) == expected


@pytest.mark.parametrize("told", ["many", -1, "101", True, [20], "2e1"], ids=repr)
def test_how_many_may_fail_is_refused_by_the_name_of_the_variable(told: Any) -> None:
    with pytest.raises(AvshiftError, match="avshift_max_fail_percentage") as caught:
        waves.most_failed(told)
    assert caught.value.code == "percentage_unreadable"
