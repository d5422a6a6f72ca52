"""Hosts that move from one stand-in to those of other vendors: their expected end, and the run that leads there."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from integration import stories

REPOSITORY = Path(__file__).resolve().parents[2]
EXPECTED = REPOSITORY / "molecule/providers/expected"
QUICK, FULL = "quick", "full"
UNACCEPTED = "unaccepted"


@dataclass(frozen=True)
class Expectation:
    """One file; molecule/README.md has the keys."""

    host: str
    provider: str
    verdict: str
    kit: str
    options: dict[str, Any]
    secrets: dict[str, str]
    unknown: tuple[str, ...]
    blocks: bool
    failure: str
    accept: tuple[str, ...]
    beside: str
    in_set: str


def load(host: str) -> Expectation:
    """Return a host's expected final state; TypeError for a key that does not exist."""
    content: dict[str, Any] = yaml.safe_load((EXPECTED / f"{host}.yml").read_text(encoding="utf-8"))
    defaults = {"kit": "", "options": {}, "secrets": {}, "failure": "", "accept": (), "beside": "", "set": QUICK}
    told = {**defaults, **content}
    lists = {key: tuple(told.pop(key)) for key in ("unknown", "accept")}
    return Expectation(host=host, in_set=told.pop("set"), **lists, **told)


def wanted() -> list[str]:
    """Return the hosts of this run: those that AVSHIFT_PROVIDER_HOSTS names, or those of the set.

    None if only stories are named.
    """
    named = os.environ.get("AVSHIFT_PROVIDER_HOSTS", "").split()
    if not named and stories.named():
        return []
    hosts = sorted(path.stem for path in EXPECTED.glob("*.yml"))
    full = os.environ.get("AVSHIFT_PROVIDER_SET") == FULL
    return named or [host for host in hosts if full or load(host).in_set == QUICK]


def run(hosts: list[str]) -> dict[str, Any]:
    """Plan, preview, migrate twice and verify all hosts at once; return {name of the play: its output}."""
    from integration import lab, removals

    removals.INVENTORY.parent.mkdir(parents=True, exist_ok=True)
    removals.INVENTORY.write_text(yaml.safe_dump({"lab": {"hosts": {host: _variables(host) for host in hosts}}}))
    given = lab.EVIDENCE.parent / f"{lab.EVIDENCE.name}-given.json"
    lab.observe("before", *hosts)
    said = _refused([host for host in hosts if load(host).accept])
    said |= {"plan": removals.playbook("plan", "plan", hosts)}
    approved = ("--diff", "-e", f"avshift_approved_plan={removals.PLAN}")
    said["preview"] = removals.playbook("preview", "migrate", hosts, "--check", *approved)
    said["without"] = removals.playbook("without", "migrate", hosts, *approved)
    given.write_text(json.dumps({"given": {host: load(host).secrets for host in hosts}}), encoding="utf-8")
    secrets = ("-e", f"@{given}", "-e", "avshift_provider_secrets={{ given[inventory_hostname] }}")
    said["migrate"] = removals.playbook("migrate", "migrate", hosts, "-vvv", *approved, *secrets)
    lab.observe("after", *hosts)
    unapproved = ("-e", "avshift_require_approval=false", "-e", "avshift_output_dir=again")
    said["again"] = removals.playbook("again", "migrate", hosts, *unapproved, *secrets)
    given.unlink()
    said["verify"] = removals.playbook("verify", "verify", hosts)
    return said


def _refused(hosts: list[str]) -> dict[str, Any]:
    """Plan and migrate hosts that need an accepted check, without accepting it; return the output."""
    from integration import lab, removals

    if not hosts:
        return {}
    nothing = ("-e", json.dumps({"avshift_accept": [], "avshift_output_dir": UNACCEPTED}))
    planned = removals.playbook("unaccepted-plan", "plan", hosts, *nothing)
    approved = f"avshift_approved_plan={lab.EVIDENCE / UNACCEPTED / 'plan/plan.json'}"
    refused = removals.playbook("unaccepted", "migrate", hosts, *nothing, "-e", approved)
    lab.observe(UNACCEPTED, *hosts)
    return {"unaccepted-plan": planned, "unaccepted": refused}


def _variables(host: str) -> dict[str, Any]:
    from integration import lab

    expected = load(host)
    options = dict(expected.options)
    if expected.kit:
        options |= {"kit": expected.kit, "kit_sha256": lab.must(host, "sha256sum", expected.kit).split()[0]}
    return {
        "avshift_provider": expected.provider,
        "avshift_provider_options": options,
        "avshift_accept": list(expected.accept),
    }


if __name__ == "__main__":
    print(" ".join([*wanted(), *stories.described()]))
