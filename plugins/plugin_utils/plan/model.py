# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a plan is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from ..canonical import digest
from ..catalog.model import Product
from ..detect.match import Finding

FORMAT_VERSION = 1
STAGE, HANDOVER, REMOVE = "stage", "handover", "remove"
PARTS = (STAGE, HANDOVER, REMOVE)
# Placeholders in steps for what a plan cannot hold: the first characters of its own digest, and the change ID.
DIGEST_MARK = "{digest}"
CHANGE_MARK = "{change_id}"
SHORT = 12
# Preflight results that come and go by themselves: they are shown, but not in the digest.
BY_ITSELF = (
    "package_manager_locked",
    "path_busy",
    "reboot_pending",
    "waived",
    "exception_expired",
    "unknown_in_users_places",
)
NOT_IN_DIGEST = ("host", "shown", "carried", "digest")
# Every product, and so the host itself, where an exception is for it.
ALL = "all"


@dataclass(frozen=True)
class Goal:
    """What the host is to become: free of Kaspersky or not, and protected by a provider or by none.

    ``excepted`` are ids of products that are there and stay for now, or all.
    """

    remove: bool
    provider: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    also_remove: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    excepted: tuple[str, ...] = ()

    def takes(self, product: Product) -> bool:
        """Return True if a product is to go wherever it is found."""
        return self.remove and product.may_go(self.also_remove) and product.id not in self.excepted

    def where_found(self, ids: Iterable[str]) -> Goal:
        """Return the goal of a host with these products: an exception for one that is not there does not count."""
        if ALL in self.excepted:
            return self
        return replace(self, excepted=tuple(name for name in ids if name in self.excepted))

    def to_json(self) -> dict[str, Any]:
        """Return the goal as plans have it."""
        return {
            "kaspersky": "absent" if self.remove else "as it is",
            "provider": self.provider or "none",
            "options": self.options,
            "also_remove": list(self.also_remove),
            "excepted": list(self.excepted),
        }


@dataclass(frozen=True)
class Step:
    """One change. ``before`` and ``after`` are texts for reviewers; ``effects`` are changes that can be checked on the
    disk.

    An effect is {change: created, changed or removed} with one of: path and scope (file, tree or glob), package, group.
    ``undo`` says in words how it is rolled back, or is ''.
    """

    part: str
    kind: str
    title: str
    target: dict[str, Any]
    before: str
    after: str
    reasons: tuple[str, ...]
    effects: tuple[dict[str, str], ...] = ()
    undo: str = ""

    def to_json(self, number: int) -> dict[str, Any]:
        """Return the step as plans have it, with an id from its place and kind."""
        return {
            "id": f"{number:02d}-{self.part}-{self.kind}",
            "part": self.part,
            "kind": self.kind,
            "title": self.title,
            "target": self.target,
            "before": self.before,
            "after": self.after,
            "reasons": list(self.reasons),
            "effects": [dict(effect) for effect in self.effects],
            "undo": self.undo,
        }


@dataclass(frozen=True)
class Check:
    """A preflight result. Levels: ok, info, warning, overridable (an error that may be accepted by its id), error."""

    id: str
    level: str
    title: str
    diagnosis: str
    remediation: str = ""
    accepted: bool = False

    def stops(self) -> bool:
        """Return True if the host must not be changed because of it."""
        return self.level == "error" or (self.level == "overridable" and not self.accepted)

    def to_json(self) -> dict[str, Any]:
        """Return the result as plans have it."""
        return {
            "id": self.id,
            "level": self.level,
            "title": self.title,
            "diagnosis": self.diagnosis,
            "remediation": self.remediation,
            "accepted": self.accepted,
        }


@dataclass(frozen=True)
class Carried:
    """What a plan carries for later steps of a change: it concerns one host only, and is not in the digest.

    ``machine`` distinguishes the machine from others of its name, None where it does not say which it is.
    ``earlier_runs`` are those in its journal, oldest first. ``exceptions`` are its exceptions and accepted checks, as
    exceptions.of_host gives them. ``retained`` are {path: {files, bytes}} of what would be archived.
    """

    machine: str | None = None
    earlier_runs: tuple[dict[str, Any], ...] = ()
    exceptions: tuple[dict[str, Any], ...] = ()
    retained: dict[str, dict[str, Any]] = field(default_factory=dict)

    @staticmethod
    def of(plan: dict[str, Any]) -> Carried:
        """Return what a written plan, or a host's entry in a plan document, carries."""
        told = plan["carried"]
        return Carried(told["machine"], tuple(told["earlier_runs"]), tuple(told["exceptions"]), told["retained"])

    def to_json(self) -> dict[str, Any]:
        """Return it as plans have it."""
        return {
            "machine": self.machine,
            "earlier_runs": list(self.earlier_runs),
            "exceptions": list(self.exceptions),
            "retained": self.retained,
        }


@dataclass(frozen=True)
class Plan:
    """The ordered steps that take one host from its findings to its goal.

    ``platform`` is the name of the host's. ``shown`` changes by itself; it is for people, and no decision uses it.
    ``carried`` is for later steps.
    """

    host: str
    platform: str
    system: dict[str, Any]
    goal: Goal
    findings: tuple[Finding, ...]
    preflight: tuple[Check, ...]
    steps: tuple[Step, ...]
    unknowns: tuple[str, ...]
    shown: dict[str, Any]
    carried: Carried

    def blocked(self) -> bool:
        """Return True if a preflight result keeps the host from being changed."""
        return any(check.stops() for check in self.preflight)

    def to_json(self) -> dict[str, Any]:
        """Return the plan as it is written, with its digest."""
        content = {
            "format_version": FORMAT_VERSION,
            "platform": self.platform,
            "goal": self.goal.to_json(),
            "system": self.system,
            "findings": [finding.to_json() for finding in self.findings],
            "preflight": [check.to_json() for check in self.preflight],
            "steps": [step.to_json(number) for number, step in enumerate(self.steps, 1)],
            "unknowns": list(self.unknowns),
            "blocked": self.blocked(),
        }
        own = {"host": self.host, "shown": self.shown, "carried": self.carried.to_json()}
        return {**content, **own, "digest": digest_of(content)}


def digest_of(plan: dict[str, Any]) -> str:
    """Return the digest of a written plan: of everything except the host's name, what changes by itself, and the
    digest.
    """
    content = {key: value for key, value in plan.items() if key not in NOT_IN_DIGEST}
    content["preflight"] = [
        {"id": check["id"], "level": check["level"]} for check in plan["preflight"] if check["id"] not in BY_ITSELF
    ]
    return digest(content)


def stopping(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the preflight results of a written plan that keep its host from being changed."""
    return [
        check
        for check in plan["preflight"]
        if check["level"] == "error" or (check["level"] == "overridable" and not check["accepted"])
    ]


def accepted(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the preflight results of a written plan that would keep its host from being changed, but are accepted."""
    return [check for check in plan["preflight"] if check["level"] == "overridable" and check["accepted"]]
