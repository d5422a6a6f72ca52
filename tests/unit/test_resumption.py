"""A run continues wherever it was interrupted, and changes that its steps do not explain are refused."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval.resumption import unexplained
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux.places import KEEP_OUT
from half_done import after, half_removed
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import case_of, goal_of, plan_of, planned
from support import cases, collected, item

HALF_REMOVED = ("deinstall ok config-files", "purge reinstreq half-installed", "deinstall ok half-configured")


@cache
def _planned(name: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the case, what was seen of its host, and its plan."""
    case = case_of(name)
    answer = collected(case)
    return case, answer, plan_of(case, answer=answer)


NAMES = [path.stem for path in cases("plans")]
# Steps of the others are never started.
RUN = [name for name in NAMES if (plan := _planned(name)[2])["steps"] and not plan["blocked"]]


def _beyond(name: str, answer: dict[str, Any]) -> list[str]:
    case, _answer, approved = _planned(name)
    return unexplained(approved, plan_of(case, answer=answer))


@pytest.mark.parametrize("name", RUN)
def test_after_each_step_a_run_goes_on(name: str) -> None:
    _case, answer, approved = _planned(name)
    steps = approved["steps"]
    for number in range(len(steps) + 1):
        assert _beyond(name, after(answer, steps[:number])) == [], steps[: number + 1][-1]["id"]


@pytest.mark.parametrize("status", HALF_REMOVED)
@pytest.mark.parametrize("name", RUN)
def test_a_removal_of_packages_that_was_interrupted_goes_on(name: str, status: str) -> None:
    _case, answer, approved = _planned(name)
    for number, step in enumerate(approved["steps"]):
        if step["kind"] == "packages_remove":
            packages = step["target"]["names"]
            before = after(answer, approved["steps"][:number])
            for first in range(1, len(packages) + 1):
                assert _beyond(name, half_removed(before, packages[:first], status)) == [], packages[:first]


@pytest.mark.parametrize("name", RUN)
@settings(max_examples=12)
@given(data=st.data())
def test_whatever_of_its_steps_is_done_a_run_goes_on(name: str, data: st.DataObject) -> None:
    """A package's removal also removes what later steps would remove."""
    _case, answer, approved = _planned(name)
    done = data.draw(st.lists(st.sampled_from(approved["steps"]), unique_by=lambda step: step["id"]))
    assert _beyond(name, after(answer, done)) == []


SHARED = ("/opt/kaspersky", "/var/opt/kaspersky", "/etc/opt/kaspersky", "/var/log/kaspersky", "/run/kaspersky")
WITH_PATHS = [
    name
    for name in RUN
    if any(step["target"].get("path", "").startswith("/opt/kaspersky/") for step in _planned(name)[2]["steps"])
]
# Each is something that was not there when the plan was approved.
DRIFTS: dict[str, list[dict[str, Any]]] = {
    "another product": [{"package": "ksc64", "version": "15.1.0-1"}],
    "another product's residue": [{"path": "/opt/kaspersky/kuma"}],
    "a program that no entry knows": [{"process": "/opt/kaspersky/other/bin/it"}],
    "another scanner": [{"interceptor": "/opt/another/sbin/scanner"}],
    "the owner's word": [{"path": KEEP_OUT, "type": "file"}],
}


def _with(answer: dict[str, Any], more: Iterable[dict[str, Any]]) -> dict[str, Any]:
    items = {one["id"]: one for one in (*answer["evidence"], *map(item, more))}
    return {**answer, "evidence": sorted(items.values(), key=lambda one: str(one["id"]))}


def _in_shared(answer: dict[str, Any], *children: str) -> dict[str, Any]:
    """Return the answer with all the shared directories, and one additional thing in each."""
    there = {one["what"]: one["value"].get("children", []) for one in answer["evidence"] if one["kind"] == "path"}
    return _with(answer, ({"path": path, "children": [*there.get(path, []), *children]} for path in SHARED))


@pytest.mark.parametrize("name", WITH_PATHS)
def test_a_shared_directory_that_is_empty_at_last_is_explained(name: str) -> None:
    """Its content belongs to a package of which the plan knows nothing, so that no step removes the directory."""
    case, answer, _plan = _planned(name)
    approved = plan_of(case, answer=_in_shared(answer, "of-the-package"))
    assert not {step["target"].get("path") for step in approved["steps"]} & set(SHARED)
    # Whatever else there was of products is gone too.
    seen = {reason for finding in approved["findings"] for reason in finding["reasons"]}
    rest = [one for one in answer["evidence"] if one["id"] not in seen and "kaspersky" not in one["what"]]
    left = {**answer, "evidence": rest}
    for emptied in range(1, len(SHARED) + 1):
        current = plan_of(case, answer=_with(left, ({"path": path} for path in SHARED[:emptied])))
        assert "shared_directories" in {finding["id"] for finding in current["findings"]}
        assert unexplained(approved, current) == []


