"""Fleets of hosts that are scripts on this machine: their calls show what a playbook does with them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import forecasts
import windows_cases
import windows_hosts
import yaml
from importable import HOME, REPOSITORY
from plans import case_of
from support import collected

HERE = Path(__file__).resolve().parent
LIMIT = 900
CLEAN, AGENT, SERVER = "clean-without-replacement", "agent", "server"
BROKEN, UNREACHABLE, VANISHES, WINDOWS = "broken", "unreachable", "vanishes", "windows"
# The files in which a host notes what it was asked.
NOTES = ("calls", "pythons", "journal")
FATAL = re.compile(r"^fatal: \[([^]]+)\]: (?:FAILED|UNREACHABLE)! => (\{.*\})$", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """What a run left: its output and its exit code."""

    text: str
    code: int

    @property
    def flat(self) -> str:
        """The output in one line, since Ansible folds long ones."""
        return " ".join(self.text.split())

    def why(self, host: str) -> list[str]:
        """Return the messages with which tasks of a host failed, in order."""
        return [str(json.loads(result).get("msg")) for name, result in FATAL.findall(self.text) if name == host]

    def counted(self, words: str) -> int:
        """Return how many lines contain these words."""
        return sum(words in line for line in self.text.splitlines())


class Fleet:
    """Hosts by their names, each with what it is: a case of tests/fixtures/plans, or one of the words above."""

    def __init__(self, folder: Path, hosts: Mapping[str, str], core: Path | None = None) -> None:
        self.folder, self.hosts = folder, dict(hosts)
        self.out = folder / "avshift"
        self._core = core or Path(sys.executable).parent
        self._variables: dict[str, dict[str, Any]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "ansible.cfg").write_text("[defaults]\nretry_files_enabled = False\n", encoding="utf-8")
        for host, kind in hosts.items():
            self._make(host, kind)
        self.write_inventory()

    def _make(self, host: str, kind: str) -> None:
        home = self.folder / "hosts" / host
        home.mkdir(parents=True)
        shutil.copy(HERE / "fake_ssh.sh", home)
        script = (HERE / "fake_python.py").read_text(encoding="utf-8")
        (home / "fake_python.py").write_text(f"#!/usr/bin/python3\n{script}", encoding="utf-8")
        for name in ("fake_python.py", "fake_ssh.sh"):
            (home / name).chmod(0o755)
        variables: dict[str, Any] = {
            "ansible_connection": "local",
            "ansible_python_interpreter": str(home / "fake_python.py"),
        }
        if kind == UNREACHABLE:
            variables = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
        elif kind == WINDOWS:
            # Whatever contacts it is recorded as a call.
            ssh = home / "fake_windows.py"
            script = (HERE / "fake_windows.py").read_text(encoding="utf-8")
            ssh.write_text(f"#!/usr/bin/python3\n{script}", encoding="utf-8")
            ssh.chmod(0o755)
            variables = {"ansible_connection": "ssh", "ansible_shell_type": "powershell", "ansible_host": "127.0.0.1"}
            variables["ansible_ssh_executable"] = str(ssh)
        elif kind == VANISHES:
            variables.update(ansible_connection="ssh", ansible_ssh_executable=str(home / "fake_ssh.sh"))
            (home / "vanishes").touch()
        self._variables[host] = variables
        if kind not in (UNREACHABLE, BROKEN, WINDOWS):
            self.answers(host, AGENT if kind == VANISHES else kind)

    def answers(self, host: str, case: str) -> None:
        """From now on, a host is in the state of a case."""
        home = self.folder / "hosts" / host
        before, after = collected(case_of(case)), collected(case_of(CLEAN))
        for name, seen in (("collect", before), ("after", after)):
            (home / name).write_text(json.dumps({"changed": False, "collected": seen}), encoding="utf-8")

    def runs_windows(self, host: str, case: dict[str, Any]) -> None:
        """From now on, a Windows host answers like a case of tests/fixtures/windows_forecasts."""
        _asked, told = windows_cases.in_two_looks(forecasts.asked(), case)
        self._have_answers(host, told["answers"])

    def is_recorded(self, host: str, recorded: str) -> None:
        """From now on, a Windows host answers as a recorded one did; its disk has what was not recorded."""
        disk = windows_hosts.make_disk(recorded, self.folder / "disks" / recorded)
        first, further = forecasts.reads_of(lambda reads: windows_hosts.answers_of(recorded, disk, reads))
        self._have_answers(host, windows_hosts.answers_of(recorded, disk, [*first, *further]))
        shutil.rmtree(disk)

    def _have_answers(self, host: str, told: dict[str, Any]) -> None:
        (self.folder / "hosts" / host / "answers").write_text(json.dumps(told), encoding="utf-8")

    def have_pythons(self, *names: str) -> None:
        """Reach hosts by ssh, and give them several Pythons: Ansible has to discover which one to ask."""
        for host in self.hosts:
            home = self.folder / "hosts" / host
            (home / "bin").mkdir()
            for name in names:
                shutil.copy(home / "fake_python.py", home / "bin" / name)
            if self._variables[host].pop("ansible_python_interpreter", None):
                self._variables[host].update(
                    ansible_connection="ssh",
                    ansible_ssh_executable=str(home / "fake_ssh.sh"),
                    ansible_interpreter_python_fallback=list(names),
                )
        self.write_inventory()

    def pythons(self, host: str) -> set[str]:
        """Return the names of the Pythons that a host was asked with."""
        asked = self.folder / "hosts" / host / "pythons"
        return set(asked.read_text(encoding="utf-8").split()) if asked.exists() else set()

    def stops(self, host: str, path: Path) -> None:
        """Have a file appear while a host is changed."""
        (self.folder / "hosts" / host / "stops").write_text(str(path), encoding="utf-8")

    def slow(self, *hosts: str) -> None:
        """Make hosts slow."""
        for host in hosts:
            (self.folder / "hosts" / host / "slow").touch()

    def write_inventory(self, **variables: Any) -> None:
        """Write the inventory, with variables of all hosts."""
        common = {"avshift_become": False, "avshift_provider": "none", **variables}
        accepted = {"avshift_accept": ["no_replacement", "backup_encrypted"]}
        content = {"all": {"vars": {**accepted, **common}, "hosts": self._variables}}
        (self.folder / "inventory.yml").write_text(yaml.safe_dump(content), encoding="utf-8")

    def run(self, playbook: str, *arguments: str, settings: Mapping[str, str] | None = None, **given: Any) -> Run:
        """Run a playbook of the collection, or one in the folder.

        ``given`` are variables, handed over as JSON; ``settings`` are those of the environment.
        """
        return self.run_as([*self._arguments(playbook, given), *arguments], settings)

    def _arguments(self, playbook: str, given: Mapping[str, Any]) -> list[str]:
        named = playbook if playbook.endswith(".yml") else f"avshift.endpoint.{playbook}"
        return ["-i", "inventory.yml", named, *(["-e", json.dumps(given)] if given else [])]

    def run_as(self, arguments: list[str], settings: Mapping[str, str] | None = None) -> Run:
        """Run ansible-playbook with these arguments."""
        done = subprocess.run(
            [str(self._core / "ansible-playbook"), *arguments],
            cwd=self.folder,
            env={**environment(self.folder), **(settings or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        return Run(done.stdout, done.returncode)

    def started(self, playbook: str, settings: Mapping[str, str], **given: Any) -> subprocess.Popen[bytes]:
        """Start a playbook in a process group of its own, to be killed."""
        return subprocess.Popen(
            [str(self._core / "ansible-playbook"), *self._arguments(playbook, given)],
            cwd=self.folder,
            env={**environment(self.folder), **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def marks(self) -> list[str]:
        """Return the files of hosts that are being changed, or were changed and are not clean."""
        return sorted(path.stem for path in (self.out / "rollout/begun").glob("*/[!.]*.json"))

    def breaks(self, *hosts: str) -> None:
        """From now on, hosts give invalid answers."""
        for host in hosts:
            (self.folder / "hosts" / host / "collect").unlink()

    def vanish(self, *hosts: str) -> None:
        """From now on, hosts are unreachable."""
        for host in hosts:
            self._variables[host].update(ansible_connection="ssh", ansible_host="127.0.0.1", ansible_port=1)
        self.write_inventory()

    def mends(self, *hosts: str) -> None:
        """Return hosts to their original state."""
        for host in hosts:
            for name in ("ansible_host", "ansible_port"):
                self._variables[host].pop(name, None)
            self._variables[host]["ansible_connection"] = "local"
            self.answers(host, self.hosts[host])
        self.write_inventory()

    def set_variables(self, variables: Mapping[str, Mapping[str, Any]]) -> None:
        """Give hosts variables of their own."""
        for host, given in variables.items():
            self._variables[host].update(given)
        self.write_inventory()

    def away(self, host: str) -> tuple[float, float]:
        """Return from when to when a host was away by its own journal: from its first change to the look that ends its
        migration. Later runs look at it too, and it is not away then.
        """
        lines = (self.folder / "hosts" / host / "journal").read_text(encoding="utf-8").splitlines()
        calls = [(call, float(at)) for call, at in map(str.split, lines)]
        changes = [at for call, at in calls if call == "apply"]
        return changes[0], min(at for call, at in calls if call == "collect" and at > changes[-1])

    def calls(self, host: str) -> list[str]:
        """Return what a host was asked, in order, such as ``collect real``."""
        asked = self.folder / "hosts" / host / "calls"
        return asked.read_text(encoding="utf-8").splitlines() if asked.exists() else []

    def asked(self) -> list[str]:
        """Return the hosts that were asked anything."""
        return [host for host in self.hosts if self.calls(host)]

    def forget(self) -> None:
        """Forget what the hosts were asked."""
        for host in self.hosts:
            (self.folder / "hosts" / host / "calls").unlink(missing_ok=True)

    def record(self, host: str, folder: str = "records") -> dict[str, Any]:
        """Return a host's record."""
        content: dict[str, Any] = json.loads((self.out / folder / f"{host}.json").read_text(encoding="utf-8"))
        return content

    def records(self, folder: str = "records") -> dict[str, tuple[str, str | None]]:
        """Return verdict and code of the failure of every record in a folder."""
        found = {
            host: self.record(host, folder) for host in self.hosts if (self.out / folder / f"{host}.json").exists()
        }
        return {host: (one["verdict"], (one["failure"] or {}).get("code")) for host, one in found.items()}

    def snapshot(self) -> dict[str, str]:
        """Return the SHA-256 of every file of controller and hosts, except the notes of what they were asked."""
        return {
            str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.name not in NOTES and "tmp" not in path.relative_to(self.folder).parts
        }


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a fleet's programs in a folder: without any of this machine's settings."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "AWX_", "PYTHON"))}
    return {
        **kept,
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(HOME.parent),
        "ANSIBLE_LOCAL_TEMP": str(folder / "tmp" / "local"),
        "ANSIBLE_REMOTE_TMP": str(folder / "tmp" / "remote"),
        "ANSIBLE_HOME": str(folder / "tmp" / "home"),
        "ANSIBLE_FORCE_COLOR": "0",
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
    }


def verdicts(records: Mapping[str, tuple[str, str | None]]) -> Counter[str]:
    """Return how many records have which verdict."""
    return Counter(verdict for verdict, _code in records.values())


__all__ = [
    "AGENT",
    "BROKEN",
    "CLEAN",
    "REPOSITORY",
    "SERVER",
    "UNREACHABLE",
    "VANISHES",
    "WINDOWS",
    "Fleet",
    "Run",
    "environment",
    "verdicts",
]
