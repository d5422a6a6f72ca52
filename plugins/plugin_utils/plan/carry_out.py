# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a plan to what an endpoint is told to do, and from its answer to a result."""

from __future__ import annotations

import re
from typing import Any

from ..errors import AvshiftError
from .approval import ALLOWED
from .diff import of_step
from .model import PARTS, REMOVE, digest_of, expanded, stopping

ALL = "all"
MOST_TOLD = 20
REACH = "See above why; nothing was done on it."
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{1,63}")
# Other programs than the vendor's scripts go by these.
TAKEN = ("PATH", "HOME", "LANG", "SHELL", "USER", "LOGNAME", "IFS", "ENV", "TMPDIR", "NEEDRESTART_SUSPEND")
TAKEN_BEGINNINGS = ("LC_", "LD_", "DEBIAN_", "DPKG_", "APT_", "ZYPP_", "PYTHON", "PERL", "BASH")


def allowed(planned: dict[str, Any], dry_run: bool) -> dict[str, Any]:
    """Return the plan in a result of migration_plan, if it is whole and may be carried out; else AvshiftError."""
    if planned.get("unreachable"):
        raise _refused("unreachable", "this host", "it was not reached when it was to be planned", REACH)
    plan = planned.get("plan")
    if not isinstance(plan, dict) or plan.get("digest") != digest_of(plan):
        raise _refused("plan_edited", "the plan", "its content does not fit its digest", "Plan again.")
    status = planned["approval"]["status"]
    if status not in ALLOWED and not dry_run:
        told = planned["approval"]["difference"]
        more = len(told) - MOST_TOLD
        words = "; ".join(told[:MOST_TOLD]) + (f"; and {more} more, which are in the host's record" if more > 0 else "")
        raise _refused(f"plan_{status}", plan["host"], words, "Have a new plan approved; this host was not changed.")
    if plan["blocked"] and not dry_run:
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
    for_scripts: dict[str, str] | None = None,
    secrets: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the arguments for the endpoint; ``before`` is the result of the part that went before, if one did.

    ``for_scripts`` is the environment (name to secret) that the scripts of packages which go are given. ``secrets`` by
    name are for the steps that name them; None in a dry run, which needs none. AvshiftError names those that this part
    or a later one needs and that were not given.
    """
    steps = expanded(plan["steps"], plan["digest"], change_id)
    parts = list(PARTS) if part == ALL else [part]
    pending = before["pending"] if before and "pending" in before else None
    given: list[str] = []
    if secrets is not None:
        _must_be_given([step for step in steps if PARTS.index(step["part"]) >= PARTS.index(parts[0])], secrets)
        mine = {name: str(value) for name, value in secrets.items()}
        steps = [_with_secrets(step, mine, given) if step["part"] in parts else step for step in steps]
    if part in (REMOVE, ALL) and for_scripts:
        steps = [_with_environment(step, for_scripts) if step["kind"] == "packages_remove" else step for step in steps]
        given += for_scripts.values()
    content = {"steps": steps, "parts": parts, "pending": pending}
    return {**content, "secrets": given} if given else content


def _must_be_given(steps: list[dict[str, Any]], secrets: dict[str, Any]) -> None:
    missing = sorted({name for name in _named(steps) if not secrets.get(name)})
    if missing:
        remedy = "Give it by endpoint_migrate_provider_secrets or the option secrets of the module; nothing was done."
        raise _refused("secret_missing", ", ".join(missing), "the replacement needs this secret to be enrolled", remedy)


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


def _with_environment(step: dict[str, Any], environment: dict[str, str]) -> dict[str, Any]:
    return {**step, "target": {**step["target"], "environment": environment}}


def environment_for_scripts(password: str, variable: str) -> dict[str, str]:
    """Return what hands a password to the packages' scripts; AvshiftError on a variable that means something else."""
    if not password:
        return {}
    if not VARIABLE.fullmatch(variable) or variable in TAKEN or variable.startswith(TAKEN_BEGINNINGS):
        raise AvshiftError(
            "variable_refused",
            "Handing the uninstall password over",
            variable or "(empty)",
            "it is no name of a variable of upper-case letters, digits and underscores that is free for that",
            "Give the one that the vendor's scripts read, or leave the option out.",
        )
    return {variable: password}


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
    """Return the last window that an outcome tells of: a handover to nothing has none until it is taken back."""
    windows = [outcome["facts"].get("window_seconds") for outcome in outcomes]
    return next((seconds for seconds in reversed(windows) if seconds is not None), None)
