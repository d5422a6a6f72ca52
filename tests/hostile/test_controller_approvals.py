"""Anyone who can write to the folder of plans and approvals, or set a clock, gets only approved work done."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import desks
import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import digest_of
from approving import approved
from attacks import attack
from desks import Desk, forged, plan

RUNS = ("approved", "resumed", "not_required")
WRITER = "somebody who may write to the folder of the plan"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk on which jane has approved only web1, and signed that."""
    made = desks.desk(tmp_path)
    made.approve(hosts=["web1"])
    made.sign(made.approval)
    return made


def _code(act: Callable[[], object]) -> str:
    with pytest.raises(AvshiftError) as caught:
        act()
    return caught.value.code


def test_the_desk_itself_lets_its_host_run(desk: Desk) -> None:
    assert desk.status("web1", signed=True) == desk.status("web1") == "approved"


@attack("approval-taken-away", threat=WRITER + " deletes approval.json", holds="no host runs")
@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
def test_an_approval_that_is_taken_away_widens_nothing(desk: Desk, signed: bool) -> None:
    desk.sign(desk.plan)
    desk.approval.unlink()
    assert _code(lambda: desk.grant(signed=signed)) == "approval_missing"


@attack(
    "approval-taken-away-with-an-older-plan",
    threat=WRITER + " puts back a plan that was signed before",
    holds="refused",
)
def test_a_plan_that_was_signed_before_it_was_approved_is_not_its_own_approval(tmp_path: Path) -> None:
    desk = desks.desk(tmp_path)
    desk.write(desks.plans(needs_approval=True))
    desk.sign(desk.plan)
    shutil.copytree(tmp_path, tmp_path / "kept")
    desk.approve(hosts=["web1"])
    desk.sign(desk.approval)
    for name in ("plan.json", "plan.json.sig"):
        shutil.copy(tmp_path / "kept" / name, tmp_path / name)
    assert desk.status("web1", signed=True) == "approved"
    desk.approval.unlink()
    assert _code(lambda: desk.grant(signed=True)) == "approval_missing"


@attack(
    "approval-taken-away-from-where-it-was-named",
    threat=WRITER + " deletes an approval that was written beside the plan under another name of the folder",
    holds="no host runs",
)
@pytest.mark.parametrize("way", ["its-own-path", "through-the-parent", "through-a-link", "where-a-link-leads"])
def test_an_approval_that_is_named_is_taken_away_like_any_other(tmp_path: Path, way: str) -> None:
    desk = desks.desk(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path)
    other = tmp_path / "elsewhere.json"
    named = {"through-the-parent": tmp_path / "x" / ".." / "approval.json", "where-a-link-leads": other}
    if way == "where-a-link-leads":
        desk.approval.symlink_to(other)
    (tmp_path / "x").mkdir()
    path = named.get(way, (tmp_path / "link" if way == "through-a-link" else tmp_path) / "approval.json")
    approved(desk.plan, hosts=["web1"], output=str(path))
    assert desk.grant("2098-01-01T00:00:00Z").hosts == {"web1"}
    desk.approval.unlink()
    assert _code(desk.grant) == "approval_missing"


SHOWN: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "change-id": lambda content: {"change_id": "CHG2"},
    "ring": lambda content: {"hosts": _each(content, "ring", 9)},
    "sizes": lambda content: {"hosts": _each(content, "shown", {"free_bytes": 1})},
    "machine": lambda content: {"hosts": _each(content, "carried", {"machine": "f" * 32})},
    "no-machine": lambda content: {"hosts": _each(content, "carried", {"machine": None})},
    "exceptions": lambda content: {"hosts": _each(content, "carried", {"exceptions": []}), "providers": {"x": {}}},
    "why-a-host-is-not-planned": lambda content: {"not_planned": {"down": "it is fine"}},
    "words-of-the-preflight": lambda content: {"classes": _words(content)},
    "need-of-an-approval": lambda content: {"needs_approval_document": False},
}


