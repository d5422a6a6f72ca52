# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has to hold before a host may be changed. Each result has a stable id, a diagnosis and a remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ..catalog.model import Catalog, Product
from ..detect import unknowns
from ..detect.claims import Claims
from ..detect.evidence import Evidence
from ..detect.match import RUNNING, Finding
from ..detect.probes import KEEP_OUT
from ..detect.problems import PACKAGING
from ..locations import is_below
from . import removal
from .model import Check, Goal, Step
from .staging import Staged

ROOM_FACTOR = 2
ROOM_FOR_PACKAGES = 200 * 1024 * 1024


@dataclass(frozen=True)
class Case:
    """All that a check may look at."""

    evidence: Evidence
    catalog: Catalog
    goal: Goal
    found: tuple[Finding, ...]
    going: tuple[Product, ...]
    owned: Claims
    staged: Staged | None
    steps: tuple[Step, ...]

    def removing(self) -> list[Finding]:
        """Return the findings that this plan removes."""
        ids = {product.id for product in self.going}
        return [finding for finding in self.found if finding.id in ids]


def run(case: Case) -> list[Check]:
    """Return the results of all checks in their order; what the goal accepts is marked so."""
    results = [result for check in CHECKS for result in check(case)]
    return [replace(result, accepted=result.id in case.goal.accept) for result in results]


def _keep_out(case: Case) -> Iterator[Check]:
    if case.evidence.value("path", KEEP_OUT) is not None:
        yield Check(
            "keep_out",
            "error",
            "The host's owner keeps changes out",
            f"{KEEP_OUT} exists",
            "Ask the host's owner; remove the file when the host may be changed.",
        )


def _everything_was_checked(case: Case) -> Iterator[Check]:
    told = unknowns.told(case.evidence, case.catalog.products, [finding.id for finding in case.found])
    unknown = [item for item in told if item["bears"] and not item["id"].startswith("package_change:")]
    if unknown:
        diagnosis = "; ".join(f"{item['id']}: {item['cause']}" for item in unknown)
        yield Check(
            "evidence_unknown",
            "error",
            "Not everything could be looked at",
            diagnosis,
            "Make it readable and plan again: what could not be checked is not taken for absent.",
        )
    else:
        yield Check(
            "evidence_unknown", "ok", "Everything could be looked at", f"{len(case.evidence.items)} pieces of evidence"
        )


def _confidence(case: Case) -> Iterator[Check]:
    unsure = [
        f"{finding.id} ({finding.confidence}: {', '.join(finding.reasons)})"
        for finding in case.removing()
        if finding.confidence != "confirmed"
    ]
    if unsure:
        yield Check(
            "confidence_below_confirmed",
            "overridable",
            "A product is not proven by two independent kinds of evidence",
            "; ".join(unsure),
            "Look at the host; accept this id if what was seen is Kaspersky's.",
        )


def _state(case: Case) -> Iterator[Check]:
    broken = [
        f"{finding.id} ({', '.join(wrong)})"
        for finding in case.removing()
        if (wrong := [problem for problem in finding.problems if problem in PACKAGING])
    ]
    if broken:
        yield Check(
            "product_broken",
            "error",
            "A package operation was cut off, or the package database and the disk disagree",
            ", ".join(broken),
            "Repair the packages with 'dpkg --configure -a' or install them again, then plan again.",
        )


def _other_classes(case: Case) -> Iterator[Check]:
    for finding in case.found:
        product = case.catalog.product(finding.id)
        if not product.may_go(case.goal.also_remove):
            yield Check(
                "reported_only",
                "warning",
                "A product of this class is reported and stays",
                f"{finding.name}: class {finding.product_class}",
                _how_it_goes(product),
            )


def _how_it_goes(product: Product) -> str:
    if product.removed_elsewhere:
        return f"It is removed by {product.removed_elsewhere}."
    if not product.may_go((product.id,)):
        return "Look at what was seen of it by hand."
    return "Name its id in the variable for further products to remove it too."


def _left_in_place(case: Case) -> Iterator[Check]:
    staying = removal.left_in_place(case.owned)
    if staying:
        yield Check(
            "left_in_place",
            "warning",
            "Some of what was found stays: this version has no step for it",
            ", ".join(item["id"] for item in staying),
            "Look at it by hand after the change; the host does not count as clean while it has an effect.",
        )


def _links_on_the_way(case: Case) -> Iterator[Check]:
    led = [
        f"{item['what']} (really {item['value']['real']})"
        for items in case.owned.values()
        for item in items
        if item["kind"] == "path" and "real" in item["value"]
    ]
    if led:
        yield Check(
            "path_through_link",
            "error",
            "A directory of the product is reached through a symbolic link",
            ", ".join(sorted(set(led))),
            "Nothing is removed through a link. Move the directory to its place, or remove it by hand.",
        )


def _package_manager(case: Case) -> Iterator[Check]:
    foreign = [
        item["id"]
        for items in case.owned.values()
        for item in items
        if item["kind"] == "package" and item["value"]["manager"] != "dpkg"
    ]
    if foreign:
        yield Check(
            "package_manager_unsupported",
            "error",
            "A package is known to a package manager that this version does not remove from",
            ", ".join(sorted(set(foreign))),
            "Remove the package by hand, then plan again.",
        )


