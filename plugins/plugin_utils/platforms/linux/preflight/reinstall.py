# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What would reinstall a product, and which files of the owner still call it afterwards."""

from __future__ import annotations

from collections.abc import Iterator

from ....detect.claims import of_kind
from ....plan.model import Check
from ....plan.preflight.case import Case
from ..removal import contexts, integrations


def _reinstaller(case: Case) -> Iterator[Check]:
    lines = integrations.bringing_back(case.evidence, case.going)
    files = [item["what"] for item in of_kind(case.owned, "installer")]
    if lines:
        yield Check(
            "reinstaller",
            "overridable",
            "Something on the host would reinstall the product",
            "; ".join([*lines, *files]),
            "Disable the timer, job or unit, or accept this ID. It is yours, so no step removes it.",
        )
    elif files:
        # They do nothing by themselves and belong to the owner.
        yield Check(
            "reinstaller",
            "warning",
            "The host has installers of the product",
            ", ".join(files),
            "They stay. Remove them, or clear the package manager's cache, if they should not be used.",
        )


def _by_hand(case: Case) -> Iterator[Check]:
    told = [*integrations.by_hand(case.evidence, case.going), *_units(case)]
    told += contexts.by_hand(case.owned, list(case.going))
    if told:
        yield Check(
            "integration_by_hand",
            "warning",
            "Your configuration names the product in a way that no step can remove safely",
            "; ".join(told),
            "Check these lines by hand after the change; what they call is gone then.",
        )


def _units(case: Case) -> Iterator[str]:
    """Yield the owner's units: they are reported, and stay."""
    for item in of_kind(case.owned, "mention"):
        if item["value"]["place"] == "unit":
            yield f"{item['what']} (one of your own units calls it)"


CHECKS = (_reinstaller, _by_hand)
