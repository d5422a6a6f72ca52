"""Whatever the user's ansible.cfg says: twelve hosts give twelve right records, one summary, one plan."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cores import FULL
from fleets import AGENT, BROKEN, CLEAN, UNREACHABLE, Fleet

HOSTS = {f"h{number:02}": AGENT if number % 3 else CLEAN for number in range(12)} | {"h05": BROKEN, "h09": UNREACHABLE}
SLOW = ("h00", "h04", "h10")
DETECTED = {AGENT: ("detected", None), CLEAN: ("never_present", None)}
SILENT = {BROKEN: ("unknown", "module_failed"), UNREACHABLE: ("unknown", "unreachable")}
PLANNED = {**DETECTED, AGENT: ("planned", None), **SILENT}

# As a fleet's ansible.cfg may have them; the plugins' own settings through their environment.
SETTINGS: dict[str, dict[str, str]] = {
    "strategy free": {"ANSIBLE_STRATEGY": "free"},
    "strategy host_pinned": {"ANSIBLE_STRATEGY": "host_pinned"},
    "strategy debug": {"ANSIBLE_STRATEGY": "debug"},
    "strategy linear": {"ANSIBLE_STRATEGY": "linear"},
    "any errors are fatal": {"ANSIBLE_ANY_ERRORS_FATAL": "True"},
    "handlers are forced": {"ANSIBLE_FORCE_HANDLERS": "True"},
    "facts are cached": {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": "tmp/facts"},
    "facts are no variables": {"ANSIBLE_INJECT_FACT_VARS": "False"},
    "hashes are merged": {"ANSIBLE_HASH_BEHAVIOUR": "merge"},
    "undefined variables pass": {"ANSIBLE_ERROR_ON_UNDEFINED_VARS": "False"},
    "facts are gathered": {"ANSIBLE_GATHERING": "implicit"},
    "facts are gathered smartly": {"ANSIBLE_GATHERING": "smart"},
    "nothing is logged": {"ANSIBLE_NO_LOG": "True"},
    "templates are native": {"ANSIBLE_JINJA2_NATIVE": "True"},
    "one fork": {"ANSIBLE_FORKS": "1"},
    "pipelining": {"ANSIBLE_PIPELINING": "True"},
    "files are kept": {"ANSIBLE_KEEP_REMOTE_FILES": "True"},
    "another callback": {"ANSIBLE_STDOUT_CALLBACK": "oneline"},
    "become by su": {"ANSIBLE_BECOME_METHOD": "su"},
}
QUICK = ("strategy free", "strategy host_pinned")


def _chosen() -> list[tuple[str, dict[str, str]]]:
    if FULL:
        return list(SETTINGS.items())
    rest = [name for name in SETTINGS if name not in QUICK and not name.startswith(("strategy", "one", "files"))]
    # Independent settings are tested together.
    together = {key: value for name in rest for key, value in SETTINGS[name].items()}
    return [*((name, SETTINGS[name]) for name in QUICK), ("the rest at once", {**together, "ANSIBLE_STRATEGY": "free"})]


@pytest.mark.parametrize("settings", [one for _name, one in _chosen()], ids=[name for name, _one in _chosen()])
def test_twelve_hosts_give_twelve_records_one_summary_and_one_plan(tmp_path: Path, settings: dict[str, str]) -> None:
    fleet = Fleet(tmp_path, HOSTS)
    fleet.slow(*SLOW)
    given = {"ANSIBLE_FORKS": "12", **settings}

    looked = fleet.run("detect", settings=given)
    assert fleet.records("detect") == {host: {**DETECTED, **SILENT}[kind] for host, kind in HOSTS.items()}, looked.text
    assert looked.counted("10 of 12 hosts answered, 10 of them could be checked completely.") == 1
    assert looked.counted("12 hosts: 7 detected, 3 never_present, 2 unknown") == 1
    assert looked.code != 0

    planned = fleet.run("plan", settings=given)
    assert fleet.records("plan/records") == {host: PLANNED[kind] for host, kind in HOSTS.items()}, planned.text
    assert planned.counted("10 of 12 hosts could be planned.") == 1
    content = json.loads((fleet.out / "plan/plan.json").read_text(encoding="utf-8"))
    assert sorted([*content["hosts"], *content["not_planned"]]) == sorted(HOSTS)
    assert sorted(content["not_planned"]) == ["h05", "h09"]
    assert planned.code != 0
    assert {call for host in HOSTS for call in fleet.calls(host)} == {"collect real", "collect check"}


PYTHONS = ("python3.14", "python3.9", "python3")
DISCOVERY = ("auto", "auto_silent", "auto_legacy", "auto_legacy_silent")


@pytest.mark.parametrize("discovery", DISCOVERY if FULL else DISCOVERY[:1])
def test_hosts_with_several_pythons_are_asked_by_one_of_them(tmp_path: Path, discovery: str) -> None:
    fleet = Fleet(tmp_path, HOSTS)
    fleet.have_pythons(*PYTHONS)
    given = {"ANSIBLE_FORKS": "12", "ANSIBLE_PYTHON_INTERPRETER": discovery}
    looked = fleet.run("detect", settings=given)
    assert fleet.records("detect") == {host: {**DETECTED, **SILENT}[kind] for host, kind in HOSTS.items()}, looked.text
    planned = fleet.run("plan", settings=given)
    assert fleet.records("plan/records") == {host: PLANNED[kind] for host, kind in HOSTS.items()}, planned.text
    assert planned.counted("10 of 12 hosts could be planned.") == 1
    assert {host: fleet.pythons(host) for host, kind in HOSTS.items() if kind != UNREACHABLE} == {
        host: {PYTHONS[0]} for host, kind in HOSTS.items() if kind != UNREACHABLE
    }


def test_a_python_that_hosts_do_not_have_is_named_as_the_cause(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, {"h00": AGENT, "h01": CLEAN})
    fleet.have_pythons()
    run = fleet.run("detect", settings={"ANSIBLE_PYTHON_INTERPRETER": "/opt/nowhere/python3"})
    assert run.code != 0
    assert {verdict for verdict, _code in fleet.records("detect").values()} == {"unknown"}
    assert run.counted("0 of 2 hosts answered, 0 of them could be checked completely.") == 1
    for host in fleet.hosts:
        assert "/opt/nowhere/python3" in fleet.record(host, "detect")["failure"]["message"]


@pytest.mark.parametrize("name", ["strategy free", "any errors are fatal"])
def test_a_migration_goes_in_its_own_rings_all_the_same(tmp_path: Path, name: str) -> None:
    fleet = Fleet(tmp_path, dict(HOSTS, h00=BROKEN))
    given = {"avshift_hosts": "all", "avshift_require_approval": False}
    run = fleet.run("migrate", settings=SETTINGS[name], **given)
    assert fleet.asked() == ["h00"], run.text
    assert run.counted("12 hosts: 0 migrated, 1 failed, 0 unreachable, 11 not started") == 1
    assert run.code == 2


PLAY = """
- hosts: all
  gather_facts: false
  strategy: free
  ignore_unreachable: true
  tasks:
    - avshift.endpoint.kaspersky_info:
        records_dir: avshift/detect
      register: found
    - avshift.endpoint.migration_detection_summary:
        hosts: "{{ ansible_play_hosts_all }}"
        results_in: found
        records_dir: avshift/detect
"""


def test_a_play_of_one_s_own_cannot_sum_up_while_hosts_are_out(tmp_path: Path) -> None:
    hosts = {host: kind for host, kind in HOSTS.items() if kind in DETECTED}
    fleet = Fleet(tmp_path, hosts)
    fleet.slow(*SLOW)
    (tmp_path / "play.yml").write_text(PLAY, encoding="utf-8")
    run = fleet.run("play.yml", settings={"ANSIBLE_FORKS": "12"})
    assert fleet.records("detect") == {host: DETECTED[kind] for host, kind in hosts.items()}
    assert "hosts_still_out" in run.text


def test_a_record_of_an_earlier_answer_stays_when_its_host_is_silent(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, {"h00": AGENT, "h01": CLEAN})
    assert fleet.run("detect").code == 0
    own = fleet.record("h00", "detect")
    (tmp_path / "hosts/h00/collect").unlink()
    run = fleet.run("detect")
    assert run.code != 0
    assert run.counted("1 of 2 hosts answered, 1 of them could be checked completely.") == 1
    assert fleet.record("h00", "detect") == own
