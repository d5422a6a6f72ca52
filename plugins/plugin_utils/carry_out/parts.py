# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a plan to what an endpoint is asked to do, and from its answer to a result."""

from __future__ import annotations

from typing import Any

from ..approval.judge import ALLOWED, OTHER_MACHINE
from ..errors import AvshiftError
from ..plan.model import PARTS, digest_of, stopping
from .diff import of_step
from .marks import expanded

ALL = "all"
MOST_TOLD = 20
CODES = {OTHER_MACHINE: OTHER_MACHINE}
REACH = "The output above says why; nothing was done on the host."
GONE = "The output above says why. Check the host, where it may still be running, and run again."


def allowed(host: str, planned: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the plan in a result of migration_plan; AvshiftError if it is incomplete or must not be carried out.

    A dry run is refused in the same words. ``before`` is the result of the part that went before, if one did.
    """
    if planned.get("unreachable"):
        raise _refused("unreachable", host, "it was not reached for planning", REACH)
    if (before or {}).get("unreachable"):
        raise _refused("unreachable", host, "it was not reached for the previous part", GONE)
    plan = planned.get("plan")
    if not isinstance(plan, dict) or plan.get("digest") != digest_of(plan):
        raise _refused("plan_edited", "the plan", "its content does not match its digest", "Plan again.")
    status = planned["approval"]["status"]
    if status not in ALLOWED:
        told = planned["approval"]["difference"]
        more = len(told) - MOST_TOLD
        words = "; ".join(told[:MOST_TOLD]) + (f"; and {more} more, which are in the host's record" if more > 0 else "")
        remedy = "Have a new plan approved; this host was not changed."
        raise _refused(CODES.get(status, f"plan_{status}"), plan["host"], words, remedy)
    if plan["blocked"]:
        found = stopping(plan)
        words = "; ".join(f"{check['id']}: {check['title']} ({check['diagnosis']})" for check in found)
        raise _refused("plan_blocked", plan["host"], words, " ".join(check["remediation"] for check in found))
    return plan


def _refused(code: str, subject: str, cause: str, remedy: str) -> AvshiftError:
    return AvshiftError(code, "Carrying out the plan", subject, cause, remedy)


def arguments(
    plan: dict[str, Any],
    part: str,
    before: dict[str, Any] | None,
    change_id: str,
    secrets: dict[str, Any] | None = None,
    controller: str = "",
) -> dict[str, Any]:
    """Return the arguments for the endpoint; ``before`` is the result of the previous part, if any.

    ``secrets`` by name are for the steps that name them; None in a dry run, which needs none. ``controller`` is a name
    by which the endpoint distinguishes runs of different controllers. AvshiftError names the secrets that this part or
    a later one needs and that were not given.
    """
    steps = expanded(plan, plan["digest"], change_id)
    parts = list(PARTS) if part == ALL else [part]
    pending = before["pending"] if before and "pending" in before else None
    given: list[str] = []
    if secrets is not None:
        _must_be_given([step for step in steps if PARTS.index(step["part"]) >= PARTS.index(parts[0])], secrets)
        mine = {name: str(value) for name, value in secrets.items()}
        steps = [_with_secrets(step, mine, given) if step["part"] in parts else step for step in steps]
    content = {"steps": steps, "parts": parts, "pending": pending, "controller": controller}
    return {**content, "secrets": given} if given else content


def _must_be_given(steps: list[dict[str, Any]], secrets: dict[str, Any]) -> None:
    missing = sorted({name for name in _named(steps) if not secrets.get(name)})
    if missing:
        remedy = "Pass it in avshift_provider_secrets or in the module's option secrets; nothing was done."
        raise _refused("secret_missing", ", ".join(missing), "enrolling the replacement needs this secret", remedy)


def _named(content: Any) -> list[str]:
    """Return the names of the secrets that steps need; a step in a step may name them."""
    if isinstance(content, list):
        return [name for part in content for name in _named(part)]
    if not isinstance(content, dict):
        return []
    return [*content.get("secrets", ()), *(name for part in content.values() for name in _named(part))]


def _with_secrets(content: Any, secrets: dict[str, str], given: list[str]) -> Any:
    """Return content in which everything that names secrets has their values too; those are added to ``given``."""
    if isinstance(content, list):
        return [_with_secrets(part, secrets, given) for part in content]
    if not isinstance(content, dict):
        return content
    told = {key: _with_secrets(value, secrets, given) for key, value in content.items()}
    if "secrets" in content:
        told["values"] = {name: secrets[name] for name in content["secrets"]}
        given += told["values"].values()
    return told


def result(steps: list[dict[str, Any]], part: str, done: dict[str, Any]) -> dict[str, Any]:
    """Return what migration_apply gives."""
    outcomes = {outcome["id"]: outcome for outcome in done["outcomes"]}
    mine = [step for step in steps if step["id"] in outcomes]
    changing = [step for step in mine if step["id"] in done["pending"]]
    failure = done["failure"]
    content = {
        "changed": done["changed"],
        "failed": failure is not None,
        "part": part,
        "steps": [{**outcomes[step["id"]], "title": step["title"]} for step in mine],
        "pending": done["pending"],
        "failure": failure,
        "window_seconds": _window(done["outcomes"]),
        "diff": [of_step(step) for step in changing],
    }
    if failure is not None:
        content["code"] = failure["code"]
        content["msg"] = failure["message"]
    return content


def _window(outcomes: list[dict[str, Any]]) -> float | None:
    """Return the last window that an outcome reports: a handover to nothing has none until it is taken back."""
    for facts in reversed([outcome["facts"] for outcome in outcomes]):
        if facts.get("window_unknown"):
            return None
        if facts.get("window_seconds") is not None:
            return float(facts["window_seconds"])
    return None
