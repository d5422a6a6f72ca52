"""The collection's engine, called without Ansible: the plan of a lab host, and whether a run of it may go on."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from integration import expectations
from integration.lab import REPOSITORY

HOME = REPOSITORY / ".cache/ansible_collections"
CHANGE = "interruption"


def _make_importable() -> None:
    """Ansible's own package of collections, where it is installed, would hide the link: put the link into it."""
    sys.path.insert(0, str(HOME.parent))
    package = importlib.import_module("ansible_collections")
    if str(HOME) not in list(package.__path__):
        package.__path__ = [str(HOME), *package.__path__]


_make_importable()

from ansible_collections.avshift.endpoint.plugins.plugin_utils import program as sent  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog import loader  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.evidence import Evidence  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.probes import as_text  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import approval, carry_out, make  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import Goal  # noqa: E402

CATALOG = loader.load()


def program() -> str:
    """Return the endpoint's code."""
    return str(sent.program())


def goal(host: str) -> Goal:
    """Return what the scenario `removal` asks of a host."""
    expected = expectations.load(host)
    return Goal(remove=True, also_remove=expected.also_remove, accept=expected.accept)


def probes(host: str) -> str:
    """Return what is asked of a host in order to plan."""
    return str(as_text(make.probes_for(CATALOG, goal(host))))


def planned(host: str, collected: dict[str, Any]) -> dict[str, Any]:
    """Return the plan of a host from what a collection gave."""
    plan: dict[str, Any] = make.make(host, Evidence.of(collected["collected"]), CATALOG, goal(host)).to_json()
    return plan


def carried_out(host: str, plan: dict[str, Any], approved: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the steps that a run with the approved plan carries out now; AssertionError if it would be refused."""
    judged = approval.judge(plan, approval.Grant({"hosts": {host: approved}}))
    assert judged.status in approval.ALLOWED, f"refused: {judged.status}: {'; '.join(judged.difference)}"
    assert judged.status != approval.APPROVED or not judged.plan["blocked"], "refused: blocked"
    steps: list[dict[str, Any]] = carry_out.arguments(judged.plan, "stage", None, CHANGE)["steps"]
    return steps
