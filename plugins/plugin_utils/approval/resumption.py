# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an interrupted run of an approved plan does not explain: a host's claim of an interruption is checked too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from .. import platforms
from ..catalog.model import RESIDUE_INERT
from ..plan.exceptions import in_force
from ..plan.model import Carried, accepted, stopping
from ..plan.platform import Platform
from ..plan.preflight import other_vendors
from .drift import changes
from .told import Told

# The class of what no entry names: a package's files belong to it as soon as the package is gone.
NAMED_BY_NONE = "unrecognised"


def unexplained(approved: dict[str, Any], current: dict[str, Any]) -> list[str]:
    """Return in words how a host differs from its approved plan by more than the plan's own half-done steps explain."""
    known = _Known(approved, platforms.of_plan(approved))
    return [
        *changes("the platform", approved.get("platform"), current.get("platform")),
        *changes("the system's", approved["system"], current["system"]),
        *changes("the goal", _goal(approved), _goal(current)),
        *_new_exceptions(approved, current),
        *_new_findings(approved["findings"], current["findings"], known),
        *_other_vendors(approved, current),
        *_new_stops(approved, current, known),
        *_new_steps(current["steps"], known),
    ]


class _Known:
    """What the approved plan saw of a host, and wanted to change there."""

    def __init__(self, approved: dict[str, Any], platform: Platform) -> None:
        self.platform = platform
        paths_of, leaves, steps = platform.paths, platform.interrupted, approved["steps"]
        effects = [effect for step in steps for effect in step["effects"]]
        paths = [effect["path"] for effect in effects if "path" in effect]
        removed = [effect["path"] for effect in effects if "path" in effect and effect["change"] == "removed"]
        self._reasons = {
            reason for part in ("findings", "steps") for one in approved[part] for reason in one["reasons"]
        }
        self._objects = {_object(effect) for effect in effects}
        self._trees = [effect["path"] for effect in effects if effect.get("scope") == "tree"]
        self._folders = {folder for path in paths for folder in paths_of.above(path)}
        self._vendors = {paths_of.name(paths_of.parent(path)) for path in removed}
        self._programs = [program for step in steps for program in leaves.programs(step)]
        self._services = {name for step in steps for name in leaves.services(step)}
        self.removes_packages = any(step["kind"] in leaves.removing for step in steps)

    def has_seen(self, reasons: Iterable[str]) -> bool:
        """Return True if all reasons were seen at that time, or were to be changed anyway."""
        return all(reason in self._reasons or self.changes(*reason.split(":", 1)) for reason in reasons)

    def changes(self, kind: str, name: str = "") -> bool:
        """Return True if an object is one that the approved steps change."""
        return (kind, name) in self._objects or (kind == "path" and self._is_below(name, self._trees))

    def causes(self, reason: str, is_left: bool) -> bool:
        """Return True for evidence of a known product that comes from half-done steps: of what they start and end, and
        of directories that they empty. ``is_left``: all that is new of the product may have lost its owner.
        """
        kind, _colon, what = reason.partition(":")
        judge = self.platform.interrupted.reasons.get(kind)
        return (judge is not None and judge(self, what)) or (kind == "path" and (is_left or self.empties(what)))

    def empties(self, path: str) -> bool:
        """Return True for a directory in which the approved steps remove something, or one of the same name elsewhere:
        vendors have the same directory in several places.
        """
        return path in self._folders or self.platform.paths.name(path) in self._vendors

    def runs(self, program: str) -> bool:
        """Return True for a program that the approved steps start or end."""
        return self._is_below(program, [*self._programs, *self._trees]) or self.has_seen([f"process:{program}"])

    def switches(self, service: str) -> bool:
        """Return True for a service that the approved steps start or stop."""
        return service in self._services

    def _is_below(self, path: str, roots: list[str]) -> bool:
        return self.platform.table.is_below(path, roots)


def _goal(plan: dict[str, Any]) -> dict[str, Any]:
    """Return the goal without anything that depends on which products are still there."""
    return {key: value for key, value in plan["goal"].items() if key != "excepted"}


def _new_exceptions(approved: dict[str, Any], current: dict[str, Any]) -> Iterator[str]:
    """Yield the products that are to stay by now: the approved plan removes them."""
    granted = in_force(Carried.of(approved).exceptions, "product")
    for name in current["goal"]["excepted"]:
        if name not in (*approved["goal"]["excepted"], *granted):
            yield f"{name} was not excepted, is now"


