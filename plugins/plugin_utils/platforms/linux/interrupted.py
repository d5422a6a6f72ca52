# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run that stopped half-way leaves on Linux, by the steps that can cause it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import Any

from ...plan.platform import Interrupted, Known, PathRules

PACKAGES = ("packages_install", "kit_install", "packages_remove", "package_repair", "handover")
# What a run that stopped half-way may leave, with the kinds of steps that can cause it.
OWN_DOING = {
    "package_manager_broken": PACKAGES,
    "packages_unresolved": PACKAGES,
    "packages_beyond_plan": PACKAGES,
    "packages_conflict": PACKAGES,
    "dependents_would_go": PACKAGES,
    "kit_not_installable": PACKAGES,
    "second_interceptor": ("handover", "unit"),
    "no_way_back": ("handover", "unit", "packages_remove"),
    "confidence_below_confirmed": ("packages_remove", "path_remove"),
    "disk_space": ("retain", "packages_install", "kit_install", "handover"),
    "resources_short": ("packages_install", "kit_install", "unit", "handover"),
}
# Steps that follow from the package manager's own state, or from the run itself.
OF_ITSELF = ("announce", "finish", "package_repair", "await_packages", "await_paths", "systemd_reload")
# Work that dpkg postpones while another operation changes packages.
PUT_OFF = "trigger"


def _above(path: str) -> Iterator[str]:
    """Yield the directories above a path, except those directly below the root."""
    folder = posixpath.dirname(path)
    while folder.count("/") > 1:
        yield folder
        folder = posixpath.dirname(folder)


def _programs(step: dict[str, Any]) -> Iterator[str]:
    """Yield what a step's programs run from."""
    target = step["target"]
    yield from target.get("below", ())
    for side in ("old", "new") if step["kind"] == "handover" else ():
        yield from (target[side] or {}).get("below", ())


def _units(step: dict[str, Any]) -> Iterator[str]:
    """Yield the units that a step starts or stops."""
    if step["kind"] == "unit":
        yield step["target"]["name"]
    elif step["kind"] == "handover":
        yield from (*step["target"]["old"]["units"], *step["target"]["old"]["triggers"])


def _is_package(known: Known, word: str) -> bool:
    return known.changes("package", word.partition(" ")[0])


def _is_unit(known: Known, word: str) -> bool:
    name = word.partition(" ")[0]
    return known.switches(name) or known.has_seen([f"unit:{name}"])


# The diagnosis of these results lists objects; each of them has to belong to the approved steps.
OBJECTS: dict[str, Callable[[Known, str], bool]] = {
    "package_manager_broken": lambda known, word: PUT_OFF in word or _is_package(known, word),
    "packages_beyond_plan": _is_package,
    "packages_conflict": _is_package,
    "dependents_would_go": _is_package,
    "second_interceptor": lambda known, word: known.runs(word),
    "no_way_back": _is_unit,
}

# What the steps start and end may not have run when the plan was approved.
REASONS: dict[str, Callable[[Known, str], bool]] = {
    **dict.fromkeys(("process", "interceptor"), lambda known, path: known.runs(path)),
    "unit": lambda known, name: known.switches(name),
}

# Vendors have the same directory below /opt, /etc/opt, /var/opt and /var/log.
PATHS = PathRules(name=posixpath.basename, parent=posixpath.dirname, above=_above)
LEAVES = Interrupted(
    own_doing=OWN_DOING,
    objects=OBJECTS,
    reasons=REASONS,
    # A unit of the product that was not removed yet may start its scanner again.
    by_restart=("no_replacement",),
    of_itself=OF_ITSELF,
    removing=("packages_remove",),
    programs=_programs,
    services=_units,
)
