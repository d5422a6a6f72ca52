"""Every case under tests/fixtures/antivirus is found as expected, whoever made the product."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.scanners import probes_for, scanners
from schemas import problems
from support import CATALOG, cases, collected, evidence, load_yaml, name_of

CASES = cases("antivirus")
EXPECTED = ("id", "state", "version", "confidence")
# What YAML makes of the words that antivirus_info returns.
WORDS = {True: "yes", False: "no", "unknown": "unknown"}


def _told(line: dict[str, Any]) -> dict[str, Any]:
    return {key: WORDS[value] if key == "intercepts" else value for key, value in line.items()}


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_host_is_found_as_the_case_says(path: Path) -> None:
    case = load_yaml(path)
    found = scanners(evidence(case), CATALOG)["antivirus"]
    assert [product["id"] for product in found] == [line["id"] for line in case["expect"]]
    for product, line in zip(found, case["expect"], strict=True):
        assert set(EXPECTED) <= set(line), "a case has to name " + ", ".join(EXPECTED)
        assert {key: product[key] for key in line} == _told(line)


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_evidence_fits_its_schema(path: Path) -> None:
    assert problems("evidence", collected(load_yaml(path))) == []


def test_every_finding_names_its_vendor_and_its_reasons() -> None:
    for path in CASES:
        seen = evidence(load_yaml(path))
        for product in scanners(seen, CATALOG)["antivirus"]:
            entry = next(entry for entry in (*CATALOG.products, *CATALOG.antivirus) if entry.id == product["id"])
            assert product["vendor"] == entry.vendor
            assert product["class"] == entry.product_class
            assert set(product["reasons"]) <= set(seen.items)


def test_interceptors_are_told_whoever_they_belong_to() -> None:
    items = [
        {"interceptor": "/usr/sbin/clamonacc", "marks": 6},
        {"interceptor": "/srv/own/watcher", "marks": 2},
        {"container_interceptor": "/opt/kaspersky/kesl/libexec/kesl", "marks": 1, "container": "4f1d2c3b4a59"},
    ]
    told = scanners(evidence({"evidence": items}), CATALOG)["interceptors"]
    assert sorted((found["executable"], found["marks"], found["container"], found["product"]) for found in told) == [
        ("/opt/kaspersky/kesl/libexec/kesl", 1, "4f1d2c3b4a59", "kesl"),
        ("/srv/own/watcher", 2, "", ""),
        ("/usr/sbin/clamonacc", 6, "", "clamav"),
    ]


def test_processes_that_could_not_be_looked_at_leave_it_open_who_intercepts() -> None:
    items: list[dict[str, Any]] = [{"process": "/usr/sbin/clamonacc"}, {"path": "/usr/sbin/clamonacc", "type": "file"}]
    told = scanners(evidence({"evidence": items}), CATALOG)
    assert [(found["id"], found["intercepts"]) for found in told["antivirus"]] == [("clamav", "no")]
    assert told["complete"] is True
    items.append({"interceptor": "all", "unknown": "3 processes can be looked at by root only"})
    told = scanners(evidence({"evidence": items}), CATALOG)
    assert [(found["id"], found["intercepts"]) for found in told["antivirus"]] == [("clamav", "unknown")]
    assert told["complete"] is False


def test_probes_ask_for_both_catalogs_and_for_nothing_that_is_left_elsewhere() -> None:
    asked = probes_for(CATALOG, platforms.expected().table)
    whole = platforms.detection([*CATALOG.products, *CATALOG.antivirus])
    assert asked == {**{kind: whole[kind] for kind in platforms.expected().table.scanning}, "interceptor": ["/"]}
    for product in CATALOG.antivirus:
        assert set(product.of_kind("package")) <= set(asked["package"]["names"])
        assert set(product.of_kind("process")) <= set(asked["process"])
        assert set(product.of_kind("path")) <= set(asked["path"]["paths"])