def _init(case: Case) -> Iterator[Check]:
    if case.steps and case.evidence.host.get("init") != "systemd":
        yield Check(
            "init_not_systemd",
            "error",
            "Services are not managed by systemd",
            f"init: {case.evidence.host.get('init')}",
            "Hosts without systemd are not supported yet.",
        )


def _packages_removed(case: Case) -> Iterator[Check]:
    item = case.evidence.items.get("package_change:remove")
    if item is None or not case.going:
        return
    if "unknown" in item:
        yield _packages_problem(str(item["unknown"]))
        return
    known = (item for items in case.owned.values() for item in items if item["kind"] == "package")
    planned = {item["value"]["name"] for item in known}
    others = sorted({change["name"] for change in item["value"]["changes"]} - planned)
    if others:
        yield Check(
            "packages_beyond_plan",
            "error",
            "The package manager would take other packages along",
            ", ".join(others),
            "Remove or keep these packages by hand first, then plan again.",
        )
    else:
        names = ", ".join(change["name"] for change in item["value"]["changes"])
        yield Check("packages_beyond_plan", "ok", "The package manager takes only Kaspersky's packages", names)


def _packages_installed(case: Case) -> Iterator[Check]:
    if case.staged is None or not case.staged.layout:
        return
    item = case.evidence.value("package_change", "install")
    removed = [change["name"] for change in (item or {}).get("changes", ()) if change["action"] != "Inst"]
    if case.staged.problem:
        yield _packages_problem(case.staged.problem)
    elif removed:
        yield Check(
            "packages_conflict",
            "error",
            "Installing the replacement would remove packages",
            ", ".join(removed),
            "Resolve the conflict by hand, then plan again.",
        )


def _packages_problem(cause: str) -> Check:
    return Check(
        "packages_unresolved",
        "error",
        "The package manager cannot do what the plan needs",
        cause,
        "Run 'apt-get update' on the host, see that its sources have the packages, and plan again.",
    )


def _replacement(case: Case) -> Iterator[Check]:
    if case.staged is not None and not case.staged.layout:
        system = f"{case.evidence.host.get('system')} {case.evidence.host.get('version')}"
        yield Check(
            "replacement_unsupported",
            "error",
            "The replacement is not known to run on this system",
            f"{case.staged.provider.name} on {system}",
            "Choose another provider for this host.",
        )
    loses = [
        finding.name for finding in case.removing() if finding.state == RUNNING and finding.product_class == "product"
    ]
    if case.staged is None and loses:
        yield Check(
            "no_replacement",
            "overridable",
            "The host would be left without a scanner",
            f"{', '.join(loses)} is running and no replacement is planned",
            "Choose a provider, or accept this id.",
        )


def _protected_paths(case: Case) -> Iterator[Check]:
    if case.staged is None or not case.staged.layout:
        return
    if not case.staged.paths:
        yield Check(
            "protected_paths_missing",
            "error",
            "None of the directories to be protected exists",
            ", ".join(case.staged.missing) or "the list is empty",
            "Name directories that exist in the option 'paths'.",
        )
    elif case.staged.missing:
        yield Check(
            "protected_paths_missing",
            "info",
            "Some directories to be protected do not exist here and are left out",
            ", ".join(case.staged.missing),
            "Plan again when they exist.",
        )


def _signatures(case: Case) -> Iterator[Check]:
    if case.staged is None or case.staged.options.get("database") != "site":
        return
    names = sorted(case.staged.options["site_signatures"])
    yield Check(
        "site_signatures_only",
        "warning" if names else "error",
        "The replacement detects only what the site's own signatures name",
        ", ".join(names) or "there are no site signatures either",
        "Use the official database wherever it can be had.",
    )


def _second_interceptor(case: Case) -> Iterator[Check]:
    own = [root for product in case.going for root in product.of_kind("process")]
    if case.staged is not None and case.staged.layout:
        own += [*case.staged.layout["real_time"]["below"], *case.staged.layout["engine"]["below"]]
    others = [item["what"] for item in case.evidence.of_kind("interceptor") if not is_below(item["what"], own)]
    if others:
        yield Check(
            "second_interceptor",
            "overridable",
            "Another program intercepts file access",
            ", ".join(others),
            "Two scanners that intercept the same files can block each other for ever. Stop it, or accept this id.",
        )


def _room(case: Case) -> Iterator[Check]:
    spaces: list[dict[str, Any]] = [item["value"] for item in case.evidence.of_kind("space")]
    free = next((value["free_bytes"] for value in spaces if "free_bytes" in value), None)
    if not case.steps or free is None:
        return
    retained = sum(value.get("bytes", 0) for value in spaces)
    needed = retained * ROOM_FACTOR + ROOM_FOR_PACKAGES
    level, title = ("ok", "There is room for the archive and the packages")
    if free < needed:
        level, title = ("error", "There is no room for the archive and the packages")
    # No numbers here: they change by themselves, and the record shows them.
    yield Check(
        "disk_space",
        level,
        title,
        "free space compared with twice the retained data and 200 MiB",
        "Free space and plan again.",
    )


CHECKS: tuple[Callable[[Case], Iterator[Check]], ...] = (
    _keep_out,
    _everything_was_checked,
    _confidence,
    _state,
    _other_classes,
    _left_in_place,
    _links_on_the_way,
    _package_manager,
    _init,
    _packages_removed,
    _packages_installed,
    _replacement,
    _protected_paths,
    _signatures,
    _second_interceptor,
    _room,
)
