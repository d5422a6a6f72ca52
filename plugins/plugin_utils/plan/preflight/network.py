# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Firewall rules and policy routes with the product's marks that stay, or come back."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Check
from ..removal import network
from .case import Case


def _shared(case: Case) -> Iterator[Check]:
    _own, others = network.rules(case.evidence, list(case.going), case.owned)
    if others:
        by_default = network.assumed(case.evidence, list(case.going), case.owned)
        silent = f" No configuration of the product on this host names {', '.join(by_default)}." if by_default else ""
        yield Check(
            "packet_marks_shared",
            "warning",
            "Rules that use the product's marks may be another program's, and stay",
            "; ".join(network.as_text(item["value"]) for item in others) + silent,
            "Cluster networks use the same marks. Look whose they are, and delete by hand what is not needed.",
        )


def _saved(case: Case) -> Iterator[Check]:
    saved = network.saved(case.evidence, case.owned)
    if saved:
        yield Check(
            "packet_marks_saved",
            "warning",
            "A file brings rules with the product's marks back at boot",
            "; ".join(f"{item['where']}: {item['value']['rule']}" for item in saved),
            "Take these lines out of the file, or save the rules again after the change.",
        )


CHECKS = (
    _shared,
    _saved,
)
