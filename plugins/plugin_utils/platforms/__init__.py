# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The systems that hosts run, one room each. Other code asks here and names no room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..catalog.model import Limit, Product
from ..detect.evidence import Evidence, Item, Table
from ..errors import AvshiftError
from ..plan.platform import Handover, Kind, Platform
from .linux.platform import LINUX
from .windows.platform import WINDOWS

# By the name that a host's first answer gives its system.
ALL: dict[str, Platform] = {LINUX.name: LINUX, WINDOWS.name: WINDOWS}
PLAIN = Kind()


def expected() -> Platform:
    """Return the platform that is assumed until the host has said what it runs."""
    return LINUX


def named(name: str) -> Platform:
    """Return the platform of this name; the expected one where nothing has said what a host runs."""
    return ALL.get(name, expected())


def of(host: dict[str, Any]) -> Platform:
    """Return the platform of a host by the facts of its first answer; AvshiftError if there is none for it."""
    name = str(host.get("platform", LINUX.name))
    if name not in ALL:
        raise AvshiftError(
            "platform_unknown",
            "Choosing the platform of a host",
            name,
            "this collection does not support such a system",
            f"Leave this host out; the collection changes hosts of: {', '.join(sorted(ALL))}.",
        )
    return ALL[name]


def of_plan(plan: dict[str, Any]) -> Platform:
    """Return the platform that a written plan was made for: the one that has all of its kinds of steps."""
    wanted = {step["kind"] for step in plan["steps"]}
    return next((platform for platform in ALL.values() if wanted <= set(platform.kinds)), expected())


def of_other_root(collected: dict[str, Any]) -> Iterator[Platform]:
    """Yield the platforms that a root may be of in which the expected one does not recognise its own system."""
    if any(item["kind"] == "root" and "unknown" in item for item in collected["evidence"]):
        yield from ALL.values()


def table() -> Table:
    """Return the meaning of each kind of evidence on every system that can be checked."""
    return expected().table


def evidence(collected: dict[str, Any]) -> Evidence:
    """Return the evidence in a collector's answer ({evidence, host, live}), as its own platform reads it."""
    return Evidence.of(collected, of(collected["host"]).table)


def detection(
    products: Iterable[Product], limits: Iterable[Limit] = (), platform: Platform | None = None
) -> dict[str, Any]:
    """Return the probes that find a platform's products, and what is not checked on a host."""
    asked = (platform or expected()).table
    return asked.probes([product for product in products if product.platform == asked.platform], limits)


def kind(name: str) -> Kind:
    """Return what the engine has to know about a kind of step. A name that two platforms use is one kind."""
    return next((platform.kinds[name] for platform in ALL.values() if name in platform.kinds), PLAIN)


def handovers(plan: dict[str, Any]) -> list[Handover]:
    """Return the handovers of a written plan, as its readers need them."""
    told = ((kind(step["kind"]).handover, step["target"]) for step in plan["steps"])
    return [read(target) for read, target in told if read is not None]


def waiting(facts: Iterable[dict[str, Any]], seen: Iterable[Item]) -> list[str]:
    """Return in words what waits for a restart, from the facts of steps and the evidence of a later look."""
    told, items = list(facts), list(seen)
    return [left for platform in ALL.values() for left in platform.waiting(told, items)]


def archives() -> str:
    """Return in words where archives lie on hosts."""
    return ", ".join(sorted({platform.places.retained for platform in ALL.values() if platform.places.retained}))


def remedies() -> dict[str, str]:
    """Return what to do on hosts that gave no answer, by the code of the failure."""
    return {code: text for platform in ALL.values() for code, text in platform.remedies.items()}
