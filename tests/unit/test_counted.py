"""A number stands with its noun as one says it: 1 host, 2 hosts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import detection, whole, words
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.plan import prose, view
from plans import VERSIONS, case_of, plan_of
from support import REPOSITORY

# A number before a plural, except "2 of 3 hosts", and where the number is a limit that is never one.
FIXED = re.compile(
    r"(?<! of )(?<! of the )(?<! of its )(?<!plan's )\{[^{}]+\} (?:hosts|documents|records|steps|things)\b"
)
LIMITS = ("at_once", "MOST_DEVICES", "claimed[")


def test_one_is_one() -> None:
    assert [words.counted(number, "host") for number in (0, 1, 2, 1000)] == [
        "0 hosts",
        "1 host",
        "2 hosts",
        "1,000 hosts",
    ]


@pytest.mark.parametrize(
    ("hosts", "told"),
    [
        (1, "by host name alone, because there is no machine ID: 1 host."),
        (2, "by host name alone, because there is no machine ID: 2 hosts."),
    ],
)
def test_a_plan_says_how_many_hosts_it_is_bound_to_by_name(hosts: int, told: str) -> None:
    plans = ((f"h{number}", plan_of(case_of("clean"), f"h{number}")) for number in range(hosts))
    plan = document.compose(plans, {}, VERSIONS)
    assert told in prose.bound(view.of(plan))


def test_a_summary_of_one_host_says_so() -> None:
    record: dict[str, Any] = {"host": "a", "verdict": "unknown", "failure": {"code": "x", "message": "x"}}
    record |= {"verification": None, "preview": None}
    assert detection.summary([record])[-1] == "1 host: 1 unknown"
    assert "Detecting: 1 host: " in str(whole.missing("Detecting", ["a"]))


def test_no_text_puts_a_number_before_a_plural_whatever_it_is() -> None:
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for path in sorted((REPOSITORY / "plugins").rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if FIXED.search(line) and not any(limit in line for limit in LIMITS)
    ]
    assert found == []
