# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stop what runs, keep it from starting again, and make systemd forget it."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog.model import Product
from ...detect.claims import Claims, of_kind
from ...detect.evidence import Evidence
from ..model import REMOVE, Step

STOP_LIMIT = 90


def steps(evidence: Evidence, going: list[Product], owned: Claims) -> Iterator[Step]:
    """Yield steps for units, SysV scripts and processes."""
    yield from _stop_units(going, owned)
    yield from _end_processes(going, owned)
    yield from _boot_links(owned)
    yield from _reload(owned)


def _stop_units(going: list[Product], owned: Claims) -> Iterator[Step]:
    real_time = {name for product in going for name in product.real_time_units}
    for item in of_kind(owned, "unit"):
        if item["what"] not in real_time and item["value"]["active"] not in ("inactive", "failed"):
            yield Step(
                REMOVE,
                "unit",
                f"Stop {item['what']}",
                {"name": item["what"], "running": False, "limit": STOP_LIMIT},
                f"{item['what']}: running",
                f"{item['what']}: stopped",
                (item["id"],),
            )


def _end_processes(going: list[Product], owned: Claims) -> Iterator[Step]:
    roots = sorted({root for product in going for root in product.of_kind("process")})
    running = of_kind(owned, "process")
    if running:
        yield Step(
            REMOVE,
            "processes_end",
            "End the processes that are left",
            {"below": roots},
            "\n".join(f"running: {item['what']}" for item in running),
            "none running",
            tuple(item["id"] for item in running),
        )


def _boot_links(owned: Claims) -> Iterator[Step]:
    for item in of_kind(owned, "unit"):
        links, script = item["value"]["links"], item["what"].rpartition(".")[0]
        if links:
            by_level = any(link.startswith("/etc/rc") for link in links)
            effects = [{"path": link, "scope": "file", "change": "removed"} for link in links]
            if by_level:
                effects.append({"path": f"/etc/rc?.d/[SK][0-9][0-9]{script}", "scope": "glob", "change": "removed"})
            yield Step(
                REMOVE,
                "boot_links_remove",
                f"Keep {item['what']} from starting at boot",
                {"unit": item["what"]},
                "\n".join(links),
                "no link starts it, under these names or others",
                (item["id"],),
                tuple(effects),
            )


def _reload(owned: Claims) -> Iterator[Step]:
    units = of_kind(owned, "unit")
    if units:
        yield Step(
            REMOVE,
            "systemd_reload",
            "Make systemd forget the units",
            {"names": [item["what"] for item in units]},
            "\n".join(f"{item['what']}: known to systemd" for item in units),
            "unknown to systemd",
            tuple(item["id"] for item in units),
        )
