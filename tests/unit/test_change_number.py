"""The change number in a host's log and record is the one that was approved."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.avshift.endpoint.plugins.plugin_utils.canonical import encode
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from plans import VERSIONS, case_of, plan_of
from support import collected

HOME = "ansible_collections.avshift.endpoint.plugins.action"
CASE = case_of("agent")


def _acted(name: str, check_mode: bool = True, **given: Any) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """Return a module's result, and what the host was asked."""
    module = importlib.import_module(f"{HOME}.{name}").ActionModule
    action, asked = module.__new__(module), []
    shell = SimpleNamespace(_shell=SimpleNamespace(SHELL_FAMILY="sh", _IS_WINDOWS=False))
    action._task, action._connection = SimpleNamespace(check_mode=check_mode, diff=False), shell
    action._templar = SimpleNamespace(template=lambda value: value)

    def on_endpoint(call: str, arguments: dict[str, Any], _task_vars: object) -> dict[str, Any]:
        asked.append((call, arguments))
        done = {"changed": False, "outcomes": [], "pending": [], "failure": None}
        return {"collected": collected(CASE)} if call == "collect" else done

    action.on_endpoint, action.host = on_endpoint, "host"
    options = ArgumentSpecValidator(module.SPEC).validate(given).validated_parameters
    return action.act(options, {"inventory_hostname": "host"}), asked


def _planned(folder: Path, planned_for: str, given: str) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    made = document.compose([("host", plan_of(CASE))], {}, VERSIONS, change_id=planned_for)
    (folder / "plan.json").write_text(encode(made), encoding="utf-8")
    options = {"approved_plan": str(folder / "plan.json"), "require_approval": True, "change_id": given}
    return _acted("migration_plan", **CASE["goal"], **options)


@pytest.mark.parametrize(
    ("planned_for", "given", "number"), [("CHG1", "", "CHG1"), ("CHG1", "CHG1", "CHG1"), ("", "CHG2", "CHG2")]
)
def test_a_run_has_the_number_of_its_plan(tmp_path: Path, planned_for: str, given: str, number: str) -> None:
    planned, _asked = _planned(tmp_path, planned_for, given)
    assert planned["approval"]["status"] == "approved"
    _done, asked = _acted("migration_apply", planned=planned, part="all", change_id=given)
    assert asked[0][1]["steps"][0]["target"]["change_id"] == number
    results = {"planned": planned, "remove": {"steps": []}}
    _acted("migration_record", False, mode="migrate", folder=str(tmp_path), results=results, change_id=given)
    record = json.loads((tmp_path / "host.json").read_text(encoding="utf-8"))
    assert record["run"]["change_id"] == number


def test_another_number_than_the_approved_one_is_refused_before_the_host_is_asked(tmp_path: Path) -> None:
    planned, _asked = _planned(tmp_path, "CHG1", "")
    for refused in (
        lambda: _planned(tmp_path, "CHG1", "CHG2"),
        lambda: _acted("migration_apply", planned=planned, part="all", change_id="CHG2"),
    ):
        with pytest.raises(AvshiftError, match="change CHG2: the plan is for the change CHG1") as caught:
            refused()
        assert caught.value.code == "plan_of_other_change"
