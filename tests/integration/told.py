"""What a story of the scenario `providers` does: playbooks on its own hosts, in its own folder."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import yaml

from integration import lab, stories
from integration.playbooks import Said, playbook


class Story:
    """A story's hosts and its folder, from which its playbooks are run."""

    def __init__(self, name: str, **variables: Any) -> None:
        """Take the story's name, which is that of its group too, and variables of its hosts."""
        self.name, self.hosts = name, list(stories.HOSTS[name])
        self.folder = lab.EVIDENCE / name
        self.folder.mkdir(parents=True)
        # Group variables would have lower precedence than those in the lab's group_vars.
        group = {"hosts": dict.fromkeys(self.hosts, variables)}
        content = {"lab": {"children": {name: group}}}
        (self.folder / "hosts.yml").write_text(yaml.safe_dump(content), encoding="utf-8")

    def ran(self, name: str, *arguments: str, **given: Any) -> Said:
        """Run a playbook on the story's hosts; ``given`` are variables."""
        sources = [f"--inventory={source}" for source in (*lab.inventories(), "hosts.yml")]
        told = json.dumps({"avshift_hosts": self.name, **given})
        return playbook(name, *sources, "-e", told, *arguments, folder=self.folder)

    def record(self, host: str, folder: str = "avshift/records") -> dict[str, Any]:
        """Return a host's record."""
        content: dict[str, Any] = json.loads((self.folder / folder / f"{host}.json").read_text(encoding="utf-8"))
        return content

    def rows(self, folder: str) -> dict[str, dict[str, str]]:
        """Return the rows of report.csv in a folder, by host."""
        with (self.folder / folder / "report.csv").open(encoding="utf-8", newline="") as file:
            return {row["host"]: row for row in csv.DictReader(file)}


def kit(hosts: list[str], path: str) -> dict[str, str]:
    """Return the options of a provider whose installer is on the hosts, the same one on all of them."""
    sums = {lab.must(host, "sha256sum", path).split()[0] for host in hosts}
    assert len(sums) == 1, sums
    return {"kit": path, "kit_sha256": sums.pop()}


def sources_of(folder: Path) -> dict[str, bytes]:
    """Return the content of every file of a collection that its users run."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}
