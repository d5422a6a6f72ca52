# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What kaspersky_info returns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...module_utils.agreed import runs
from ..catalog.model import Catalog
from . import limits, silence, unknowns
from .evidence import Evidence
from .match import findings


def answer(evidence: Evidence, catalog: Catalog, servers: Iterable[str] | None = None) -> dict[str, Any]:
    """Return the platform, findings, evidence, unknowns, limits, complete, earlier runs, and what those removed.

    With ``servers``, names and addresses of management servers (none, if it is empty), also whether the host is silent.
    """
    catalog = catalog.of_platform(evidence.table.platform)
    found = findings(evidence, catalog.products)
    not_known = unknowns.told(evidence, catalog.products, [finding.id for finding in found])
    reasons = {reason for finding in found for reason in finding.reasons}
    noted = [run for item in evidence.of_kind("journal") for run in item["value"]["runs"]]
    heard = {} if servers is None else {"silence": silence.told(evidence, catalog, servers, found)}
    return {
        "platform": evidence.table.platform,
        "findings": [finding.to_json() for finding in found],
        "evidence": list(evidence.items.values()),
        "unknowns": not_known,
        "limits": limits.told(evidence, catalog.limits, catalog.products, reasons),
        "complete": not any(unknown["bears"] for unknown in not_known),
        "removed_before": sorted(set(runs.removed(noted))),
        "earlier_runs": noted,
        **heard,
    }