def _each(content: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    return {
        name: {**entry, key: {**entry[key], **value} if isinstance(value, dict) else value}
        for name, entry in content["hosts"].items()
    }


def _words(content: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {**shared, "preflight": [{**check, "diagnosis": "all is well"} for check in shared["preflight"]]}
        for name, shared in content["classes"].items()
    }


@attack(
    "shown-otherwise-than-approved", threat=WRITER + " changes what the plan shows, with its checksum", holds="refused"
)
@pytest.mark.parametrize("what", sorted(SHOWN))
def test_nothing_that_the_plan_showed_can_be_changed(desk: Desk, what: str) -> None:
    content = json.loads(desk.plan.read_text(encoding="utf-8"))
    forged(desk.plan, **SHOWN[what](content))
    assert json.loads(desk.plan.read_text(encoding="utf-8"))["digest"] == content["digest"]
    assert _code(lambda: desk.grant(signed=True)) in ("approval_of_other_plan", "plan_edited")


EDITS: dict[str, Callable[[Desk], None]] = {
    "hosts": lambda desk: forged(desk.approval, hosts=["web1", "web2"]),
    "end": lambda desk: forged(desk.approval, valid_until=None),
    "later-end": lambda desk: forged(desk.approval, valid_until="2099-01-01T00:00:00Z"),
    "checksum": lambda desk: forged(desk.approval, plan_checksum="0" * 64),
    "by-joe": lambda desk: desk.sign(desk.approval, "joe"),
    "signature-of-the-plan": lambda desk: (
        desk.sign(desk.plan),
        shutil.copy(f"{desk.plan}.sig", f"{desk.approval}.sig"),
    ),  # type: ignore[dict-item,return-value]
    "another-kind": lambda desk: desk.sign(desk.approval, kind="plan"),
    "no-signature": lambda desk: Path(f"{desk.approval}.sig").unlink(),
    "half-a-signature": lambda desk: os.truncate(f"{desk.approval}.sig", 80),
    "empty": lambda desk: os.truncate(desk.approval, 0),
    "a-folder": lambda desk: (desk.approval.unlink(), desk.approval.mkdir()),  # type: ignore[dict-item,return-value]
    "a-pipe": lambda desk: (desk.approval.unlink(), os.mkfifo(desk.approval)),  # type: ignore[dict-item,return-value]
    "endless": lambda desk: (desk.approval.unlink(), desk.approval.symlink_to("/dev/zero")),  # type: ignore[dict-item,return-value]
    "nowhere": lambda desk: (desk.approval.unlink(), desk.approval.symlink_to("nowhere")),  # type: ignore[dict-item,return-value]
    "plan-as-a-pipe": lambda desk: (desk.plan.unlink(), os.mkfifo(desk.plan)),  # type: ignore[dict-item,return-value]
    "deep": lambda desk: desk.approval.write_text("[" * 100_000),  # type: ignore[dict-item,return-value]
    "another-plan": lambda desk: desk.write(desks.document.compose([("web1", plan("web1"))], {}, desks.VERSIONS)),
}


@attack("approval-changed", threat=WRITER + " changes or replaces a document that is signed", holds="no host runs")
@pytest.mark.parametrize("how", sorted(EDITS))
def test_a_signed_approval_cannot_be_changed(desk: Desk, how: str) -> None:
    EDITS[how](desk)
    assert _code(lambda: desk.grant(signed=True))


@attack("approval-in-another-time", threat="the controller's clock is set", holds="refused")
@pytest.mark.parametrize(
    ("now", "code"),
    [
        ("2026-06-01T00:00:00Z", "approval_expired"),
        ("2099-01-01T00:00:00Z", "approval_expired"),
        ("2026-05-12T09:58:59Z", "approval_of_the_future"),
        ("2026-05-11T10:00:00Z", "approval_of_the_future"),
        ("1970-01-01T00:00:00Z", "approval_of_the_future"),
    ],
)
def test_an_approval_counts_from_its_time_to_its_end(desk: Desk, now: str, code: str) -> None:
    assert _code(lambda: desk.grant(now)) == code


@attack("host-of-another-name", threat="a host that was not approved goes by a name like one that was", holds="refused")
@pytest.mark.parametrize("name", ["web2", "WEB1", "web1 ", "../web1", "web1\n", "web", "db1", "new"])
def test_a_host_that_was_not_approved_does_not_run(desk: Desk, name: str) -> None:
    assert desk.status("web1", host=name, digest="0" * 64) not in RUNS


@attack(
    "machine-of-the-same-name", threat="another machine has the name and the state of an approved one", holds="refused"
)
@pytest.mark.parametrize("machine", ["f" * 32, None, "", "A" * 32])
def test_another_machine_of_the_same_name_does_not_run(desk: Desk, machine: str | None) -> None:
    carried = {**plan("web1")["carried"], "machine": machine}
    assert desk.status("web1", carried=carried) == "other_machine"


@attack("machine-that-says-begun", threat="another machine says that it was interrupted", holds="refused")
def test_another_machine_cannot_go_on_either(desk: Desk) -> None:
    carried = {**plan("web1")["carried"], "machine": "f" * 32, "earlier_runs": [_begun()]}
    assert desk.status("web1", carried=carried, steps=[], digest="0" * 64) not in RUNS


def _begun() -> dict[str, Any]:
    return {"digest": plan("web1")["digest"][:12], "status": "begun"}


def _found(plan: dict[str, Any]) -> dict[str, Any]:
    return {"findings": [*plan["findings"], {**plan["findings"][0], "id": "ksc64", "reasons": ["package:ksc64"]}]}


def _stop(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    check = {"id": name, "level": "error", "title": "x", "diagnosis": "y", "remediation": "z", "accepted": False}
    return lambda plan: {"preflight": [*plan["preflight"], check], "blocked": True}


def _step(plan: dict[str, Any]) -> dict[str, Any]:
    effect = {"change": "removed", "path": "/srv/owner", "scope": "tree"}
    new = {**plan["steps"][-2], "kind": "path_remove", "reasons": ["path:/srv/owner"], "effects": [effect]}
    return {"steps": [*plan["steps"][:-1], new, plan["steps"][-1]]}


def _package(plan: dict[str, Any]) -> dict[str, Any]:
    first, *rest = plan["findings"]
    return {"findings": [{**first, "reasons": [*first["reasons"], "package:kesl-another"]}, *rest]}


def _residue(plan: dict[str, Any]) -> dict[str, Any]:
    new = {"id": "kuma", "state": "residue_inert", "reasons": ["path:/opt/kaspersky/kuma"]}
    return {"findings": [*plan["findings"], {**plan["findings"][0], **new}]}


def _unrecognised(plan: dict[str, Any]) -> dict[str, Any]:
    new = {"id": "unrecognised", "class": "unrecognised", "reasons": ["process:/opt/kaspersky/other/bin/it"]}
    return {"findings": [*plan["findings"], {**plan["findings"][0], **new}]}


BEGUN: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "another-system": lambda plan: {"system": {"system": "rhel", "version": "9"}},
    "another-version": lambda plan: {"findings": [{**found, "version": "99"} for found in plan["findings"]]},
    "another-product": _found,
    "another-goal": lambda plan: {"goal": {**plan["goal"], "provider": "none"}},
    "another-step": _step,
    "another-package": _package,
    "another-residue": _residue,
    "another-program": _unrecognised,
    "another-scanner": _stop("second_interceptor"),
    "another-package-that-is-broken": _stop("package_manager_broken"),
    "another-package-that-goes-along": _stop("packages_beyond_plan"),
    "kept-out": _stop("keep_out"),
    "not-known": _stop("evidence_unknown"),
    "read-only": _stop("file_system_read_only"),
    "mount": _stop("tree_is_mount"),
    "unsupported": _stop("python_unsupported"),
}


@attack("drift-behind-an-interruption", threat="a host that has drifted says that it was interrupted", holds="refused")
@pytest.mark.parametrize("what", sorted(BEGUN))
def test_what_half_done_steps_do_not_explain_is_drift(desk: Desk, what: str) -> None:
    made = plan("web1")
    current = {**BEGUN[what](made), "carried": {**made["carried"], "earlier_runs": [_begun()]}}
    digest = digest_of({**made, **current})
    assert desk.status("web1", digest=digest, **current) == "drifted"


def test_a_run_that_was_interrupted_goes_on(desk: Desk) -> None:
    made = plan("web1")
    carried = {**made["carried"], "earlier_runs": [_begun()]}
    steps = made["steps"][len(made["steps"]) // 2 :]
    assert desk.status("web1", carried=carried, steps=steps, digest="0" * 64) == "resumed"


@attack("approval-without-an-end", threat="nobody notices that an approval has no end", holds="it is told at each run")
def test_an_approval_without_an_end_is_told(tmp_path: Path) -> None:
    desk = desks.desk(tmp_path)
    desk.approve(valid_until=None)
    words = desks.judge.warnings(desk.grant("2099-01-01T00:00:00Z"))
    assert len(words) == 1
    assert "does not expire" in words[0]
    assert desk.status("new", host="new") == "not_approved"


@attack(
    "name-that-stands-twice",
    threat="a name stands twice in a signed document, so that a reader sees another value than the one that counts",
    holds="refused: nothing runs by it",
)
@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize(
    ("kind", "added"),
    [
        ("approval", '"hosts": ["web1"]'),
        ("approval", '"valid_until": "2026-05-13"'),
        ("approval", '"reas\\u006fn": "x"'),
        ("plan", '"hosts": {}'),
        ("plan", '"change_id": "CHG2"'),
    ],
)
def test_no_name_stands_twice_in_what_is_approved(desk: Desk, kind: str, added: str, signed: bool) -> None:
    path = desk.plan if kind == "plan" else desk.approval
    path.write_text(path.read_text(encoding="utf-8").replace("{\n", "{\n " + added + ",\n", 1), encoding="utf-8")
    desk.sign(desk.plan)
    desk.sign(desk.approval)
    assert _code(lambda: desk.grant(signed=signed)) == f"{kind}_damaged"
