# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Firewall rules and policy routes with the product's marks that stay, or come back."""

from __future__ import annotations

from collections.abc import Iterator

from ....plan.model import Check
from ....plan.preflight.case import Case
from ..removal import chains, network


def _shared(case: Case) -> Iterator[Check]:
    _own, others = network.rules(case.evidence, list(case.going), case.owned)
    if others:
        by_default = network.assumed(case.evidence, list(case.going), case.owned)
        silent = f" No configuration of the product on this host names {', '.join(by_default)}." if by_default else ""
        yield Check(
            "packet_marks_shared",
            "warning",
            "Rules with the product's fwmarks may belong to another program, and stay",
            "; ".join(network.as_text(item["value"]) for item in others) + silent,
            "Container networks use the same marks. Find out what uses them, and delete by hand what is not needed.",
        )


def _saved(case: Case) -> Iterator[Check]:
    saved = network.saved(case.evidence, case.owned)
    if saved:
        yield Check(
            "packet_marks_saved",
            "warning",
            "A file restores rules with the product's fwmarks at boot",
            "; ".join(f"{item['where']}: {item['value']['rule']}" for item in saved),
            "Delete these lines from the file, or save the rules again after the change.",
        )


def _chain_rules(case: Case) -> Iterator[Check]:
    holding = chains.holding_rules(case.owned)
    if holding:
        told = [f"{rule} ({item['value']['tool']})" for item in holding for rule in item["value"]["rules"]]
        yield Check(
            "packet_chain_rules",
            "warning",
            "A chain of the product will be removed together with the rules in it",
            "; ".join(told),
            "The vendor's documentation has administrators add rules there. Move rules that you still "
            "need into your own chain; the step and the record keep their text.",
        )


CHECKS = (
    _chain_rules,
    _shared,
    _saved,
)
