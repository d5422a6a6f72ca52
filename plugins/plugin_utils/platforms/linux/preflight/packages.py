# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The package managers: whether they can do what the plan needs, and do nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .....module_utils.agreed.linux import INSTALL
from ....detect.claims import of_kind
from ....detect.evidence import Item
from ....plan.model import Check
from ....plan.preflight.case import Case


def _managers(case: Case) -> list[tuple[str, dict[str, Any]]]:
    """Return (database, what was seen of its package manager) of those that the plan works with."""
    used = {item["value"]["manager"] for item in _planned(case)}
    installing = [str(step.target["by"]) for step in case.steps if step.kind == "packages_install"]
    used.update("dpkg" if manager == "apt-get" else "rpm" for manager in installing)
    seen = ((name, case.evidence.value("package_manager", name)) for name in sorted(used))
    return [(name, value) for name, value in seen if value is not None]


def _planned(case: Case) -> list[Item]:
    return of_kind(case.owned, "package")


def _names(case: Case) -> set[str]:
    return {item["value"]["name"] for item in _planned(case)}


def _unsupported(case: Case) -> Iterator[Check]:
    without = [name for name, seen in _managers(case) if name not in seen["tools"]]
    if without:
        yield Check(
            "package_manager_unsupported",
            "error",
            "The package manager's program is not on the host",
            ", ".join(without),
            "Install it on the host, then plan again.",
        )


def _locked(case: Case) -> Iterator[Check]:
    held = [seen["locked_by"] for _name, seen in _managers(case) if seen["locked_by"]]
    if held:
        yield Check(
            "package_manager_locked",
            "warning",
            "The package manager is locked by another process",
            "; ".join(held),
            "Let that process finish before the change. The change waits for it for a while, then fails before "
            "anything is removed.",
        )


def _broken(case: Case) -> Iterator[Check]:
    own = _names(case)
    cut = sorted(
        text
        for _name, seen in _managers(case)
        for text in (
            *(f"{name} ({state})" for name, state in seen["unsettled"].items() if name not in own),
            *(f"{name} (noted in /var/lib/dpkg/updates)" for name in seen["noted"] if name not in own),
        )
    )
    if cut:
        yield Check(
            "package_manager_broken",
            "error",
            "An interrupted operation left other packages unconfigured",
            ", ".join(cut),
            "Check 'dpkg --audit' on the host, run 'dpkg --configure -a', then plan again.",
        )


def _held(case: Case) -> Iterator[Check]:
    held = sorted({name for _manager, seen in _managers(case) for name in seen["held"]} & _names(case))
    if held:
        yield Check(
            "package_held",
            "overridable",
            "A package is on hold",
            ", ".join(held),
            "Find out why (apt-mark showhold, zypper locks, /etc/dnf/protected.d); accept this ID to remove it anyway.",
        )


def _dependents(case: Case) -> Iterator[Check]:
    own = _names(case)
    needing = {other: item["value"]["name"] for item in _planned(case) for other in item["value"]["dependents"]}
    others = {other: name for other, name in sorted(needing.items()) if other not in own}
    if not others:
        return
    told = ", ".join(f"{other} (depends on {name})" for other, name in others.items())
    going = _rehearsed_to_go(case)
    if going is not None and not going & set(others):
        yield Check(
            "dependents_would_go",
            "info",
            "Other packages list Kaspersky as one of several alternative dependencies",
            told,
        )
    else:
        yield Check(
            "dependents_would_go",
            "error",
            "Other packages depend on Kaspersky packages and would be removed with them",
            told,
            "Remove these packages by hand if they are not needed, or change their dependencies, then plan again.",
        )


def _rehearsals(case: Case) -> list[Item]:
    return [
        item
        for name, item in case.evidence.items.items()
        if name.startswith("package_change:") and name not in ("package_change:install", "package_change:kit")
    ]


def _rehearsed_to_go(case: Case) -> set[str] | None:
    """Return the packages that would be removed, None if a simulation failed."""
    rehearsals = _rehearsals(case)
    if any("unknown" in item for item in rehearsals):
        return None
    return {change["name"] for item in rehearsals for change in item["value"]["changes"]}


def _packages_removed(case: Case) -> Iterator[Check]:
    rehearsals = _rehearsals(case)
    if not rehearsals or not case.going:
        return
    problems = [str(item["unknown"]) for item in rehearsals if "unknown" in item]
    if problems:
        yield _packages_problem(
            "; ".join(problems), "Run the package manager on the host to see the problem, and plan again."
        )
        return
    changes = [change["name"] for item in rehearsals for change in item["value"]["changes"]]
    others = sorted(set(changes) - _names(case))
    if others:
        yield Check(
            "packages_beyond_plan",
            "error",
            "The package manager would also remove other packages",
            ", ".join(others),
            "Remove or keep these packages by hand first, then plan again.",
        )
    else:
        yield Check(
            "packages_beyond_plan", "ok", "The package manager removes only Kaspersky packages", _told(rehearsals)
        )


def _told(rehearsals: list[Item]) -> str:
    """Return which tool would remove what, and why another tool cannot."""
    told = []
    for item in rehearsals:
        value = item["value"]
        names = ", ".join(change["name"] for change in value["changes"])
        refused = f"; {value['refused']}" if value["refused"] else ""
        told.append(f"{names} ({value['manager']}{refused})")
    return "; ".join(told)


def _packages_installed(case: Case) -> Iterator[Check]:
    if case.staged is None or not case.staged.layout:
        return
    item = case.evidence.value("package_change", "install")
    removed = [change["name"] for change in (item or {}).get("changes", ()) if change["action"] != INSTALL]
    if case.staged.problem:
        remedy = "Run 'apt-get update' on the host, make sure that its sources have the packages, and plan again."
        yield _packages_problem(case.staged.problem, remedy)
    elif removed:
        yield Check(
            "packages_conflict",
            "error",
            "Installing the replacement would remove packages",
            ", ".join(removed),
            "Resolve the conflict by hand, then plan again.",
        )


def _packages_problem(cause: str, remedy: str) -> Check:
    return Check(
        "packages_unresolved", "error", "The package manager cannot resolve what the plan needs", cause, remedy
    )


CHECKS = (
    _unsupported,
    _locked,
    _broken,
    _held,
    _dependents,
    _packages_removed,
    _packages_installed,
)
