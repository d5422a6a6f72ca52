"""Hosts that lie: a file stands in for the host's Python, and gives the answer that a test chose.

An inventory of them, with one honest host, is planned in one run of the playbook, as an administrator would.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from importable import HOME, REPOSITORY
from matrix.by_core import programs_of
from plans import case_of
from support import collected

HONEST = "honest"
LIMIT = 600
# Text that would leave a file behind if it were ever evaluated: see `Run.proof`.
LOOK_UP = "{{ lookup('ansible.builtin.pipe', 'touch $AVSHIFT_PROOF') }}"


@dataclass(frozen=True)
class Run:
    """What a playbook's run left: its output, its exit code, its folder and the file that no lie may have created."""

    folder: Path
    output: bytes
    code: int

    @property
    def plan(self) -> dict[str, Any]:
        """The plan of the fleet."""
        content: dict[str, Any] = json.loads((self.folder / "out/plan/plan.json").read_text(encoding="utf-8"))
        return content

    @property
    def proof(self) -> Path:
        """The file that exists if a host's text was evaluated."""
        return self.folder / "PWNED"


def honest(case: str = "full") -> dict[str, Any]:
    """Return what an honest host answers to a look at it."""
    return {"changed": False, "collected": collected(case_of(case))}


OWN = "own"


def programs(core: str) -> Path:
    """Return where the programs of an ansible-core are: the one beside this Python, or of a version."""
    return Path(sys.executable).parent if core == OWN else programs_of(core)


def planned(folder: Path, answers: Mapping[str, bytes], playbook: str = "plan", *more: str, core: str = OWN) -> Run:
    """Run a playbook on hosts that give these answers, in a new folder."""
    hosts = {}
    for number, (host, answer) in enumerate(answers.items()):
        said, python = folder / f"answer-{number}", folder / f"python-{number}"
        said.write_bytes(answer)
        python.write_text(f"#!/bin/sh\ncat > /dev/null\nexec cat {said}\n", encoding="ascii")
        python.chmod(0o755)
        hosts[host] = {"ansible_connection": "local", "ansible_python_interpreter": str(python)}
    (folder / "inventory.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}), encoding="utf-8")
    settings = {"avshift_become": False, "avshift_output_dir": str(folder / "out")}
    program = str(programs(core) / "ansible-playbook")
    command = [program, "-i", "inventory.yml", "-e", json.dumps(settings), "--diff", *more]
    done = subprocess.run(
        [*command, f"avshift.endpoint.{playbook}"],
        cwd=folder,
        env=_environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=LIMIT,
        check=False,
    )
    return Run(folder, done.stdout, done.returncode)


def evaluated(run: Run, core: str = OWN) -> subprocess.CompletedProcess[str]:
    """Load servicenow.yml as its first lines say, with an ansible-core, and show what happens to each text in it."""
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars_files": [str(run.folder / "out/plan/servicenow.yml")],
        "vars": {"my_instance": {"host": "x"}},
        "tasks": [
            {"ansible.builtin.debug": {"msg": "{{ change_request | combine({'instance': my_instance}) }}"}},
            {"ansible.builtin.debug": {"msg": "{{ change_request.description }} {{ change_request.other.values() }}"}},
            {"ansible.builtin.debug": {"msg": "{{ change_request | to_json | from_json }}"}},
            {"ansible.builtin.debug": {"msg": "{{ lookup('ansible.builtin.template', 'show.j2') }}"}},
            {"ansible.builtin.include_vars": str(run.folder / "out/plan/servicenow.yml")},
            {"ansible.builtin.debug": {"var": "change_request"}},
        ],
    }
    (run.folder / "show.j2").write_text("{{ change_request.other }}\n", encoding="utf-8")
    (run.folder / "ask.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    command = [str(programs(core) / "ansible-playbook"), "-i", "localhost,", "ask.yml"]
    return subprocess.run(
        command,
        cwd=run.folder,
        env=_environment(run.folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


def _environment(folder: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    settings = {
        "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(HOME.parent),
        "ANSIBLE_LOCAL_TEMP": str(folder / "local-tmp"),
        "ANSIBLE_CALLBACK_RESULT_FORMAT": os.environ.get("AVSHIFT_RESULT_FORM", "yaml"),
        "ANSIBLE_FORCE_COLOR": "0",
        "AVSHIFT_PROOF": str(folder / "PWNED"),
        "ANSIBLE_NOCOLOR": "1",
    }
    return {**kept, **settings, "LC_ALL": "C.UTF-8"}
