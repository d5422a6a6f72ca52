"""Everything on a host is found and identified correctly, and nothing else is found."""

from __future__ import annotations

import re
from typing import Any

from integration import lab
from integration.detected import Detected

EXPECTED = lab.REPOSITORY / "molecule/detection/expected"
COMPARED = ("id", "state", "version", "confidence")
COMPARED_WHEN_GIVEN = ("problems", "mode")


def _fits(identity: str, pattern: str) -> bool:
    """Return whether an id matches a pattern, in which * stands for any characters."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), identity) is not None


def test_every_host_has_its_expectations() -> None:
    assert set(lab.HOSTS) <= {path.stem for path in EXPECTED.glob("*.yml")}


def test_what_is_there_is_found_and_nothing_else(live: Detected, expected: dict[str, Any]) -> None:
    wanted = [{key: line[key] for key in COMPARED} for line in expected["expect"]]
    assert live.findings(*COMPARED) == wanted


def test_what_is_wrong_with_it_is_told(live: Detected, expected: dict[str, Any]) -> None:
    given = {line["id"]: {key: line[key] for key in COMPARED_WHEN_GIVEN if key in line} for line in expected["expect"]}
    told = {finding["id"]: finding for finding in live.findings("id", *COMPARED_WHEN_GIVEN)}
    assert {one: {key: told[one].get(key) for key in keys} for one, keys in given.items() if one in told} == given


def test_what_proves_it_is_named(live: Detected, expected: dict[str, Any]) -> None:
    # rpm's database has the architecture in a package's name.
    seen = {name for item in live.evidence() for name in (item, item.removesuffix(".x86_64"))}
    wanted = expected.get("evidence", [])
    assert [one for one in wanted if not any(_fits(item, one) for item in seen)] == []


def test_what_others_own_is_no_evidence(live: Detected, expected: dict[str, Any]) -> None:
    unwanted = expected.get("no_evidence", [])
    assert [item for item in live.evidence() if any(_fits(item, one) for one in unwanted)] == []


def test_every_finding_has_its_reasons_among_the_evidence(live: Detected) -> None:
    seen = live.evidence()
    for finding in live.findings("id", "reasons"):
        assert finding["reasons"], finding["id"]
        assert [reason for reason in finding["reasons"] if reason not in seen] == [], finding["id"]


def test_everything_could_be_checked(live: Detected) -> None:
    assert live.result["unknowns"] == []
    assert live.result["complete"]