def test_what_a_removed_package_leaves_behind_is_explained() -> None:
    case, answer, _plan = _planned("full")
    answer = _with(answer, [{"path": "/opt/kaspersky/shared-libraries", "owner": "kesl"}])
    approved = plan_of(case, answer=answer)
    removal = next(step for step in approved["steps"] if step["kind"] == "packages_remove")
    left = _with(after(answer, [removal]), [{"path": "/opt/kaspersky/shared-libraries"}])
    current = plan_of(case, answer=left)
    assert "unrecognised" in {finding["id"] for finding in current["findings"]}
    assert unexplained(approved, current) == []


@pytest.mark.parametrize("what", DRIFTS)
@pytest.mark.parametrize("name", WITH_PATHS)
@settings(max_examples=12)
@given(data=st.data())
def test_what_no_step_explains_is_refused(name: str, what: str, data: st.DataObject) -> None:
    _case, answer, approved = _planned(name)
    # When all of them are done, nothing is left that could disturb a second scanner.
    last = next(number for number, step in enumerate(approved["steps"]) if step["part"] == "remove")
    done = approved["steps"][: data.draw(st.integers(0, last))]
    assert _beyond(name, _with(after(answer, done), DRIFTS[what])) != []


def test_another_platform_is_refused() -> None:
    _case, _answer, approved = _planned("full")
    assert unexplained(approved, {**approved, "platform": "windows"}) == ["the platform was linux, is now windows"]


@pytest.mark.parametrize("name", WITH_PATHS)
def test_another_version_is_refused_until_its_package_is_gone(name: str) -> None:
    _case, answer, approved = _planned(name)
    versions = {finding["version"] for finding in approved["findings"]} - {""}
    for number, step in enumerate(approved["steps"]):
        if not versions or step["kind"] == "packages_remove":
            break
        changed = after(answer, approved["steps"][:number])
        for one in changed["evidence"]:
            if one["kind"] == "package" and one["value"]["version"] in versions:
                one["value"]["version"] = "99.1"
        assert _beyond(name, changed) != []


@pytest.mark.parametrize(
    ("packages", "refused"),
    [
        ({"editor": "install ok half-configured"}, True),
        ({"clamav": "install ok unpacked"}, False),
        ({"kesl": "purge ok half-installed"}, False),
        ({"man-db": "install ok triggers-pending"}, False),
        ({"clamav": "install ok unpacked", "editor": "install ok unpacked"}, True),
    ],
    ids=lambda value: " and ".join(value) if isinstance(value, dict) else None,
)
def test_only_packages_of_the_plan_may_be_half_changed(packages: dict[str, str], refused: bool) -> None:
    broken = _with(_planned("full")[1], [{"package_manager": "dpkg", "unsettled": packages}])
    assert bool(_beyond("full", broken)) is refused


@pytest.mark.parametrize(("path", "refused"), [("/usr/sbin/clamonacc", False), ("/usr/sbin/another", True)])
def test_the_new_scanner_is_no_second_one(path: str, refused: bool) -> None:
    approved = _planned("full")[2]
    check = {"id": "second_interceptor", "level": "overridable", "title": "x", "diagnosis": path, "accepted": False}
    current = {**approved, "preflight": [*approved["preflight"], check]}
    assert bool(unexplained(approved, current)) is refused


def _excepting(name: str, product: str, status: str = "in_force") -> dict[str, Any]:
    granted = {"id": "EX-1", "hosts": ["host"], "product": product, "preflight": None, "approver": "J", "reason": "r"}
    entry = {**granted, "expires": "2099-01-01", "status": status}
    case, answer, approved = _planned(name)
    return planned(goal_of(case), after(answer, approved["steps"][:1]), granted=[entry])


def test_a_product_that_is_excepted_by_now_is_not_removed_by_an_interrupted_run() -> None:
    approved = _planned("full")[2]
    assert unexplained(approved, _excepting("full", "klnagent"))[0] == "klnagent was not excepted, is now"
    assert unexplained(approved, _excepting("full", "klnagent", "expired")) == []
    assert unexplained(_excepting("full", "klnagent"), _excepting("full", "klnagent")) == []
