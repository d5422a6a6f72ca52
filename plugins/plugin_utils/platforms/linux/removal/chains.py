# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Remove firewall chains that belong to a product by their names, and the saved rules that restore them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ....catalog.model import Product
from ....detect.claims import Claims, of_kind
from ....detect.evidence import Evidence, Item
from ....plan.model import REMOVE, Step

PLACE = "firewall"


def steps(evidence: Evidence, going: list[Product], owned: Claims) -> Iterator[Step]:
    """Yield a step for each chain that can be removed alone, and for each file from which its lines can."""
    for item in of_kind(owned, "packet_chain"):
        if item["value"]["plain"]:
            yield _chain(item)
    saved = [item for item in of_kind(owned, "saved_chain") if item["value"]["plain"]]
    for path in sorted({item["where"] for item in saved}):
        yield _lines(path, [item for item in saved if item["where"] == path])


def holding_rules(owned: Claims) -> list[Item]:
    """Return the chains that are removed together with rules in them."""
    return [item for item in of_kind(owned, "packet_chain") if item["value"]["plain"] and item["value"]["rules"]]


def _chain(item: Item) -> Step:
    value = item["value"]
    jumps = [{"chain": jump["chain"], "rule": jump["rule"]} for jump in value["jumps"]]
    there = [f"{_leading(value)}{jump['chain']}: {jump['rule']}" for jump in jumps]
    there += [f"{_leading(value)}{value['chain']}: {rule}" for rule in value["rules"]]
    return Step(
        REMOVE,
        "packet_chains_remove",
        f"Remove the chain {value['chain']} from {value['table']} ({value['tool']}), and the jumps to it",
        {**{key: value[key] for key in ("tool", "table", "chain", "rules")}, "jumps": jumps},
        "\n".join([f"{_leading(value)}{value['chain']}: {_amount(value['rules'])}", *there]),
        f"no chain {value['chain']}, and no rule that jumps to it; all other rules unchanged",
        (item["id"],),
        (),
        "The chain is restored with its rules, and the jumps to it get their old place.",
    )


def _leading(value: dict[str, Any]) -> str:
    return f"{value['tool']}, {value['table']}, "


def _amount(rules: list[str]) -> str:
    return {0: "no rules", 1: "1 rule"}.get(len(rules), f"{len(rules)} rules")


def _lines(path: str, items: list[Item]) -> Step:
    lines = list(dict.fromkeys(line for item in items for line in item["value"]["lines"]))
    return Step(
        REMOVE,
        "lines_remove",
        f"Delete the product's chain from the saved rules in {path}",
        {
            "path": path,
            "place": PLACE,
            "edits": [{"before": line, "after": None} for line in lines],
            "whole": False,
        },
        "\n".join(lines),
        "no such line; all others unchanged",
        tuple(item["id"] for item in items),
        ({"path": path, "scope": "file", "change": "changed"},),
    )
