# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What would keep the old protection from coming back if the new one did not come up."""

from __future__ import annotations

from collections.abc import Iterator

from ....plan.model import Check
from ....plan.preflight.case import Case


def _way_back(case: Case) -> Iterator[Check]:
    handed_over = [step.target for step in case.steps if step.kind == "handover" and step.target["new"] is not None]
    masked = [
        name
        for target in handed_over
        for name in target["old"]["units"]
        if (case.evidence.value("unit", name) or {}).get("load") == "masked"
    ]
    if masked:
        yield Check(
            "no_way_back",
            "overridable",
            "The old protection could not be started again if the new one failed",
            ", ".join(f"{name} is masked" for name in masked),
            "Unmask it, or accept this ID: if the handover fails, nothing will protect the host.",
        )


CHECKS = (_way_back,)
