# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stop what runs, prevent it from starting again, and make systemd forget it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from .....module_utils.agreed.linux import STOPPED
from ....catalog.model import Product
from ....detect.claims import Claims, of_kind
from ....detect.evidence import Evidence
from ....plan.model import REMOVE, Step
from .paths import UNIT_FOLDERS, foreign, removed, unit_files

# Seconds until a unit's processes are killed; some products are known to wait for ten minutes.
STOP_LIMIT = 90
LEVEL = re.compile(r"rc[0-9S]\.d")
# Processes of this role start others again.
WATCHDOG = "watchdog"


def steps(evidence: Evidence, going: list[Product], owned: Claims) -> Iterator[Step]:
    """Yield steps for units, SysV scripts and processes."""
    yield from _stop_triggers(owned, foreign(evidence, owned))
    yield from _stop_units(owned)
    yield from _end_processes(going, owned)
    yield from _boot_links(owned)
    yield from _reload(owned, foreign(evidence, owned))


def staying(evidence: Evidence, owned: Claims) -> list[str]:
    """Return what of units stays since another package owns it, each with that package."""
    others = foreign(evidence, owned)
    return [f"{path} (of the package {others[path]}, which stays)" for path in sorted(others)]


def _stop_triggers(owned: Claims, others: dict[str, str]) -> Iterator[Step]:
    """Yield steps for timers and the like that do nothing but start a unit that goes; they go before it."""
    known = {item["what"] for item in of_kind(owned, "unit")}
    done: set[str] = set()
    for item in of_kind(owned, "unit"):
        for trigger in item["value"].get("triggered_by", ()):
            if trigger["name"] in known | done:
                continue
            done.add(trigger["name"])
            yield _retire(trigger["name"], trigger["links"], item["id"])
            if trigger["file"].startswith(UNIT_FOLDERS) and trigger["file"] not in others:
                before = f"{trigger['file']} (unit file), which starts {item['what']}"
                yield removed(trigger["file"], "file", item["id"], before)


def _stop_units(owned: Claims) -> Iterator[Step]:
    """Yield steps for units that run; those of real-time protection too, which a handover stops and no more.

    One that only starts at boot may run by the time of its step, if the host lost power during the run.
    """
    units = [item for item in of_kind(owned, "unit") if _is_running(item) or starting_at_boot(item["value"]["links"])]
    # Units that start others by themselves go first.
    for item in sorted(units, key=lambda item: item["what"].endswith(".service")):
        yield _retire(item["what"], item["value"]["links"], item["id"], _is_running(item), _is_masked(item))


def _is_running(item: dict[str, Any]) -> bool:
    return item["value"]["active"] not in STOPPED


def _is_masked(item: dict[str, Any]) -> bool:
    return bool(item["value"]["load"] == "masked")


def _retire(name: str, links: list[str], reason: str, is_running: bool = True, is_masked: bool = False) -> Step:
    starting = starting_at_boot(links)
    state = ("running" if is_running else "not running") + (", masked" if is_masked else "")
    return Step(
        REMOVE,
        "unit",
        f"Stop {name} and keep it from starting again" if is_running else f"Keep {name} from starting again",
        {"name": name, "running": False, "retire": True, "limit": STOP_LIMIT, "links": starting},
        "\n".join([f"{name}: {state}", *(f"{link}: starts it at boot" for link in starting)]),
        f"{name}: stopped, killed after {STOP_LIMIT} s; no link starts it",
        (reason,),
        tuple({"path": link, "scope": "file", "change": "removed"} for link in starting),
    )


def starting_at_boot(links: list[str]) -> list[str]:
    """Return those of a unit's links that start it; of those of run levels some only stop it."""
    return [link for link in links if not (link.startswith("/etc/rc") and posixpath.basename(link).startswith("K"))]


def _end_processes(going: list[Product], owned: Claims) -> Iterator[Step]:
    roots = sorted({root for product in going for root in product.of_kind("process")})
    first = sorted({ending for product in going for role, ending in product.roles if role == WATCHDOG})
    running = of_kind(owned, "process")
    if running:
        told = sorted(running, key=lambda item: (not item["what"].endswith(tuple(first)), item["id"]))
        yield Step(
            REMOVE,
            "processes_end",
            "End the remaining processes",
            {"below": roots, "first": first},
            "\n".join(f"running: {item['what']}" for item in told),
            "none running",
            tuple(item["id"] for item in told),
        )


def _boot_links(owned: Claims) -> Iterator[Step]:
    for item in of_kind(owned, "unit"):
        links, script = item["value"]["links"], item["what"].rpartition(".")[0]
        if links:
            by_level = {posixpath.dirname(link) for link in links if link.startswith("/etc/rc")}
            effects = [{"path": link, "scope": "file", "change": "removed"} for link in links]
            for folder in sorted({LEVEL.sub("rc?.d", folder) for folder in by_level}):
                effects.append({"path": f"{folder}/[SK][0-9][0-9]{script}", "scope": "glob", "change": "removed"})
            yield Step(
                REMOVE,
                "boot_links_remove",
                f"Keep {item['what']} from starting at boot",
                {"unit": item["what"]},
                "\n".join(links),
                "no link starts it, under these or other names",
                (item["id"],),
                tuple(effects),
            )


def _reload(owned: Claims, others: dict[str, str]) -> Iterator[Step]:
    units = [item for item in of_kind(owned, "unit") if not set(unit_files(item["value"])) & set(others)]
    triggers = {
        trigger["name"]
        for item in of_kind(owned, "unit")
        for trigger in item["value"].get("triggered_by", ())
        if trigger["file"].startswith(UNIT_FOLDERS) and trigger["file"] not in others
    }
    names = [item["what"] for item in units]
    names += sorted(triggers - set(names))
    if names:
        yield Step(
            REMOVE,
            "systemd_reload",
            "Reload systemd, so that it forgets the units",
            {"names": names},
            "\n".join(f"{name}: known to systemd" for name in names),
            "unknown to systemd",
            tuple(item["id"] for item in units),
        )
