# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rollout with its hosts: for a new plan, from an approved one, and for hosts without an approved plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..errors import AvshiftError
from ..fleet.document import members, plan_of
from ..visible import visible
from . import gates
from .reading import rules as read_rules
from .rings import Candidate, Matched, divide, shared
from .rules import Rules
from .schedule import Divided

Values = Callable[[str, str], Sequence[str]]
# Former variables, and how to set the same now.
FORMER = {
    "waves": "its sizes are those of rings now: -e avshift_rollout=1,10%, or rings in avshift_rollout",
    "max_fail_percentage": "that is gate.min_clean and stop_after in avshift_rollout now",
}
PREFIXES = ("avshift_", "endpoint_migrate_")


def refuse_former(variables: Mapping[str, Any]) -> None:
    """Raise AvshiftError for a variable that has another name and place now, so that no run relies on it."""
    for name, now in FORMER.items():
        for prefix in PREFIXES:
            if variables.get(f"{prefix}{name}") not in (None, "", []):
                raise AvshiftError(
                    "variable_renamed",
                    "Reading variables",
                    f"{prefix}{name}",
                    f"it is not read any more: {now}",
                    "See docs/rollout.md, and remove it from the inventory and the command line.",
                )


def refuse_other(approved: Divided, given: Rules | None) -> None:
    """Raise AvshiftError for a rollout that differs from the one in the approved plan."""
    if given is not None and given.to_json() != approved.rules:
        raise AvshiftError(
            "rollout_not_approved",
            "Reading the rollout",
            "avshift_rollout",
            "the approved plan has another one",
            "Leave it out: the plan's rollout counts. To change it, plan with it and have that plan approved.",
        )


def of_plan(rules: Rules, hosts: Mapping[str, Mapping[str, Any]], matched: Matched, values: Values) -> dict[str, Any]:
    """Return {rules, rings, groups} of the planned hosts, {host: its entry}, as a plan has them."""
    candidates = [
        Candidate(host, entry["digest"], str(entry["carried"].get("machine") or "")) for host, entry in hosts.items()
    ]
    return _told(rules, candidates, matched, values)


def of_document(document: Mapping[str, Any]) -> Divided:
    """Return the rollout of an approved plan."""
    told = document["rollout"]
    approved = {host: entry["digest"] for host, entry in document["hosts"].items()}
    return Divided(**told, approved=approved, digest=document["digest"], checks=sorted(_checks(document)))


def of_hosts(rules: Rules, hosts: Iterable[str], matched: Matched, values: Values) -> Divided:
    """Return the rollout of hosts for which no plan was approved, in the order in which they are given."""
    return Divided(**_told(rules, [Candidate(host) for host in hosts], matched, values))


def doubts(told: Mapping[str, Any]) -> list[str]:
    """Return in words what of a new plan's rollout is without effect, as after a typing error in a pattern."""
    rules, found = read_rules(told["rules"]), []
    patterns = {ring.name: ", ".join(ring.hosts) for ring in rules.rings}
    for ring in told["rings"]:
        if not ring["hosts"] and patterns[ring["name"]]:
            found.append(
                f"Ring {ring['name']} has no hosts, so that its gate holds nothing up: no host that was planned, and "
                f"is in no ring before it, matches {visible(patterns[ring['name']])}"
            )
    held = {group["by"] for group in told["groups"]}
    for by in dict.fromkeys(group.by for group in rules.groups if group.by not in held):
        found.append(f"The limit of groups by {visible(by)} holds for no host: none that was planned has such a group")
    return found


def _told(rules: Rules, candidates: Sequence[Candidate], matched: Matched, values: Values) -> dict[str, Any]:
    rings = [{"name": ring.name, "hosts": hosts} for ring, hosts in divide(rules, candidates, matched)]
    groups = shared(rules.groups, [one.host for one in candidates], values)
    return {"rules": rules.to_json(), "rings": rings, "groups": groups}


def _checks(document: Mapping[str, Any]) -> set[str]:
    """Return the IDs of all preflight results of a plan that are more than good news: only these were approved."""
    plans = [plan_of(dict(document), hosts[0]) for hosts in members(dict(document)).values() if hosts]
    own = [check for entry in document["hosts"].values() for check in entry["preflight"].values()]
    found = [*own, *(check for plan in plans if plan for check in plan["preflight"])]
    return {check["id"] for check in found if check["level"] not in gates.GOOD}
