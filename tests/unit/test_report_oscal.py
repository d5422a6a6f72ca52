"""compliance-trestle accepts the OSCAL documents, and they say what the records say."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog import policies
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import folder
from hostile_records import HOSTILE, RUN, record_with
from plans import case_of, plan_of

# Debian has no compliance-trestle. Everywhere else it has to be there.
if os.environ.get("AVSHIFT_CONTROLLER") == "inside":
    pytest.importorskip("trestle", reason="compliance-trestle is on PyPI alone")
validator_factory = importlib.import_module("trestle.core.validator_factory")
AssessmentResults = importlib.import_module("trestle.oscal.assessment_results").AssessmentResults
PlanOfActionAndMilestones = importlib.import_module("trestle.oscal.poam").PlanOfActionAndMilestones
VALID = validator_factory.all_validator.AllValidator()
RESULTS, POAM = "oscal-assessment-results.json", "oscal-poam.json"


def _made(home: Path, *made: dict[str, Any]) -> Path:
    for number, record in enumerate(made):
        records.write(home / "records" / f"{number} x.json", record)
    folder.make(str(home / "records"), str(home / "report"), policies.load(["us_bod_17_01", "us_bis_2024"]))
    return home / "report"


def _checked(made: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return both documents, if trestle accepts them."""
    for name, model in ((RESULTS, AssessmentResults), (POAM, PlanOfActionAndMilestones)):
        read = model.oscal_read(made / name)
        assert read is not None
        assert VALID.model_is_valid(read, True)
    results, poam = (json.loads((made / name).read_text(encoding="ascii")) for name in (RESULTS, POAM))
    return results["assessment-results"], poam["plan-of-action-and-milestones"]


def _each(content: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield every (key, text)."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield from _each(value, name)
    elif isinstance(content, list):
        for value in content:
            yield from _each(value, key)
    elif isinstance(content, str):
        yield key, content


def _hosts() -> list[dict[str, Any]]:
    """Return records of a clean host, one with everything possible, one that was not reached, and a failed one."""
    clean = runs.of_plan("clean", {"plan": plan_of(case_of("clean"), "clean")}, RUN)
    unreached = runs.of_run("gone", "migrate", RUN, {"planned": {"unreachable": True, "msg": "timed out"}})
    full = runs.of_plan("full", {"plan": plan_of(case_of("full"), "full")}, RUN)
    return [clean, {**full, "verdict": "partially_removed"}, unreached, record_with("!")]


@pytest.mark.parametrize("poison", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_records_give_valid_oscal(poison: str, tmp_path: Path) -> None:
    _checked(_made(tmp_path, record_with(poison)))


def test_every_reference_is_to_something_in_the_document(tmp_path: Path) -> None:
    for document in _checked(_made(tmp_path, *_hosts())):
        told = list(_each(document))
        made = [value for key, value in told if key == "uuid"]
        assert len(made) == len(set(made))
        named = {value for key, value in told if key.endswith("-uuid")}
        named |= {value[1:] for key, value in told if key == "href" and value.startswith("#")}
        assert named
        assert named <= set(made)


def _status(finding: dict[str, Any]) -> tuple[str, str]:
    return finding["target"]["status"]["state"], finding["target"]["status"]["reason"]


def test_findings_say_what_verdicts_and_rules_say(tmp_path: Path) -> None:
    """A class that no rule knows, which the poisoned record has, needs review."""
    results, _poam = _checked(_made(tmp_path, *_hosts()))
    found = {
        finding["title"]: (*_status(finding), len(finding["related-observations"]))
        for finding in results["results"][0]["findings"]
    }
    assert found == {
        "verdict: failed!": ("not-satisfied", "fail", 1),
        "verdict: never_present": ("satisfied", "pass", 1),
        "verdict: partially_removed": ("not-satisfied", "fail", 1),
        "verdict: unknown": ("not-satisfied", "other", 1),
        "us_bis_2024: nothing_found": ("satisfied", "pass", 1),
        "us_bis_2024: needs_review": ("not-satisfied", "other", 2),
        "us_bis_2024: report": ("satisfied", "other", 1),
        "us_bod_17_01: nothing_found": ("satisfied", "pass", 1),
        "us_bod_17_01: needs_review": ("not-satisfied", "other", 2),
        "us_bod_17_01: remove": ("not-satisfied", "fail", 1),
    }


def test_exceptions_have_their_deadline_and_unreached_hosts_and_damaged_records_an_item(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "cut.json").write_text("{", encoding="ascii")
    _results, poam = _checked(_made(tmp_path, *_hosts()))
    risks = {risk["title"]: (risk["status"], risk.get("deadline")) for risk in poam["risks"]}
    assert risks["Exception e!"] == ("deviation-approved", "2026-12-31T00:00:00Z")
    assert risks["Hosts that are unknown: unreachable"] == ("open", None)
    assert risks["Record that could not be read: cut.json"] == ("open", None)
    assert len(poam["poam-items"]) == len(risks)
    assert all("clean" not in item["description"] for item in poam["local-definitions"]["inventory-items"])


def test_fleet_without_hosts_is_valid_and_has_nothing_to_do(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    made = _made(tmp_path)
    assert AssessmentResults.oscal_read(made / RESULTS) is not None
    assert not (made / POAM).exists()