def _new_findings(was: list[dict[str, Any]], now: list[dict[str, Any]], known: _Known) -> Iterator[str]:
    """Yield the products that are new.

    What a removed product shared with others now counts as residue of one of those: it was seen before.
    """
    before = {finding["id"]: finding for finding in was}
    for finding in now:
        name, earlier = finding["id"], before.get(finding["id"])
        # What no entry names may belong to any product.
        is_new = earlier is None or finding["class"] == NAMED_BY_NONE
        if is_new and not known.has_seen(finding["reasons"]) and not _is_left_over(finding, known):
            yield f"{name} was not found{' like this' if earlier else ''}, is now ({finding['state']})"
        elif earlier is not None:
            yield from _other_evidence(earlier, finding, known)


def _is_left_over(finding: dict[str, Any], known: _Known) -> bool:
    """Return True for what no longer has an owner: an empty shared directory, and anything in one whose package is
    gone.
    """
    orphans = finding["class"] == NAMED_BY_NONE and known.removes_packages
    if finding["state"] != RESIDUE_INERT and not orphans:
        return False
    unseen = [reason.partition(":") for reason in finding["reasons"] if not known.has_seen([reason])]
    if any(kind != "path" for kind, _colon, _path in unseen):
        return False
    return all(known.empties(known.platform.paths.parent(path) if orphans else path) for _kind, _colon, path in unseen)


def _other_evidence(was: dict[str, Any], now: dict[str, Any], known: _Known) -> Iterator[str]:
    """Yield what is new of a product, and its version if it is another one: without its package, the product's own
    files give the same version in other letters.
    """
    name, is_left = now["id"], _is_left_over(now, known)
    for reason in now["reasons"]:
        if not known.has_seen([reason]) and not known.causes(reason, is_left):
            yield f"{name}: {reason} was not seen, is now"
    if now["version"] and re.findall(r"\w+", now["version"]) != re.findall(r"\w+", was["version"]):
        yield from changes(f"{name} version", was["version"] or "not known", now["version"])


def _other_vendors(approved: dict[str, Any], current: dict[str, Any]) -> Iterator[str]:
    """Yield the products of other vendors that are new: most warnings come from half-done steps, this one does not."""
    told = set(other_vendors.named(approved["preflight"]))
    yield from (
        f"{name} was not there, is now" for name in other_vendors.named(current["preflight"]) if name not in told
    )


def _new_stops(approved: dict[str, Any], current: dict[str, Any], known: _Known) -> Iterator[str]:
    """Yield the preflight results that stop the host now, or say more than was accepted, and are not what the approved
    plan's own steps leave.
    """
    told = Told(approved["preflight"])
    for check in stopping(current):
        if not _is_own_doing(check, told.beyond(check), approved, known):
            yield f"preflight {check['id']} stops it: {check['title']} ({check['diagnosis']})"
    by_restart = known.platform.interrupted.by_restart
    for check in (check for check in accepted(current) if check["id"] not in by_restart):
        more = [part for part in told.more(check) if not known.changes("path", part.partition(" (")[0])]
        if more and not _is_own_doing(check, more, approved, known):
            yield f"preflight {check['id']} was not accepted like this: {check['diagnosis']}"


def _is_own_doing(check: dict[str, Any], parts: list[str], approved: dict[str, Any], known: _Known) -> bool:
    """Return True for a result that the approved steps can bring about, if each of these parts belongs to them."""
    leaves = known.platform.interrupted
    is_own = leaves.objects.get(check["id"])
    can_be = any(step["kind"] in leaves.own_doing.get(check["id"], ()) for step in approved["steps"])
    return can_be and (is_own is None or all(is_own(known, part) for part in parts))


def _new_steps(steps: Iterable[dict[str, Any]], known: _Known) -> Iterator[str]:
    """Yield the changes that neither the approved steps nor the evidence of that time explain."""
    for step in steps:
        if known.platform.kind(step["kind"]).retains:
            # The approved steps would remove what they do not archive.
            unseen = [reason for reason in step["reasons"] if not known.has_seen([reason])]
            yield from (f"the approved plan does not archive {reason.partition(':')[2]}" for reason in unseen)
        if step["kind"] in known.platform.interrupted.of_itself or (
            step["reasons"] and known.has_seen(step["reasons"])
        ):
            continue
        if step["target"].get("scope") == "empty" and known.empties(step["target"]["path"]):
            continue
        new = [name for kind, name in map(_object, step["effects"]) if not known.changes(kind, name)]
        if new:
            yield f"step is new: {step['title']} ({', '.join(new)})"


def _object(effect: dict[str, str]) -> tuple[str, str]:
    kind = next(key for key in ("path", "package", "group", "account") if key in effect)
    return kind, effect[kind]
