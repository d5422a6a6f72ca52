# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of a scanner is loaded on Windows, and how old its signatures are."""

from __future__ import annotations

from ...catalog.model import Product
from ...detect.evidence import Evidence
from . import names

# Defender in the catalog of other products: Windows' own keys say what its signatures are.
DEFENDER = "defender_windows"


def may_be_loaded(product: Product, evidence: Evidence) -> bool:
    """Return True if a driver or a filter of a product is loaded, or nothing says which filters are.

    A stopped or paused engine leaves them loaded.
    """
    if any(item["kind"] == "minifilter" for item in evidence.unknowns()):
        return bool(product.of_kind("driver"))
    loaded = [str(item["what"]) for item in evidence.of_kind("minifilter")]
    loaded += [str(item["what"]) for item in evidence.of_kind("driver") if item["value"]["state"] == "running"]
    return any(names.fits_any(product.of_kind("driver"), name) for name in loaded)


def signatures(product: Product, evidence: Evidence) -> dict[str, str] | None:
    """Return {version, in_use_since} of a product's signatures, each '' where it is not known."""
    known = evidence.value("defender", "state") if product.id == DEFENDER else None
    return None if not known else {"version": known["signatures"], "in_use_since": known["signatures_of"]}
