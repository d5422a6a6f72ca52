# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an interrupted run of an approved plan does not explain: whoever says it was interrupted is looked at too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..locations import is_below
from .differences import changes
from .model import stopping

# What a run that stopped half-way may leave, by the kinds of steps of the approved plan that can bring it about.
OWN_DOING = {
    "package_manager_broken": ("packages_install", "kit_install", "packages_remove", "package_repair"),
    "packages_unresolved": ("packages_install", "kit_install", "packages_remove", "package_repair"),
    "second_interceptor": ("handover", "unit"),
    "no_way_back": ("handover", "unit", "packages_remove"),
    "product_broken": ("packages_remove", "unit", "processes_end", "handover"),
    "confidence_below_confirmed": ("packages_remove", "path_remove"),
    "disk_space": ("retain", "packages_install", "kit_install"),
    "resources_short": ("packages_install", "kit_install", "unit"),
    "path_busy": ("packages_remove", "path_remove"),
}
# Steps that follow from the package manager's own state, or from the run itself.
OF_ITSELF = ("announce", "finish", "package_repair", "await_packages", "await_paths", "systemd_reload")


def unexplained(approved: dict[str, Any], current: dict[str, Any]) -> list[str]:
    """Return in words how a host differs from its approved plan by more than the plan's own half-done steps explain."""
    known = _Known(approved)
    return [
        *changes("the system's", approved["system"], current["system"]),
        *changes("the goal", _goal(approved), _goal(current)),
        *_new_findings(approved["findings"], current["findings"], known),
        *_new_stops(approved, current),
        *_new_steps(current["steps"], known),
    ]


class _Known:
    """What was seen of a host, and was to be changed on it, by its approved plan."""

    def __init__(self, approved: dict[str, Any]) -> None:
        effects = [effect for step in approved["steps"] for effect in step["effects"]]
        self._reasons = {
            reason for part in ("findings", "steps") for one in approved[part] for reason in one["reasons"]
        }
        self._objects = {_object(effect) for effect in effects}
        self._trees = [effect["path"] for effect in effects if effect.get("scope") == "tree"]

    def has_seen(self, reasons: Iterable[str]) -> bool:
        """Return True if all that is a reason was seen at that time, or was to be changed anyway."""
        return all(reason in self._reasons or self.changes(*reason.split(":", 1)) for reason in reasons)

    def changes(self, kind: str, name: str = "") -> bool:
        """Return True if an object is one that the approved steps change."""
        return (kind, name) in self._objects or (kind == "path" and is_below(name, self._trees))


def _goal(plan: dict[str, Any]) -> dict[str, Any]:
    """Return the goal without what follows from the products that are still there."""
    return {key: value for key, value in plan["goal"].items() if key != "excepted"}


def _new_findings(was: list[dict[str, Any]], now: list[dict[str, Any]], known: _Known) -> Iterator[str]:
    """Yield the products that are new. What a product that is gone shared with others counts as another one's residue
    from then on: it was seen before.
    """
    before = {finding["id"]: finding for finding in was}
    for finding in now:
        name, earlier = finding["id"], before.get(finding["id"])
        if earlier is None and not known.has_seen(finding["reasons"]):
            yield f"{name} was not found, is now ({finding['state']})"
        elif earlier is not None and finding["version"] not in ("", earlier["version"]):
            yield from changes(f"{name} version", earlier["version"] or "not known", finding["version"])


def _new_stops(approved: dict[str, Any], current: dict[str, Any]) -> Iterator[str]:
    """Yield the preflight results that stop the host now, and are not what the approved plan's own steps leave."""
    kinds = {step["kind"] for step in approved["steps"]}
    for check in stopping(current):
        if not kinds & set(OWN_DOING.get(check["id"], ())):
            yield f"preflight {check['id']} stops it: {check['title']} ({check['diagnosis']})"


def _new_steps(steps: Iterable[dict[str, Any]], known: _Known) -> Iterator[str]:
    """Yield the changes for which neither the approved steps nor what was seen at that time is a reason."""
    for step in steps:
        if step["kind"] in OF_ITSELF or (step["reasons"] and known.has_seen(step["reasons"])):
            continue
        new = [name for kind, name in map(_object, step["effects"]) if not known.changes(kind, name)]
        if new:
            yield f"step is new: {step['title']} ({', '.join(new)})"


def _object(effect: dict[str, str]) -> tuple[str, str]:
    kind = next(key for key in ("path", "package", "group", "account") if key in effect)
    return kind, effect[kind]
