"""One host goes to ClamAV where the distribution has it; the result is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from integration import distributions, lab, playbooks

HOST = "protected"
FOLDER = lab.EVIDENCE / HOST
# The host is in no other inventory, so that what the other scenarios' tests do leaves it alone.
INVENTORY = FOLDER / "hosts.yml"


def _run(name: str, *arguments: str) -> None:
    sources = [f"--inventory={source}" for source in (*lab.inventories(), str(INVENTORY))]
    said = playbooks.playbook(name, *sources, f"--limit={HOST}", *arguments, folder=FOLDER)
    (FOLDER / f"{name}.txt").write_text(said.text, encoding="utf-8")
    assert said.returncode == 0, said.text


@pytest.fixture(scope="session")
def clamav() -> bool:
    """Whether the distribution has ClamAV; both are kept, since they say what was tried."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    INVENTORY.write_text(json.dumps({"lab": {"hosts": {HOST: None}}}), encoding="utf-8")
    offered = distributions.offers_clamav(HOST)
    told = {**distributions.system(HOST), "clamav": offered}
    (lab.EVIDENCE / "distribution.json").write_text(json.dumps(told), encoding="utf-8")
    return offered


@pytest.fixture(scope="session")
def record(clamav: bool) -> dict[str, Any]:
    """The host's record of a migration: to ClamAV, or to nothing where the distribution has none."""
    provider = () if clamav else ("-e", "avshift_provider=none", "-e", '{"avshift_accept": ["no_replacement"]}')
    _run("plan", "-e", "avshift_rollout=100%", *provider)
    approved = f"avshift_approved_plan={FOLDER / 'avshift/plan/plan.json'}"
    _run("migrate", "-e", f"avshift_hosts={HOST}", "-e", approved, *provider)
    content: dict[str, Any] = json.loads((FOLDER / f"avshift/records/{HOST}.json").read_text(encoding="utf-8"))
    return content
