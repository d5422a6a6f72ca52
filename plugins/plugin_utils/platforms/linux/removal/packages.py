# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Remove packages with the package manager that knows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from .....module_utils.agreed.linux import LOCK_WAIT
from ....catalog.model import Product
from ....detect.claims import Claims, of_kind
from ....detect.evidence import Evidence, Item
from ....plan.model import REMOVE, STAGE, Step
from . import package_scripts

# By whose database knows a package: the simulation of its removal, and who removes it if there was none.
REHEARSALS = {"dpkg": ("remove", "apt-get"), "rpm": ("remove by rpm", "rpm")}
# These refuse to remove protected or held packages, and have no option to override that.
KEEPING = ("dnf", "zypper")
WITHOUT_SCRIPT = " without its pre-removal script"


def steps(evidence: Evidence, going: list[Product], owned: Claims) -> Iterator[Step]:
    """Yield the steps that repair and remove all packages, those of one database in one go."""
    why = package_scripts.hopeless(evidence, going, owned)
    yield from _await(of_kind(owned, "package"))
    for database in REHEARSALS:
        known = [item for item in of_kind(owned, "package") if item["value"]["manager"] == database]
        skipped = [item for item in known if item["id"] in why and database == "rpm"]
        if database == "dpkg":
            yield from package_scripts.steps(evidence, known, why)
        if skipped:
            # rpm can be run without scripts, but only for all packages that it removes at once.
            alone = (_remove_alone(item, why.get(item["id"], "")) for item in _dependents_first(known))
            yield from (_without_links(step, owned) for step in alone)
        elif known:
            yield _without_links(_remove(database, known, evidence), owned)


def _await(known: list[Item]) -> Iterator[Step]:
    databases = sorted({item["value"]["manager"] for item in known})
    if databases:
        yield Step(
            STAGE,
            "await_packages",
            "Wait until no other process uses the package databases",
            {"databases": databases, "limit": LOCK_WAIT},
            "",
            "free: " + ", ".join(databases),
            tuple(item["id"] for item in known),
        )


def _remove(database: str, known: list[Item], evidence: Evidence) -> Step:
    what, ordinary = REHEARSALS[database]
    rehearsed = evidence.value("package_change", what)
    by = rehearsed["manager"] if rehearsed else ordinary
    manager = evidence.value("package_manager", database) or {"held": []}
    names = sorted({item["value"]["name"] for item in known})
    held = sorted(set(names) & set(manager["held"]))
    past = by if held and by in KEEPING else ""
    by = "rpm" if past else by
    title = "Remove " + ", ".join(item["what"] for item in known)
    return Step(
        REMOVE,
        "packages_remove",
        title if by == "apt-get" else f"{title} by {by}",
        {
            "by": by,
            "names": names,
            "held": held,
            "run_script": True,
        },
        "\n".join(f"{item['what']} {item['value']['version']} ({item['value']['status']})" for item in known),
        f"not known to {database}" + (f"; {past} is set to keep {', '.join(held)}" if past else ""),
        (*(item["id"] for item in known), *([f"package_change:{what}"] if rehearsed else [])),
        tuple({"package": name, "change": "removed"} for name in names),
    )


def _without_links(step: Step, owned: Claims) -> Step:
    """Remove the links that packages' scripts create for services which nothing started at boot before."""
    services = [item["what"] for item in of_kind(owned, "unit") if not item["value"]["links"]]
    return replace(step, target={**step.target, "services": services})


def _remove_alone(item: Item, why: str) -> Step:
    """Return the step that removes one of rpm's packages, without its pre-removal script if there is a reason."""
    name, value = item["value"]["name"], item["value"]
    text = f"{item['what']} {value['version']} ({value['status']})"
    return Step(
        REMOVE,
        "packages_remove",
        f"Remove {item['what']} by rpm" + (WITHOUT_SCRIPT if why else ""),
        {"by": "rpm", "names": [name], "held": [], "run_script": not why},
        f"{text}: its pre-removal script cannot succeed, because {why}" if why else text,
        "not known to rpm" + ("; rpm is run without that script (--nopreun)" if why else ""),
        (item["id"],),
        ({"package": name, "change": "removed"},),
    )


def _dependents_first(known: list[Item]) -> list[Item]:
    """Return packages so that each comes after those that depend on it; a dependency circle is broken anywhere."""
    rest, ordered = list(known), []
    while rest:
        names = {item["value"]["name"] for item in rest}
        free = [item for item in rest if not names & set(item["value"]["dependents"])] or rest[:1]
        ordered += free
        rest = [item for item in rest if item not in free]
    return ordered


def probes(going: list[Product]) -> dict[str, Any]:
    """Return the probes for the package managers, and for what they would do."""
    names = sorted({name for product in going for name in product.of_kind("package")})
    return {
        "package_change": {"manager": "", "install": [], "remove": names},
        "package_manager": {"names": names},
        "path": {"paths": [package_scripts.SET_ASIDE], "children_of": [], "listed": []},
    }
