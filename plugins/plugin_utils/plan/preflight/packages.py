# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The package manager: whether it can do what the plan needs, and does nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from ...detect.claims import of_kind
from ..model import Check
from .case import Case


def _package_manager(case: Case) -> Iterator[Check]:
    foreign = [item["id"] for item in of_kind(case.owned, "package") if item["value"]["manager"] != "dpkg"]
    if foreign:
        yield Check(
            "package_manager_unsupported",
            "error",
            "A package is known to a package manager that this version does not remove from",
            ", ".join(sorted(set(foreign))),
            "Remove the package by hand, then plan again.",
        )


def _packages_removed(case: Case) -> Iterator[Check]:
    item = case.evidence.items.get("package_change:remove")
    if item is None or not case.going:
        return
    if "unknown" in item:
        yield _packages_problem(str(item["unknown"]))
        return
    planned = {item["value"]["name"] for item in of_kind(case.owned, "package")}
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


CHECKS = (
    _package_manager,
    _packages_removed,
    _packages_installed,
)
