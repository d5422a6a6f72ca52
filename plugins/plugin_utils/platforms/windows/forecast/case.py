# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The input of the forecast's checks and steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ....catalog.model import EMBEDDED, Product
from ....detect.claims import Claims
from ....detect.evidence import Evidence, Item
from ....detect.match import Finding
from ....plan.model import Check, Goal
from .. import names
from ..look import THERE, Key, Look, number, why_not
from ..reads import SERVICES

GONE = ("residue_active", "residue_inert")


@dataclass(frozen=True)
class Removal:
    """An installed product that a removal would remove: its finding, its entry's name, and its ProductCodes."""

    finding: Finding
    product: Product
    entries: tuple[Item, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One host. ``removals`` are in the order of a removal; ``packages`` are what was made of the kept packages, by
    ProductCode; ``others`` are the products of other makers that were found.
    """

    look: Look
    evidence: Evidence
    goal: Goal
    found: tuple[Finding, ...]
    products: dict[str, Product]
    claimed: Claims
    removals: tuple[Removal, ...]
    others: tuple[Finding, ...]
    packages: dict[str, dict[str, Any]]

    @property
    def is_live(self) -> bool:
        """Return True for a host that runs, False for a disk."""
        return self.evidence.live

    @property
    def is_server(self) -> bool:
        """Return True if the system says that it was installed as a server."""
        return "server" in self.evidence.host["family"]

    def items(self, *kinds: str) -> list[Item]:
        """Return the vendor's items of some kinds, each once."""
        told = {item["id"]: item for items in self.claimed.values() for item in items if item["kind"] in kinds}
        return [told[name] for name in sorted(told)]

    def leftovers(self, kind: str) -> list[Item]:
        """Return the items of a kind that nothing needs once the removals are done: none of a product that stays."""
        staying = {
            item["id"]
            for product, items in self.claimed.items()
            if not self.goal.takes(self.products[product]) and self.products[product].net is None
            for item in items
        }
        return [item for item in self.items(kind) if item["id"] not in staying]

    def owners(self, product: str) -> str:
        """Return the names of the entries of a product that has another maker's name, in brackets; '' of others."""
        if self.products[product].product_class != EMBEDDED:
            return ""
        told = listed(item["value"]["name"] for item in self.claimed[product] if item["kind"] == "uninstall_entry")
        return f" ({told})" if told else " (its owner is not known)"

    def is_running(self, finding: Finding) -> bool:
        """Return True if a product runs, be it broken: one whose entry is gone may still protect."""
        items, table = self.claimed[finding.id], self.evidence.table
        has_process = any(item["kind"] in table.running for item in items)
        return has_process and table.runs(self.products[finding.id], items, self.evidence)

    def service(self, name: str) -> dict[str, Any] | None:
        """Return the evidence of a service or driver of the system, ignoring case; None if there is none."""
        told = (item for kind in ("service", "driver") for item in self.evidence.of_kind(kind))
        return next((item["value"] for item in told if item["what"].lower() == name.lower()), None)

    def role(self, name: str) -> bool | None:
        """Return whether the service that marks a host's role is there; None if that could not be read."""
        return is_there(self.look.key(f"{SERVICES}\\{name}"))

    def named(self, kind: str) -> str:
        """Return the names of the vendor's items of a kind, with commas between them."""
        return ", ".join(names.name(str(item["what"])) for item in self.items(kind))


Checks = Callable[[Case], Iterable[Check]]


def is_there(key: Key | None) -> bool | None:
    """Return whether a key is there; None where it could not be read."""
    if key is None or "not_asked" in key.answer:
        return None
    # What an outdated hive holds is there; what it lacks may be there.
    return True if "values" in key.answer else None if why_not(key.answer) else False


def start(key: Key | None) -> int | None:
    """Return the start type of a service's key; None where it is not known."""
    return None if key is None else number(key.values, "Start")


def runs(value: dict[str, Any] | None) -> bool:
    """Return True for a service that the service manager calls running."""
    return value is not None and value["state"] == "running"


def has_program(value: dict[str, Any] | None) -> bool:
    """Return True for a service whose program is there, or was not checked."""
    return value is not None and bool(value["path"]) and value["file"] in (THERE, "unknown")


def listed(texts: Iterable[str], most: int = 8) -> str:
    """Return texts separated by commas, and how many more there are."""
    told = list(dict.fromkeys(texts))
    return ", ".join(told[:most]) + (f" and {len(told) - most} more" if len(told) > most else "")


def once(checks: Iterable[Check]) -> Iterator[Check]:
    """Yield checks without duplicates."""
    seen: set[tuple[str, str]] = set()
    for check in checks:
        if (check.id, check.diagnosis) not in seen:
            seen.add((check.id, check.diagnosis))
            yield check
