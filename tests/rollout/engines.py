"""What AWX and Automation Controller do with a playbook: ansible-runner, here and by transmit, worker and process."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from fleets import LIMIT, Fleet, environment

RUNNER = Path(sys.executable).parent / "ansible-runner"
JOB = "job"


@dataclass(frozen=True)
class Job:
    """A job by its folder on the controller, after its results are back."""

    folder: Path

    @property
    def artifacts(self) -> Path:
        """The only folder of a job that is returned."""
        return self.folder / "artifacts" / JOB

    @property
    def code(self) -> int:
        """The exit code of ansible-playbook, as the engine keeps it."""
        return int((self.artifacts / "rc").read_text(encoding="utf-8"))

    @property
    def text(self) -> str:
        """What the job printed, as the engine shows it."""
        return (self.artifacts / "stdout").read_text(encoding="utf-8")

    @property
    def stats(self) -> dict[str, Any]:
        """What the engine passes to the next node of a workflow."""
        events = (json.loads(path.read_text(encoding="utf-8")) for path in self.artifacts.glob("job_events/*.json"))
        (last,) = [event["event_data"] for event in events if event["event"] == "playbook_on_stats"]
        passed: dict[str, Any] = last.get("artifact_data", {})
        return passed

    def records(self, folder: str) -> dict[str, dict[str, Any]]:
        """Return the records that were returned, by host."""
        found = sorted((self.artifacts / "avshift" / folder).glob("*.json"))
        return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in found}


def prepared(fleet: Fleet, name: str, hosts: list[str], given: dict[str, Any]) -> Path:
    """Return the private data folder of a job on some of a fleet's hosts, as AWX makes one for a slice."""
    home = fleet.folder / name
    inventory = yaml.safe_load((fleet.folder / "inventory.yml").read_text(encoding="utf-8"))
    inventory["all"]["hosts"] = {host: inventory["all"]["hosts"][host] for host in hosts}
    for part in ("inventory", "env", "project"):
        (home / part).mkdir(parents=True)
    (home / "inventory" / "hosts.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
    (home / "env" / "extravars").write_text(json.dumps(given), encoding="utf-8")
    return home


def run(fleet: Fleet, playbook: str, name: str = "run", **given: Any) -> Job:
    """Run a playbook of the collection with ``ansible-runner run``."""
    home = prepared(fleet, name, list(fleet.hosts), given)
    _runner(fleet, "run", home, "--ident", JOB, "--playbook", f"avshift.endpoint.{playbook}")
    return Job(home)


def by_workers(fleet: Fleet, playbook: str, slices: dict[str, list[str]], **given: Any) -> list[Job]:
    """Run a playbook on slices of a fleet, each by its own worker at the same time; return the finished jobs.

    Whatever a worker has and does not send is lost, as with its container.
    """

    def done(name: str) -> Job:
        home = prepared(fleet, name, slices[name], given)
        sent = _runner(fleet, "transmit", home, "--ident", JOB, "--playbook", f"avshift.endpoint.{playbook}")
        place = fleet.folder / f"worker-{name}"
        place.mkdir()
        worked = _runner(fleet, "worker", "--private-data-dir", place, given=sent.stdout)
        shutil.rmtree(place)
        _runner(fleet, "process", home, "--ident", JOB, given=worked.stdout)
        return Job(home)

    with ThreadPoolExecutor() as workers:
        return list(workers.map(done, slices))


def _runner(fleet: Fleet, *arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    own = environment(fleet.folder)
    path = f"{RUNNER.parent}:{own['PATH']}"
    command = [str(RUNNER), *map(str, arguments)]
    return subprocess.run(
        command,
        input=given,
        cwd=fleet.folder,
        env={**own, "PATH": path},
        capture_output=True,
        timeout=LIMIT,
        check=False,
    )
