"""The first look at a host shows what it runs; the controller then chooses, and sends the host only that choice."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from plans import case_of
from support import collected

HOME = "ansible_collections.avshift.endpoint.plugins.action"
DEBIAN = collected(case_of("clean"))
ALMA = {
    **DEBIAN,
    "host": {**DEBIAN["host"], "system": "almalinux", "version": "9.6", "family": ["almalinux", "rhel", "fedora"]},
}
VOID = {**DEBIAN, "host": {**DEBIAN["host"], "system": "void", "family": ["void"]}}
Asked = list[tuple[str, dict[str, Any]]]


def _acted(name: str, *answers: dict[str, Any], **given: Any) -> tuple[dict[str, Any], Asked]:
    """Return the result of a module on a host that gives these answers to its looks, and what the host was sent."""
    module = importlib.import_module(f"{HOME}.{name}").ActionModule
    action, asked, looks = module.__new__(module), [], list(answers)
    shell = SimpleNamespace(_shell=SimpleNamespace(SHELL_FAMILY="sh", _IS_WINDOWS=False))
    action._task, action._connection = SimpleNamespace(check_mode=True), shell

    def on_endpoint(call: str, arguments: dict[str, Any], _task_vars: object) -> dict[str, Any]:
        asked.append((call, json.loads(json.dumps(arguments))))
        return {"collected": looks.pop(0)} if call == "collect" else {"checks": [], "result": "unknown"}

    action.on_endpoint = on_endpoint
    options = ArgumentSpecValidator(module.SPEC).validate(given).validated_parameters
    return action.act(options, {"inventory_hostname": "host"}), asked


def _layouts(asked: Asked) -> str:
    return " ".join(json.dumps(arguments) for _call, arguments in asked)


def _planned(*answers: dict[str, Any]) -> tuple[dict[str, Any], Asked]:
    return _acted("migration_plan", *answers, provider="clamav")


def _tested(*answers: dict[str, Any]) -> tuple[dict[str, Any], Asked]:
    return _acted("antivirus_selftest", *answers, provider="clamav")


@pytest.mark.parametrize(
    ("seen", "manager", "file", "other"),
    [
        (DEBIAN, "apt-get", "/etc/clamav/clamd.conf", "/etc/clamd.d/scan.conf"),
        (ALMA, "dnf", "/etc/clamd.d/scan.conf", "/etc/clamav/clamd.conf"),
    ],
    ids=["debian", "alma"],
)
def test_a_host_is_asked_of_its_own_layout_alone(seen: dict[str, Any], manager: str, file: str, other: str) -> None:
    result, asked = _planned(seen, seen)
    (first, bare), (second, questions) = asked
    assert (first, bare, second) == ("collect", {"probes": "{}"}, "collect")
    probes = json.loads(questions["probes"])
    assert probes["package_change"]["manager"] == manager
    assert file in probes["file_text"]
    assert other not in _layouts(asked)
    assert result["plan"]["system"]["system"] == seen["host"]["system"]


@pytest.mark.parametrize(
    ("seen", "unit", "other"),
    [(DEBIAN, "clamav-daemon.service", "clamd@scan.service"), (ALMA, "clamd@scan.service", "clamav-daemon.service")],
    ids=["debian", "alma"],
)
def test_a_host_tests_its_own_layout_alone(seen: dict[str, Any], unit: str, other: str) -> None:
    _result, asked = _tested(seen)
    assert [call for call, _arguments in asked] == ["collect", "prove"]
    assert unit in asked[1][1]["units"]
    assert other not in _layouts(asked)


def test_a_host_without_a_layout_is_named_and_sent_nothing_to_test() -> None:
    with pytest.raises(AvshiftError, match="void: the replacement's layout is not known") as caught:
        _tested(VOID)
    assert caught.value.code == "replacement_unsupported"


def test_a_wrong_option_is_refused_before_the_host_is_contacted() -> None:
    for name in ("migration_plan", "antivirus_selftest"):
        with pytest.raises(AvshiftError) as caught:
            _acted(name, provider="clamav", options={"colour": "red"})
        assert caught.value.code == "option_wrong"


def _with(**facts: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda seen: {**seen, "host": {**seen["host"], **facts}}


@pytest.mark.parametrize(
    "change",
    [_with(system="alpine"), _with(version="13"), _with(family=["rhel"]), _with(platform="windows")],
    ids=["system", "version", "family", "platform"],
)
def test_a_host_that_changes_its_system_between_two_looks_is_refused(
    change: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    with pytest.raises(AvshiftError, match="in its first answer, and is") as caught:
        _planned(DEBIAN, change(DEBIAN))
    assert caught.value.code == "answer_invalid"


def test_a_plan_s_replacement_is_tested_with_the_options_that_the_plan_settled() -> None:
    planned, _asked = _acted("migration_plan", DEBIAN, DEBIAN, provider="clamav", options={"paths": ["/srv"]})
    result, asked = _acted("antivirus_selftest", DEBIAN, planned=planned, provider="none-of-these")
    alone, same = _acted("antivirus_selftest", DEBIAN, provider="clamav", options={"paths": ["/srv"]})
    assert result == alone
    assert asked == same
    assert asked[-1][1]["paths"] == ["/srv"]
