# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The systems that hosts run, one room each. Other code asks here and names no room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..catalog.model import Limit, Product
from ..detect.evidence import Evidence
from ..errors import AvshiftError
from ..plan.foretelling import Foretelling
from ..plan.platform import Handover, Platform
from .linux.platform import LINUX
from .windows.platform import WINDOWS

# By the name that a host's first answer gives its system.
ALL: dict[str, Platform] = {LINUX.name: LINUX, WINDOWS.name: WINDOWS}


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
    """Return the platform that a written plan was made for."""
    return named(str(plan.get("platform", "")))


def foretelling(name: str) -> Foretelling:
    """Return how the platform of this name foretells; AvshiftError if its hosts get plans, or if there is none."""
    told = of({"platform": name}).foretelling
    if told is None:
        raise AvshiftError(
            "platform_unknown",
            "Reading a forecast",
            name,
            "hosts of this platform get plans and no forecasts",
            "Make the plan again with this version of the collection.",
        )
    return told


def of_other_root(collected: dict[str, Any]) -> Iterator[Platform]:
    """Yield the platforms that a root may be of in which the expected one does not recognise its own system."""
    if any(item["kind"] == "root" and "unknown" in item for item in collected["evidence"]):
        yield from ALL.values()


def evidence(collected: dict[str, Any]) -> Evidence:
    """Return the evidence in a collector's answer ({evidence, host, live}), as its own platform reads it."""
    return Evidence.of(collected, of(collected["host"]).table)


def detection(
    products: Iterable[Product], limits: Iterable[Limit] = (), platform: Platform | None = None
) -> dict[str, Any]:
    """Return the probes that find a platform's products, and what is not checked on a host."""
    asked = (platform or expected()).table
    return asked.probes([product for product in products if product.platform == asked.platform], limits)


def handovers(plan: dict[str, Any]) -> list[Handover]:
    """Return the handovers of a written plan, as its readers need them."""
    kind = of_plan(plan).kind
    told = ((kind(step["kind"]).handover, step["target"]) for step in plan["steps"])
    return [read(target) for read, target in told if read is not None]


def is_live(root: str | None) -> bool:
    """Return True if a look at this root, None where none was named, sees a system that runs."""
    return root is None or any(root in platform.live_roots for platform in ALL.values())


def version_letters() -> list[str]:
    """Return the letters in versions of every system's packages."""
    return sorted({letters for platform in ALL.values() for letters in platform.version_letters})


def file_endings() -> list[str]:
    """Return the endings of every system's own files."""
    return sorted({ending for platform in ALL.values() for ending in platform.file_endings})


def archives() -> str:
    """Return in words where archives lie on hosts."""
    return ", ".join(sorted({platform.places.retained for platform in ALL.values() if platform.places.retained}))


def remedies() -> dict[str, str]:
    """Return what to do on hosts that gave no answer, by the code of the failure."""
    return {code: text for platform in ALL.values() for code, text in platform.remedies.items()}
