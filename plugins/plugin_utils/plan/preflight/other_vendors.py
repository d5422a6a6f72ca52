# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Other vendors' products on the host: who else protects it, and what the replacement may not run beside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ...catalog.model import Product
from ...detect import scanners
from ...detect.match import RUNNING, Finding, findings
from ..model import Check
from .case import Case

# How a finding intercepts, as a reader sees it.
WORDS = {scanners.YES: "intercepts file access", scanners.NO: "does not intercept", scanners.UNKNOWN: "may intercept"}
THERE = (RUNNING, "installed", "broken")
# Preflight results that name who else protects a host.
NAMING = ("conflicting_antivirus", "other_antivirus")
# A product in a diagnosis; what follows it may be a vendor's own words.
_TOLD = re.compile(rf"(?:^|; )([^;]+?) \((?:{'|'.join(THERE)}), ")


def _others(case: Case) -> Iterator[tuple[Finding, Product, str]]:
    """Yield (finding, entry, yes/no/unknown whether it intercepts) of what is there besides the replacement itself."""
    products = {product.id: product for product in case.catalog.antivirus if product.id != case.goal.provider}
    for finding in findings(case.evidence, products.values()):
        if finding.state in THERE:
            product = products[finding.id]
            yield finding, product, scanners.intercepts(finding, product, case.evidence)


def _check(case: Case) -> Iterator[Check]:
    provider = case.staged.provider if case.staged is not None else None
    conflicting, others = [], []
    for finding, product, intercepts in _others(case):
        told = f"{finding.name} ({finding.state}, {WORDS[intercepts]})"
        cause = provider.conflict_with(product.id, intercepts == scanners.YES) if provider is not None else None
        if cause is not None and intercepts != scanners.NO:
            conflicting.append(f"{told}: {cause}")
        else:
            others.append(told)
    if conflicting:
        yield Check(
            "conflicting_antivirus",
            "overridable",
            "The replacement's vendor says that it must not run alongside another product on this host",
            "; ".join(conflicting),
            "Remove or stop that product first, or accept this ID if you know that both work together here.",
        )
    if others:
        yield Check(
            "other_antivirus",
            "warning",
            "Another vendor's product also protects this host",
            "; ".join(others),
            "Decide which one stays. Two scanners slow down every file access, and can block each other.",
        )


def named(preflight: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield the names of other vendors' products in the preflight results of a written plan."""
    for result in preflight:
        if result["id"] in NAMING:
            yield from _TOLD.findall(result["diagnosis"])


CHECKS = (_check,)
