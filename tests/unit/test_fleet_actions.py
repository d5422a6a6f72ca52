"""The modules that make documents of a fleet: what each needs, what it writes, and that check mode writes nothing."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import whole
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import folder
from hostile_records import RUN
from plans import case_of, plan_of

HOME = "ansible_collections.avshift.endpoint.plugins.action"
GONE = {"unreachable": True, "msg": "No route to host"}
NEEDED = {
    "migration_detection_summary": {"hosts": ["a"], "results_in": "found", "records_dir": "r"},
    "migration_plan_document": {"hosts": ["a"], "results_in": "planned", "records_dir": "r", "output_dir": "o"},
    "migration_report": {"records_dir": "r", "output_dir": "o"},
    "migration_compare": {"earlier_dir": "e", "records_dir": "r", "output_dir": "o"},
}


def _checked(name: str, given: dict[str, Any]) -> Any:
    return ArgumentSpecValidator(importlib.import_module(f"{HOME}.{name}").ActionModule.SPEC).validate(given)


@pytest.mark.parametrize("name", NEEDED)
def test_module_needs_what_it_reads_and_knows_no_option_of_another(name: str) -> None:
    assert _checked(name, NEEDED[name]).error_messages == []
    for option in NEEDED[name]:
        (told,) = _checked(name, {key: value for key, value in NEEDED[name].items() if key != option}).error_messages
        assert option in told
    others = {key for needed in NEEDED.values() for key in needed} - set(NEEDED[name])
    for option in sorted(others):
        assert _checked(name, {**NEEDED[name], option: "x"}).error_messages, option


def _acted(home: Path, name: str, hostvars: dict[str, Any], check_mode: bool = False, **options: Any) -> dict[str, Any]:
    """Return the result of a module whose folders are below ``home``, run as Ansible runs it on the controller."""
    module = importlib.import_module(f"{HOME}.{name}").ActionModule
    given = _checked(name, {**options, **{key: str(home / key) for key in module.SPEC if key.endswith("_dir")}})
    action = module.__new__(module)
    action._task, action._templar = (
        SimpleNamespace(check_mode=check_mode),
        SimpleNamespace(template=lambda value: value),
    )
    result: dict[str, Any] = action.act(
        given.validated_parameters, {"hostvars": hostvars, "groups": {"all": list(hostvars)}}
    )
    return result


def _files(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def _planned(*hosts: str) -> dict[str, Any]:
    return {host: {"planned": {"plan": plan_of(case_of("full"), host)}} for host in hosts}


def test_plan_has_every_host_that_can_be_told_and_says_why_another_is_left_out(tmp_path: Path) -> None:
    hostvars = {**_planned("good", "odd"), "gone": {"planned": GONE}, "mute": {}}
    hostvars["odd"]["planned"]["plan"]["preflight"][0]["title"] = 7
    options = {"hosts": list(hostvars), "results_in": "planned"}
    result = _acted(tmp_path, "migration_plan_document", hostvars, **options)
    content = json.loads((tmp_path / "output_dir/plan.json").read_text(encoding="utf-8"))
    assert (list(content["hosts"]), content["digest"]) == (["good"], result["digest"])
    assert sorted(content["not_planned"]) == ["gone", "mute", "odd"]
    assert "$[0].title" in content["not_planned"]["odd"]
    assert (result["failed"], result["code"]) == (True, "not_whole")
    assert "gone, mute, odd" in result["msg"]
    assert sorted(path.stem for path in (tmp_path / "records_dir").iterdir()) == sorted(hostvars)


def test_plan_is_of_the_other_hosts_where_one_cannot_be_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its plan is well-formed, but for an unexpected reason no document can be made from it."""
    dry_run = importlib.import_module(HOME.replace(".action", ".plugin_utils.report.plan.dry_run"))
    files = dry_run.files

    def failing(document: dict[str, Any]) -> dict[str, str]:
        if "odd" in document["hosts"]:
            raise ZeroDivisionError("no such ring")
        made: dict[str, str] = files(document)
        return made

    monkeypatch.setattr(dry_run, "files", failing)
    result = _acted(
        tmp_path, "migration_plan_document", _planned("good", "odd"), hosts=["good", "odd"], results_in="planned"
    )
    content = json.loads((tmp_path / "output_dir/plan.json").read_text(encoding="utf-8"))
    assert (list(content["hosts"]), result["code"]) == (["good"], "not_whole")
    assert "no such ring" in content["not_planned"]["odd"]


def test_summary_writes_the_record_of_a_silent_host_alone(tmp_path: Path) -> None:
    looked = {
        "findings": [],
        "evidence": [],
        "unknowns": [],
        "complete": True,
        "removed_before": [],
        "earlier_runs": [],
    }
    hostvars = {"good": {"found": looked}, "gone": {"found": GONE}}
    result = _acted(tmp_path, "migration_detection_summary", hostvars, hosts=["good", "gone"], results_in="found")
    assert result["verdicts"] == {"never_present": 1, "unknown": 1}
    assert (result["changed"], result["failed"], result["code"]) == (True, True, "not_whole")
    assert [path.stem for path in (tmp_path / "records_dir").iterdir()] == ["gone"]


