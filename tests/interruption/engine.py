"""The collection's engine, called without Ansible: a lab host's plan, whether a run may go on, and its record."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from typing import Any

import yaml
from integration import expectations
from integration.expectations import REPOSITORY

HOME = REPOSITORY / ".cache/ansible_collections"
CHANGE = "interruption"
INVENTORY = REPOSITORY / "inventories/lab/group_vars/lab.yml"
GOAL = {"provider": "provider", "options": "provider_options", "accept": "accept"}
MADE_BY = {"collection_version": "", "catalog_digest": ""}
RUN = {"change_id": CHANGE, "time": "", **MADE_BY}


def _make_importable() -> None:
    """Ansible's own package of collections, where it is installed, would hide the link: put the link into it."""
    sys.path.insert(0, str(HOME.parent))
    package = importlib.import_module("ansible_collections")
    if str(HOME) not in list(package.__path__):
        package.__path__ = [str(HOME), *package.__path__]


_make_importable()

from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import judge  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.carry_out import parts as carry_out  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog import loader  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.probes import as_text  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import goal as goals  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import make, wanted  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import Goal  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import runs  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport import program as sent  # noqa: E402

CATALOG = loader.load()


def program() -> str:
    """Return the endpoint's code."""
    return str(sent.program())


@dataclass(frozen=True)
class Case:
    """A host of the lab, and whether the lab's replacement takes over."""

    host: str
    replaced: bool = False

    def __str__(self) -> str:
        return f"{self.host}-replaced" if self.replaced else self.host

    @property
    def goal(self) -> Goal:
        """What the scenario `removal`, or the lab's inventory, requests for the host."""
        if self.replaced:
            inventory = yaml.safe_load(INVENTORY.read_text(encoding="utf-8"))
            given = {key: inventory[f"avshift_{name}"] for key, name in GOAL.items()}
            return goals.of({"kaspersky": "absent", "also_remove": [], **given}, CATALOG)
        expected = expectations.load(self.host)
        # A unit that is left may start the scanner after a power failure, with nothing in its place.
        return Goal(remove=True, also_remove=expected.also_remove, accept=(*expected.accept, "no_replacement"))


def probes(case: Case, facts: dict[str, Any]) -> str:
    """Return the probes for planning a host with these facts."""
    return str(as_text(make.probes_for(_wanted(case, facts))))


def _wanted(case: Case, facts: dict[str, Any]) -> wanted.Wanted:
    asked: wanted.Wanted = wanted.of(platforms.of(facts), facts, CATALOG, case.goal)
    return asked


def planned(case: Case, collected: dict[str, Any]) -> dict[str, Any]:
    """Return the plan of a host from the result of a collection."""
    seen = collected["collected"]
    plan: dict[str, Any] = make.make(_wanted(case, seen["host"]), case.host, platforms.evidence(seen)).to_json()
    return plan


def carried_out(plan: dict[str, Any], approved: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the steps that a run with the approved plan carries out now; AssertionError if it would be refused."""
    judged = judge.judge(plan, judge.Grant(document.compose([(plan["host"], approved)], {}, MADE_BY)))
    assert judged.status in judge.ALLOWED, f"refused: {judged.status}: {'; '.join(judged.difference)}"
    assert judged.status != judge.APPROVED or not judged.plan["blocked"], "refused: blocked"
    steps: list[dict[str, Any]] = carry_out.arguments(judged.plan, "stage", None, CHANGE)["steps"]
    return steps


def recorded(plan: dict[str, Any], parts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the record of a run that failed; ``parts`` are the endpoint's results for each part that was started."""
    results = {part: carry_out.result(plan["steps"], part, done) for part, done in parts.items()}
    planned = {"plan": plan, "approval": {"status": judge.APPROVED, "difference": []}}
    record: dict[str, Any] = runs.of_run(plan["host"], "migrate", RUN, {"planned": planned, **results})
    return record
