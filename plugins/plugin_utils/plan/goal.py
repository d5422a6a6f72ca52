# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the goal of a plan from what the administrator asked for."""

from __future__ import annotations

from typing import Any

from ..catalog.model import Catalog
from ..errors import AvshiftError
from .model import Goal
from .settings import provider_of, settled

NO_PROVIDER = "none"


def of(options: dict[str, Any], catalog: Catalog) -> Goal:
    """Return the goal; AvshiftError on a provider, product or option that the catalog does not have."""
    provider_id = options["provider"]
    chosen: dict[str, Any] = {}
    if provider_id != NO_PROVIDER:
        chosen = settled(provider_of(catalog, provider_id), options["options"])
    known = [product.id for product in catalog.products]
    for name in options["also_remove"]:
        if name not in known:
            raise AvshiftError(
                "product_unknown",
                "Choosing further products to remove",
                name,
                "the catalog has no such product",
                f"Use ids of: {', '.join(sorted(known))}.",
            )
    _refuse_what_stays(options["also_remove"], catalog)
    return Goal(
        remove=options["kaspersky"] == "absent",
        provider="" if provider_id == NO_PROVIDER else provider_id,
        options=chosen,
        also_remove=tuple(options["also_remove"]),
        accept=tuple(options["accept"]),
    )


def _refuse_what_stays(names: list[str], catalog: Catalog) -> None:
    for name in names:
        product = catalog.product(name)
        if not product.may_go((name,)):
            raise AvshiftError(
                "product_stays",
                "Choosing further products to remove",
                name,
                f"it is removed by {product.removed_elsewhere}"
                if product.removed_elsewhere
                else "the catalog has no removal steps for it",
                "Remove it from the list.",
            )


def approved_path(path: str | None) -> str:
    """Return the path of the approved plan; AvshiftError if none was given though one is required."""
    if not path:
        raise AvshiftError(
            "approval_missing",
            "Reading the approved plan",
            "avshift_approved_plan",
            "no plan was given, but a change needs an approved one",
            "Run avshift.endpoint.plan, have its plan.json approved and give its path, or set "
            "avshift_require_approval to false.",
        )
    return path
