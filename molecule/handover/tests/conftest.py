"""Every fault has its own host; everything is done to the hosts once, before the first test."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from integration import faults, lab, observer, removals
from integration.faults import Fault
from integration.observer import Span

FAULTS = [faults.load(name) for name in faults.wanted()]
OPTIONS = yaml.safe_load((lab.REPOSITORY / "inventories/lab/group_vars/lab.yml").read_text(encoding="utf-8"))
UNIT = "fault"


@dataclass(frozen=True)
class Outcome:
    """The result of a fault: the host's record, and what the observer saw until after the run."""

    record: dict[str, Any]
    spans: list[Span]


@pytest.fixture(scope="session")
def outcomes() -> dict[str, Outcome]:
    """Every host has been migrated with its fault, under the observer's eyes."""
    lab.EVIDENCE.mkdir(parents=True, exist_ok=True)
    for fault in FAULTS:
        if fault.prepare:
            lab.must(fault.name, "sh", "-eu", "-c", fault.prepare)
    hosts = {"lab": {"hosts": {fault.name: _variables(fault) for fault in FAULTS}}}
    removals.INVENTORY.write_text(yaml.safe_dump(hosts), encoding="utf-8")
    untouched = [fault.name for fault in FAULTS if fault.untouched]
    lab.observe("before", *untouched)
    for fault in FAULTS:
        observer.start(fault.name)
        if fault.meanwhile:
            lab.must(fault.name, "systemd-run", f"--unit={UNIT}", "--quiet", "sh", "-c", fault.meanwhile)
    removals.playbook("migrate", "migrate", [fault.name for fault in FAULTS])
    found = {fault.name: Outcome(_record(fault.name), observer.stop(fault.name)) for fault in FAULTS}
    lab.observe("after", *untouched)
    return found


def _variables(fault: Fault) -> dict[str, Any]:
    variables = {"avshift_require_approval": False, **fault.variables}
    if fault.kit:
        checksum = lab.must(fault.name, "sha256sum", fault.kit).split()[0]
        return {**variables, "avshift_provider_options": {"kit": fault.kit, "kit_sha256": checksum}}
    given = OPTIONS["avshift_provider_options"]
    signatures = {**given["site_signatures"], **fault.options.get("site_signatures", {})}
    options = {**given, **fault.options, "site_signatures": signatures}
    return {**variables, "avshift_provider_options": options}


def _record(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((removals.AVSHIFT / f"records/{name}.json").read_text(encoding="utf-8"))
    return content


@pytest.fixture(params=FAULTS, ids=lambda fault: fault.name)
def fault(request: pytest.FixtureRequest) -> Fault:
    """The fault, whose name is its host's."""
    found: Fault = request.param
    return found


@pytest.fixture
def outcome(fault: Fault, outcomes: dict[str, Outcome]) -> Outcome:
    """What came of it."""
    return outcomes[fault.name]


def said(command: subprocess.CompletedProcess[str]) -> str:
    """Return what a command said, without its last line's end."""
    return command.stdout.strip()
