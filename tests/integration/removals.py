"""The whole fleet planned, previewed, migrated and verified at once, and Ansible's JSON output about it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from integration import canaries, expectations, lab

AVSHIFT = lab.EVIDENCE / "avshift"
PLAN = AVSHIFT / "plan/plan.json"
INVENTORY = lab.EVIDENCE / "hosts.yml"
TIMEOUT_SECONDS = 2400
# One ring: some hosts are meant to fail, and all are meant to be tried.
ROLLOUT = {"avshift_rollout": {"rings": ["100%"], "stop_after": "100%"}}
# Each host has a package manager that computes for seconds: with more than that at once, none finishes in time.
FORKS = 2 * (os.cpu_count() or 1)
# What a run starts with on the controller, and what follows the removal: another look, and the record.
NOT_REMOVING = (
    "validate_argument_spec",
    "kaspersky_info",
    "antivirus_selftest",
    "migration_record",
    "rollout_gate",
    "rollout_summary",
    "set_stats",
    "fail",
)


@dataclass(frozen=True)
class Run:
    """The output of one playbook, from Ansible's JSON."""

    content: dict[str, Any]

    def results(self, host: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (action, result) of every task that a host has a result for."""
        for play in self.content["plays"]:
            for task in play["tasks"]:
                result = task["hosts"].get(host)
                if result is not None and not result.get("skipped"):
                    yield str(result.get("action", "")).rpartition(".")[2], result

    def removing(self, host: str) -> list[str]:
        """Return the actions of the results that belong to the removal."""
        return [action for action, _result in self.results(host) if action not in NOT_REMOVING]

    def diffs(self, host: str) -> list[dict[str, str]]:
        """Return the diffs of all tasks, in their order."""
        return [diff for _action, result in self.results(host) for diff in result.get("diff") or ()]


@dataclass(frozen=True)
class Runs:
    """The preview, and the real run."""

    preview: Run
    migrated: Run


def run(hosts: list[str]) -> Runs:
    """Place the canaries, and take the hosts through everything; their content before and after is kept."""
    lab.EVIDENCE.mkdir(parents=True, exist_ok=True)
    INVENTORY.write_text(yaml.safe_dump({"lab": {"hosts": {name: _variables(name) for name in hosts}}}))
    for host in hosts:
        canaries.lay(host)
    lab.observe("before", *hosts)
    playbook("plan", "plan", hosts)
    approved = ("--diff", "-e", f"avshift_approved_plan={PLAN}")
    preview = playbook("preview", "migrate", hosts, "--check", *approved)
    migrated = playbook("migrate", "migrate", hosts, *approved)
    lab.observe("after", *hosts)
    playbook("verify", "verify", hosts)
    return Runs(preview, migrated)


def record(folder: str, name: str) -> dict[str, Any]:
    """Return a host's record; ``folder`` is records, or verify for that of the second look."""
    content: dict[str, Any] = json.loads((AVSHIFT / folder / f"{name}.json").read_text(encoding="utf-8"))
    return content


def _variables(name: str) -> dict[str, Any]:
    expected = expectations.load(name)
    return {
        "avshift_provider": "none",
        "avshift_accept": list(expected.accept),
        "avshift_also_remove": list(expected.also_remove),
    }


def playbook(kept_as: str, name: str, hosts: list[str], *arguments: str) -> Run:
    """Run avshift.endpoint.<name> for hosts at once; some are meant to fail, so its exit status says nothing."""
    sources = [f"--inventory={source}" for source in (*lab.inventories(), str(INVENTORY))]
    command = [
        "ansible-playbook",
        f"avshift.endpoint.{name}",
        *sources,
        f"--forks={FORKS}",
        f"--limit={','.join(hosts)}",
    ]
    command += ["--extra-vars", json.dumps(ROLLOUT)] if name in ("plan", "migrate") else []
    kept = lab.EVIDENCE / f"{kept_as}.json"
    with kept.open("w", encoding="utf-8") as said:
        subprocess.run(
            [*command, *arguments],
            cwd=lab.EVIDENCE,
            env={**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", "ANSIBLE_FORCE_COLOR": "0"},
            stdout=said,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    text = kept.read_text(encoding="utf-8")
    # Ansible may warn before its JSON begins.
    return Run(json.loads(text[text.index("{\n") :]))