def _recorded(home: Path, name: str, *hosts: str) -> None:
    for host in hosts:
        record = runs.of_plan(host, {"plan": plan_of(case_of("clean"), host)}, RUN)
        records.write(records.path_of(str(home / name), host), record)


@pytest.mark.parametrize("name", NEEDED)
def test_check_mode_writes_nothing_and_foresees_the_change(name: str, tmp_path: Path) -> None:
    _recorded(tmp_path, "earlier_dir", "a", "b")
    if name in ("migration_report", "migration_compare"):
        _recorded(tmp_path, "records_dir", "b", "c")
    before = _files(tmp_path)
    hostvars = {"gone": {"planned": GONE, "found": GONE}}
    options = {key: value for key, value in NEEDED[name].items() if not key.endswith("_dir")}
    options = {**options, "hosts": ["gone"]} if "hosts" in options else options
    foreseen = _acted(tmp_path, name, hostvars, check_mode=True, **options)
    assert (foreseen["changed"], _files(tmp_path)) == (True, before)
    done = _acted(tmp_path, name, hostvars, **options)
    assert done == foreseen
    assert set(before) < set(_files(tmp_path))


@pytest.mark.parametrize("name", ["migration_report", "migration_compare"])
def test_the_same_records_change_nothing_again(name: str, tmp_path: Path) -> None:
    _recorded(tmp_path, "earlier_dir", "a", "b")
    _recorded(tmp_path, "records_dir", "b", "c")
    assert _acted(tmp_path, name, {})["changed"] is True
    written = _files(tmp_path)
    assert _acted(tmp_path, name, {})["changed"] is False
    assert _files(tmp_path) == written


def test_comparison_counts_the_hosts(tmp_path: Path) -> None:
    _recorded(tmp_path, "earlier_dir", "a", "b")
    _recorded(tmp_path, "records_dir", "b", "c")
    told = _acted(tmp_path, "migration_compare", {})
    assert told["compared"] == {"same": 1, "new": 1, "gone": 1, "changed": 0}
    assert set(told["paths"]) == {"comparison.json", "comparison.md"}


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    _recorded(tmp_path, "records_dir", "b")
    with pytest.raises(AvshiftError, match="earlier_dir"):
        _acted(tmp_path, "migration_compare", {})


@pytest.mark.parametrize(
    ("at_work", "results", "out"),
    [
        (["a", "b"], {"a": {}, "b": {}}, []),
        (["a", "b"], {"a": {}, "b": None}, ["b"]),
        (["a"], {"a": {}, "b": None}, []),
        (["a", "b", "z"], {"a": None, "b": None, "z": None}, ["a", "b"]),
        ([], {}, []),
    ],
)
def test_nothing_is_summed_up_while_hosts_are_at_work(
    at_work: list[str], results: dict[str, Any], out: list[str]
) -> None:
    if not out:
        whole.must_be_in(["a", "b"], at_work, results)
        return
    with pytest.raises(AvshiftError) as error:
        whole.must_be_in(["a", "b"], at_work, results)
    assert error.value.code == "hosts_still_out"
    assert f"({', '.join(out)})" in str(error.value)


def test_many_hosts_without_an_answer_are_counted_and_some_named() -> None:
    told = str(whole.missing("Planning", [f"h{number:02}" for number in range(12)]))
    assert "12 hosts" in told
    assert "h09 …" in told
    assert "h10" not in told
    assert whole.missing("Planning", []) is None


@pytest.mark.parametrize("has_staged", [False, True])
def test_a_run_that_finds_another_one_at_work_leaves_its_record_and_its_mark(tmp_path: Path, has_staged: bool) -> None:
    plan = plan_of(case_of("full"), "a")
    step = {"id": plan["steps"][0]["id"], "outcome": "changed", "facts": {}, "seconds": 0.0}
    busy = {"failed": True, "code": "run_in_progress", "msg": "another run is at work on it"}
    results: dict[str, Any] = {"planned": {"plan": plan, "approval": None}, "stage": busy}
    if has_staged:
        results.update(stage={"steps": [step]}, handover=busy)
    own = tmp_path / "records/a.json"
    records.write(own, records.compose("a", "migrate", RUN, "removed_verified", plan=plan))
    look = {"home": str(tmp_path / "rollout"), "run": "other", "ring": "pilot", "total": 1, "stop_after": "0"}
    look["groups"] = {}
    (tmp_path / "rollout").mkdir()
    for run in ["other", *(["mine"] if has_staged else [])]:
        assert folder.begin({**look, "run": run}, "a", RUN["time"]) == ""
    before = _files(tmp_path)
    module = importlib.import_module(f"{HOME}.migration_record").ActionModule
    action = module.__new__(module)
    action._task = SimpleNamespace(check_mode=False)
    action._templar = SimpleNamespace(template=lambda value: value)
    given = {"mode": "migrate", "folder": str(own.parent), "results": results, "rollout": {**look, "run": "mine"}}
    told = action.act(_checked("migration_record", given).validated_parameters, {"inventory_hostname": "a"})
    assert (told["success"], told["failure"]["code"]) == (False, "run_in_progress")
    changed = {name for name, content in _files(tmp_path).items() if before[name] != content}
    assert changed == ({"records/a.json", "rollout/begun/pilot/a.json"} if has_staged else set())
