# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state of the packages that Windows Installer keeps: without one a removal fails, and cannot be forecast."""

from __future__ import annotations

from collections.abc import Iterator

from .....plan.foretelling import UNKNOWN
from .....plan.model import Check
from ...look import why_not
from ...planning import PACKAGES
from ..case import Case, listed

READ, MISSING, DAMAGED = "read", "missing", "damaged"
REPAIR = "Have the product's installer of exactly this version at hand: its removal needs the package."


def kept(case: Case) -> Iterator[Check]:
    """Yield the state of each removed product's package, and the vendor's own actions in it."""
    key = case.look.key(PACKAGES)
    refused = "it was not asked for" if key is None else why_not(key.answer)
    for removal in case.removals:
        for code in removal.codes:
            package = case.packages.get(code)
            if package is None and refused:
                package = {"state": "unread", "path": PACKAGES, "why": refused}
            yield _of(removal.finding.name, code, package)


def _of(name: str, code: str, package: dict[str, object] | None) -> Check:
    state = None if package is None else package["state"]
    why = f"{name} {code}: " + (
        "Windows Installer names none" if package is None else f"{package['path']}: {package['why']}"
    )
    if state == READ and package is not None:
        actions = package["actions"]
        told = f"{name} {code}: {package['path']}"
        if isinstance(actions, list) and actions:
            title = "Its package was read; its maker's own actions are in it, and what those do cannot be foretold"
            return Check(
                "package_read", "info", title, f"{told}; {len(actions)}: {listed(str(one['name']) for one in actions)}"
            )
        return Check("package_read", "ok", "Its package was read, and has no actions of its maker's", told)
    if state == MISSING or package is None:
        return Check("package_missing", "overridable", "The package that its removal needs is gone", why, REPAIR)
    if state == DAMAGED:
        return Check("package_damaged", "overridable", "The package that its removal needs is damaged", why, REPAIR)
    return Check(
        "package_unread",
        UNKNOWN,
        "The package that its removal needs could not be read",
        why,
        "See why, and plan again.",
    )
