# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Probes and commands for a provider's own command line, with the options filled in."""

from __future__ import annotations

import re
from typing import Any

from ....catalog.model import Provider

ALWAYS, STAGED, ACTIVE = "always", "staged", "active"
PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
ASKED = ("argv", "limit", "output", "codes", "clean", "pattern")
RULE = ("field", "ok", "bad", "set", "empty")
NOT_LOCAL = {
    "detection": "no way is known to check on the host that it detects",
    "mode": "no way is known to check on the host whether it prevents or only reports",
    "age": "no way is known to check on the host how old its signatures are",
}


def is_one(layout: dict[str, Any]) -> bool:
    """Return True if a layout is known by its own command line alone, and has no engine that answers on a socket."""
    return bool(layout) and "engine" not in layout


def probes(layout: dict[str, Any], options: dict[str, Any], moment: str) -> list[dict[str, Any]]:
    """Return what to ask at a moment (staged or active), as the endpoint takes it; it gives the probes' form."""
    told = ((probe, _checks(probe, options, (ALWAYS, moment))) for probe in layout.get("probes", ()))
    return [_probe(probe, checks, options) for probe, checks in told if checks]


def enrolled(layout: dict[str, Any], options: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the probe that shows whether the product is enrolled; nothing where it need not be."""
    if "enrolment" not in layout:
        return []
    probe = layout["enrolment"]["probe"]
    return [_probe(probe, _checks(probe, options, (ALWAYS,)), options)]


def commands(told: list[dict[str, Any]], options: dict[str, Any]) -> list[dict[str, Any]]:
    """Return commands as the endpoint runs them: {argv, limit}."""
    return [{"argv": filled(command["argv"], options), "limit": command["limit"]} for command in told]


def filled(argv: list[str], options: dict[str, Any]) -> list[str]:
    """Return a command's words with options filled in; a word whose only option is empty is dropped."""
    words = []
    for word in argv:
        names = PLACE.findall(word)
        if names and not any(str(options[name]) for name in names):
            continue
        words.append(PLACE.sub(lambda match: str(options[match.group(1)]), word))
    return words


def not_local(provider: Provider, options: dict[str, Any]) -> list[dict[str, str]]:
    """Return a check with result unknown of each thing that cannot be checked on the host for this provider.

    Where directories are named in which the test file has to be blocked, that covers detection.
    """
    return [
        {"id": f"{name}:not_local", "result": "unknown", "detail": NOT_LOCAL[name]}
        for name, verifiable in sorted(provider.verifiable.items())
        if verifiable == "no" and not (name == "detection" and options["paths"])
    ]


def _probe(probe: dict[str, Any], checks: list[dict[str, Any]], options: dict[str, Any]) -> dict[str, Any]:
    told = {key: probe[key] for key in ASKED if key in probe}
    return {**told, "argv": filled(probe["argv"], options), "checks": checks}


def _checks(probe: dict[str, Any], options: dict[str, Any], moments: tuple[str, ...]) -> list[dict[str, Any]]:
    return [_check(check, options) for check in probe["checks"] if check.get("moment", ALWAYS) in moments]


def _check(check: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    told = {"id": f"{check['group']}:{check['id']}", **{key: check[key] for key in RULE if key in check}}
    if "age" in check:
        told["age"] = {**check["age"], "max_hours": options["max_age_hours"]}
    return told
