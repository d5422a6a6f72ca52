"""New hosts of the lab for a benchmark: made, looked into, and given to a playbook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from . import fleet
from .errors import BenchError
from .paths import CACHE, LAB, PLAYBOOKS, REPOSITORY

GROUP_VARS = REPOSITORY / "inventories/lab/group_vars/lab.yml"
SIGNATURES = yaml.safe_load(GROUP_VARS.read_text(encoding="utf-8"))["avshift_provider_options"]["site_signatures"]
# The play that one would write, and what it is given: the signatures that the collection gets too.
BY_HAND = (
    str(PLAYBOOKS / "remove_install_start.yml"),
    "-e",
    json.dumps({"signatures": "".join(SIGNATURES.values())}),
)


class LabHosts:
    """A fleet of the lab, for one benchmark alone."""

    def __init__(self, name: str) -> None:
        self._fleet = f"{os.environ.get('AVSHIFT_FLEET_PREFIX', 'bench')}-{name}"

    @contextmanager
    def up(self, like: str, *hosts: str) -> Iterator[None]:
        """New hosts, all like one of the lab; they are removed at the end."""
        self._do("up", "--fresh", "--fleet", self._fleet, *(f"{host}={like}" for host in hosts))
        try:
            yield
        finally:
            self._do("down", "--fleet", self._fleet)

    def prepare_by_hand(self, hosts: Sequence[str]) -> None:
        """Install what Ansible's own module needs, which does not count for the other play."""
        for host in hosts:
            self.inside(host, "apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "python3-apt")

    def play(self, hosts: Sequence[str], playbook: str, *arguments: str) -> list[str]:
        """Return the command that runs a playbook on these hosts, all at once."""
        CACHE.mkdir(parents=True, exist_ok=True)
        inventory = CACHE / f"{self._fleet}.yml"
        named = {host: {"ansible_host": self.container(host)} for host in hosts}
        inventory.write_text(yaml.safe_dump({"lab": {"hosts": named}}), encoding="utf-8")
        sources = [f"--inventory={REPOSITORY / 'inventories/lab'}", f"--inventory={inventory}"]
        limits = [f"--limit={','.join(hosts)}", f"--forks={len(hosts)}"]
        return [str(Path(sys.executable).parent / "ansible-playbook"), playbook, *sources, *limits, *arguments]

    def inside(self, host: str, *argv: str) -> str:
        """Run a command on a host and return what it printed."""
        return run("podman", "exec", self.container(host), *argv)

    def container(self, host: str) -> str:
        """Return the name of a host's container."""
        return f"avshift-lab-{self._fleet}-{host}"

    def _do(self, *arguments: str) -> None:
        run(sys.executable, str(LAB / "fleet.py"), *arguments)


def verified(path: Path) -> dict[str, Any]:
    """Return a host's record; BenchError if it was not migrated."""
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if record["verdict"] != "removed_verified":
        raise BenchError("Migrating", path.stem, f"its verdict is {record['verdict']}", "See its record.")
    return record


def environment() -> dict[str, str]:
    """Return the environment of all that is run: that of every measured Ansible, and the lab's settings of podman."""
    return {**fleet.environment(), "CONTAINERS_CONF": str(LAB / "containers.conf")}


def run(*argv: str, cwd: Path = REPOSITORY) -> str:
    """Run a command that has to succeed and return what it printed."""
    done = subprocess.run(
        argv, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=cwd, check=False
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().replace("\n", " | ")[-600:]
        cause = f"exit code {done.returncode}: {said or 'it said nothing'}"
        raise BenchError("Running a command", " ".join(argv[:5]), cause, "Run it by hand to see more.")
    return done.stdout
