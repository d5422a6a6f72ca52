"""Approving a plan again leaves an approval that counts, and counts for what was asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import granted
from ansible_collections.avshift.endpoint.plugins.plugin_utils.canonical import encode
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from approving import approved
from plans import VERSIONS, case_of, plan_of, rings_of

NOW = "2098-01-01T00:00:00Z"
UNSIGNED: dict[str, Any] = {"approval": None, "require_signature": False, "allowed_signers": None, "signer": None}


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """The path of a plan of three hosts."""
    path = tmp_path / "plan.json"
    plans = ((name, plan_of(case_of(name), name)) for name in ("full", "agent", "clean"))
    made = document.compose(plans, {}, VERSIONS, rings_of())
    path.write_text(encode(made), encoding="utf-8")
    return path


def _hosts(plan: Path) -> frozenset[str] | None:
    return granted.read(str(plan), UNSIGNED, NOW).hosts


def test_a_plan_that_was_put_back_is_approved_again(plan: Path) -> None:
    first = plan.read_bytes()
    approved(plan, hosts=["full"])
    marked, approval = plan.read_bytes(), plan.with_name("approval.json").read_bytes()
    plan.write_bytes(first)
    assert approved(plan, check_mode=True, hosts=["full"])["changed"]
    assert plan.read_bytes() == first
    assert approved(plan, hosts=["full"])["changed"]
    assert (plan.read_bytes(), plan.with_name("approval.json").read_bytes()) == (marked, approval)
    assert _hosts(plan) == {"full"}
    assert not approved(plan, hosts=["full"])["changed"]


def test_an_earlier_approval_is_read_up_to_a_limit(plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    approved(plan, hosts=["full"])
    large = plan.with_name("approval.json")
    monkeypatch.setattr(document, "MOST_BYTES", large.stat().st_size + plan.stat().st_size)
    large.write_text(large.read_text(encoding="utf-8") + " " * plan.stat().st_size * 2, encoding="utf-8")
    assert approved(plan, hosts=["full"])["changed"]
    monkeypatch.undo()
    assert _hosts(plan) == {"full"}


@pytest.mark.parametrize("time", ["2097-12-31T00:00:00Z", "2026-02-30T00:00:00Z", 7, None])
@pytest.mark.parametrize("gate", ["", "pilot"])
def test_an_approval_with_a_time_that_does_not_count_is_written_anew(plan: Path, gate: str, time: Any) -> None:
    path = Path(approved(plan, hosts=["full"], gate=gate)["path"])
    path.write_text(encode({**json.loads(path.read_text(encoding="utf-8")), "time": time}), encoding="utf-8")
    again = approved(plan, hosts=["full"], gate=gate)
    assert again["changed"]
    assert json.loads(path.read_text(encoding="utf-8")) == again["approval"]
    assert not approved(plan, hosts=["full"], gate=gate)["changed"]
