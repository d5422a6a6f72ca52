# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Accounts and groups of the product: what else depends on them."""

from __future__ import annotations

from collections.abc import Iterator

from ....detect.claims import of_kind
from ....plan.model import Check
from ....plan.preflight.case import Case
from ..removal import accounts


def _primary(case: Case) -> Iterator[Check]:
    """Yield what happens to users whose primary group is removed."""
    kept = accounts.staying(case.evidence, list(case.going), case.owned)
    told, level = [], "overridable"
    for item in of_kind(case.owned, "group"):
        users = accounts.moved(item, case.owned)
        if not users or item["id"] in kept:
            continue
        why = accounts.immovable(item, case.evidence, case.owned)
        level = "error" if why else level
        told.append(f"{item['what']} is the primary group of {', '.join(users)}" + (f"; {why}" if why else ""))
    if told:
        yield Check(
            "group_is_primary",
            level,
            "A group of the product is the primary group of other accounts",
            "; ".join(told),
            "Give them another primary group, or accept this ID to have them moved as the plan's steps say."
            if level == "overridable"
            else "Give these accounts another primary group by hand, then plan again.",
        )


def _staying(case: Case) -> Iterator[Check]:
    kept = accounts.staying(case.evidence, list(case.going), case.owned)
    if kept:
        yield Check(
            "account_stays",
            "warning",
            "An account or group of the product stays",
            "; ".join(f"{name}: {why}" for name, why in kept.items()),
            "Remove it by hand when nothing needs it any more.",
        )


CHECKS = (
    _primary,
    _staying,
)
