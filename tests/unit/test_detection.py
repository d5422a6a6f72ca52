"""Every case under tests/fixtures/hosts and trees is found as expected."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.collector import collect
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect import probes
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.evidence import Evidence
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.match import findings
from support import CATALOG, cases, evidence, load_yaml, name_of

EXPECTED = ("id", "state", "version", "confidence")


def _differs(found: Sequence[dict[str, Any]], expected: list[dict[str, Any]]) -> list[Any]:
    """Return where findings differ from a case's expectations; what the case does not name is not compared."""
    ids = [finding["id"] for finding in found]
    if ids != [line["id"] for line in expected]:
        return [ids]
    assert all(set(EXPECTED) <= set(line) for line in expected), "a case has to name " + ", ".join(EXPECTED)
    told = [{key: finding[key] for key in line} for finding, line in zip(found, expected, strict=True)]
    return [(left, right) for left, right in zip(told, expected, strict=True) if left != right]


def _found(seen: Evidence) -> list[dict[str, Any]]:
    return [finding.to_json() for finding in findings(seen, CATALOG.products)]


@pytest.mark.parametrize("path", cases("hosts"), ids=name_of)
def test_host_is_found_as_the_case_says(path: Path) -> None:
    case = load_yaml(path)
    assert _differs(_found(evidence(case)), case["expect"]) == []


@pytest.mark.parametrize("path", cases("trees"), ids=name_of)
def test_root_is_found_as_the_case_says(path: Path, tmp_path: Path) -> None:
    case = load_yaml(path)
    _build(tmp_path, case)
    seen = platforms.evidence(collect(platforms.detection(CATALOG.products, CATALOG.limits), str(tmp_path)))
    assert _differs(_found(seen), case["expect"]) == []
    assert [found["id"] for found in seen.unknowns()] == case.get("unknown", [])
    told = answer(seen, CATALOG)
    assert [limit["id"] for limit in told["limits"]] == case.get("limits", [])
    assert set(case.get("seen", ())) <= set(seen.items)


# What every Linux with dpkg has; a case without it says that it is `bare`.
ORDINARY = {
    "/usr/lib/os-release": "ID=debian\nVERSION_ID=12\n",
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "/var/lib/dpkg/status": "Package: dpkg\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.21.22\n",
}


def _build(root: Path, case: dict[str, Any]) -> None:
    files = {**({} if case.get("bare") else ORDINARY), **case.get("files", {})}
    for path in case.get("directories", ()):
        (root / path.lstrip("/")).mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    for path, target in case.get("links", {}).items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)


def test_every_finding_names_its_reasons() -> None:
    case = load_yaml(next(path for path in cases("hosts/kesl") if path.stem == "running"))
    seen = evidence(case)
    for finding in findings(seen, CATALOG.products):
        assert finding.reasons == tuple(sorted(finding.reasons))
        assert set(finding.reasons) <= set(seen.items), "a reason that is no evidence"


def test_what_could_not_be_checked_is_neither_found_nor_absent() -> None:
    told = answer(evidence({"evidence": [{"package": "kesl", "unknown": "no permission"}]}), CATALOG)
    assert told["findings"] == []
    assert told["unknowns"] == [
        {"id": "package:kesl", "cause": "no permission", "products": ["kesl", "unrecognised"], "bears": True}
    ]
    assert told["complete"] is False


def test_only_runs_that_ended_tell_what_was_removed_before() -> None:
    runs = [
        {"digest": "a", "status": "done", "products": ["klnagent", "kesl"]},
        {"digest": "b", "status": "begun", "products": ["kesl_gui"]},
        {"digest": "c", "status": "rolled_back", "products": ["other"]},
        {"digest": "d", "status": "done"},
    ]
    told = answer(evidence({"evidence": [{"journal": "/var/lib/avshift/journal.json", "runs": runs}]}), CATALOG)
    assert told["removed_before"] == ["kesl", "klnagent"]
    assert told["earlier_runs"] == runs
    assert told["complete"] is True


def test_probes_ask_for_every_sign_of_every_product() -> None:
    asked = platforms.detection(CATALOG.products)
    for product in CATALOG.products:
        for kind in ("process", "unit", "group", "path"):
            assert set(product.of_kind(kind)) <= set(asked["path"]["paths"] if kind == "path" else asked[kind])
        assert set(product.of_kind("package")) <= set(asked["package"]["names"])
        assert set(product.trees) <= set(asked["link_into"]["below"])
        assert {f"{what['file']}[{what['section']}]" for what in asked["ini_section"]} >= set(
            product.of_kind("ini_section")
        )


def test_merged_probes_ask_everything_once() -> None:
    one = {"path": ["/a/b", "/a/c"], "package": {"names": ["x"], "in": ["/a"]}}
    two = {"path": ["/a/c", "/a/d"], "package": {"names": ["y"], "in": ["/a"]}, "unit": ["u"]}
    assert probes.merged(one, two) == {
        "path": ["/a/b", "/a/c", "/a/d"],
        "package": {"names": ["x", "y"], "in": ["/a"]},
        "unit": ["u"],
    }
