"""The acceptance playbook run by a real Ansible, with this test's own modules in place of Windows' and of the look."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from importable import HOME, REPOSITORY

KIT = REPOSITORY / "tests" / "windows-acceptance"
EXPECTED = REPOSITORY / "tests" / "fixtures" / "windows"
KES, AGENT = "{27534751-0000-4000-8000-00000000A001}", "{27534751-0000-4000-8000-00000000A002}"
# Each notes its call, and the package module notes what is installed, as Windows would.
MODULE = """#!/usr/bin/python
import json, os
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule({arguments}, supports_check_mode=True)
state = {state!r}
told = json.load(open(state))
told["calls"].append([{name!r}, {{k: v for k, v in module.params.items() if v is not None}}])
result = {{"changed": True, "rc": 0}}
failing = {name!r} == "win_package" and module.params["path"] and told["fails_at"] in module.params["path"]
if {name!r} == "win_package" and module.params["state"] == "absent":
    result["rc"] = 3010 if module.params["product_id"] == {agent!r} else 0
    told["installed"] = [one for one in told["installed"] if one != module.params["product_id"]]
elif {name!r} == "win_package" and not failing:
    told["installed"].append({kes!r} if "kes.msi" in module.params["path"] else {agent!r})
json.dump(told, open(state, "w"))
if failing:
    module.fail_json(msg="it failed")
module.exit_json(**result)
"""
ARGUMENTS = "dict.fromkeys(['path', 'state', 'src', 'dest', 'product_id'], {'type': 'str'})"
ARGUMENTS += " | {'arguments': {'type': 'list', 'elements': 'str'}}"
# A look: the record of what the module above says is installed.
LOOK = """
import json, pathlib, yaml
from ansible.plugins.action import ActionBase
class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        told = json.load(open({state!r}))
        case = told["cases"]["installed" if len(told["installed"]) > 1 else "clean"]
        if told["other"]:
            case = told["cases"]["other"]
        collected = {{"findings": case["expect"], "complete": case["complete"]}}
        collected["unknowns"] = [{{"id": one}} for one in case["unknown"]]
        folder = pathlib.Path(self._task.args["records_dir"])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "host1.json").write_text(json.dumps({{"verification": {{"collected": collected}}}}))
        return {{"changed": False}}
"""
READS = """
from ansible.plugins.action import ActionBase
class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        answers = {read["id"]: {"absent": "key"} for read in self._task.args["reads"]}
        return {"changed": False, "answers": answers, "powershell": "5.1.1", "invocation": {"password": "x"}}
"""
ROLE = """
- avshift.endpoint.kaspersky_info:
    records_dir: "{{ kaspersky_detect_records_dir }}"
"""


class Kit:
    """A folder in which the playbook runs against host1, and what it did there."""

    def __init__(self, folder: Path, **given: Any) -> None:
        self.folder, self.state = folder, folder / "state.json"
        kes = {"id": "kes_windows", "state": "running", "version": "1", "confidence": "confirmed", "problems": []}
        cases = {
            "other": {"expect": [kes], "unknown": [], "complete": True},
            "clean": _case("clean"),
            "installed": _case("installed"),
        }
        told = {"calls": [], "installed": [], "fails_at": "nothing", "other": False, "cases": cases, **given}
        self.state.write_text(json.dumps(told), encoding="utf-8")
        windows = folder / "ansible_collections/ansible/windows/plugins/modules"
        endpoint = folder / "ansible_collections/avshift/endpoint"
        for name in ("win_file", "win_copy", "win_package"):
            filled = MODULE.format(arguments=ARGUMENTS, state=str(self.state), name=name, kes=KES, agent=AGENT)
            _put(windows / f"{name}.py", filled)
        for name, text in (("kaspersky_info", LOOK.format(state=str(self.state))), ("windows_reads", READS)):
            _put(endpoint / f"plugins/action/{name}.py", text)
            _put(endpoint / f"plugins/modules/{name}.py", "")
        _put(endpoint / "roles/kaspersky_detect/tasks/main.yml", ROLE)
        for name in ("kes", "agent"):
            _put(folder / f"packages/{name}.msi", "")

    def run(self) -> subprocess.CompletedProcess[str]:
        """Run the playbook with the given packages."""
        _put(self.folder / "ansible.cfg", "")
        hosts = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        _put(self.folder / "hosts.json", json.dumps({"windows": {"hosts": {"host1": hosts}}}))
        settings = {
            "ANSIBLE_COLLECTIONS_PATH": str(self.folder),
            "HOME": str(self.folder),
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
        }
        argv = ["ansible-playbook", "-i", str(self.folder / "hosts.json"), str(KIT / "acceptance.yml")]
        argv += ["-e", f"kit_packages={self.folder}/packages", "-e", f"kit_output={self.folder}/out"]
        environment = {**os.environ, **settings, "ANSIBLE_LOCALHOST_WARNING": "false"}
        return subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=600, check=False)

    @property
    def told(self) -> dict[str, Any]:
        """What was done to the host."""
        result: dict[str, Any] = json.loads(self.state.read_text(encoding="utf-8"))
        return result


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _case(host: str) -> Any:
    import yaml

    return yaml.safe_load((EXPECTED / host / "expect.yml").read_text(encoding="utf-8"))


def test_it_installs_looks_records_and_removes(tmp_path: Path) -> None:
    kit = Kit(tmp_path)
    done = kit.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert kit.told["installed"] == []
    removals = [given for name, given in kit.told["calls"] if given.get("state") == "absent" and name == "win_package"]
    assert [given["product_id"] for given in removals] == [KES, AGENT, KES, AGENT]
    assert "hunter2" not in done.stdout
    fixture = json.loads((tmp_path / "out/fixtures/host1/answers.json").read_text(encoding="ascii"))
    assert set(fixture) == {"changed", "powershell", "answers"}
    assert (tmp_path / "out/fixtures/host1/expect.yml").read_bytes() == (EXPECTED / "installed/expect.yml").read_bytes()


def test_a_host_with_anything_of_kaspersky_s_is_refused_untouched(tmp_path: Path) -> None:
    kit = Kit(tmp_path, other=True)
    done = kit.run()
    assert done.returncode == 2
    assert "not expected: " in done.stdout and "kes_windows" in done.stdout
    assert kit.told["calls"] == []


@pytest.mark.parametrize("package", ["kes.msi", "agent.msi"])
def test_after_a_failure_everything_is_removed(package: str, tmp_path: Path) -> None:
    kit = Kit(tmp_path, fails_at=package)
    assert kit.run().returncode == 2
    assert kit.told["installed"] == []
    last = [(name, given.get("product_id") or given.get("path")) for name, given in kit.told["calls"][-3:]]
    assert last == [("win_package", KES), ("win_package", AGENT), ("win_file", "C:\\avshift-acceptance")]
    assert kit.told["calls"][-1][1]["state"] == "absent"


def test_what_is_not_found_as_expected_fails_and_everything_is_removed(tmp_path: Path) -> None:
    cases = {"clean": _case("clean"), "installed": _case("clean"), "other": _case("clean")}
    kit = Kit(tmp_path, cases=cases)
    done = kit.run()
    assert done.returncode == 2 and "missing: " in done.stdout
    assert kit.told["installed"] == [] and kit.told["calls"][-1][0] == "win_file"
    assert not (tmp_path / "out/fixtures").exists()


def test_the_collection_s_own_names_are_those_that_the_kit_calls() -> None:
    assert (HOME / "avshift/endpoint/plugins/modules/windows_reads.ps1").exists()
    assert (HOME / "avshift/endpoint/roles/kaspersky_detect/tasks/main.yml").exists()
