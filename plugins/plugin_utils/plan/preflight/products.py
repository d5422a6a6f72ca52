# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was found: whether it is confirmed, complete and of a class that is removed, and what stays of it."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog.model import Product
from ...listed import first
from ..model import Check
from .case import Case


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
            "Fewer than two independent kinds of evidence confirm a product",
            "; ".join(unsure),
            "Check the host; accept this ID if what was seen is Kaspersky software.",
        )


def _state(case: Case) -> Iterator[Check]:
    broken = [
        f"{finding.id} ({', '.join(wrong)})"
        for finding in case.removing()
        if (wrong := [problem for problem in finding.problems if problem in case.evidence.table.unremovable])
    ]
    if broken:
        yield Check(
            "product_broken",
            "warning",
            "A package operation was interrupted, or the package database and the disk disagree",
            ", ".join(broken),
            "The steps show how it is removed anyway; a script that fails unexpectedly ends the run.",
        )


def _other_classes(case: Case) -> Iterator[Check]:
    for finding in case.found:
        product = case.catalog.product(finding.id)
        if not product.may_go(case.goal.also_remove):
            yield Check(
                "reported_only",
                "warning",
                "A product of this class is reported and stays",
                f"{finding.name}: class {finding.product_class} ({first(finding.reasons)})",
                _how_it_goes(product),
            )


def _how_it_goes(product: Product) -> str:
    if product.removed_elsewhere:
        return f"It is removed by {product.removed_elsewhere}."
    if not product.may_go((product.id,)):
        return "Check by hand what was seen of it."
    return "To remove it too, add its ID to the variable for further products."


def _left_in_place(case: Case) -> Iterator[Check]:
    if case.staying:
        yield Check(
            "left_in_place",
            "warning",
            "Some of what was found stays: no step can remove it",
            ", ".join(case.staying),
            "Check it by hand after the change; the host does not count as clean while it has an effect.",
        )


CHECKS = (
    _confidence,
    _state,
    _other_classes,
    _left_in_place,
)
