# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Delete firewall rules and policy routes that use nothing but marks which a product's own configuration names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .....module_utils.agreed.linux import ANY_MARK
from ....catalog.model import Product
from ....detect.claims import Claims, of_kind
from ....detect.evidence import Evidence, Item
from ....plan.model import REMOVE, Step
from .. import marks
from ..judges import mark_of
from ..probes import marks_of

# Chains, tables and comments of cluster networks and other software that writes rules. They use the same marks.
OTHERS = re.compile(
    r"\b(antrea|cali|cilium|cni|docker|felix|flannel|kube|kubernetes|libvirt|old_cilium|ovn|podman|weave)"
    r"(?=[-_:0-9 \"]|$)",
    re.IGNORECASE,
)
# The names in detection of the tools that list rules one by one.
SEEN_AS = {"ip -4 rule": "ip rule", "ip -6 rule": "ip rule"}


def steps(evidence: Evidence, going: list[Product], owned: Claims) -> Iterator[Step]:
    """Yield a step for each tool that has rules to delete."""
    own, _others = rules(evidence, going, owned)
    for tool in sorted({item["value"]["tool"] for item in own}):
        these = [item for item in own if item["value"]["tool"] == tool]
        seen = SEEN_AS.get(tool, tool)
        used = {mark for item in these for mark in item["value"]["marks"]}
        kinds = [item["id"] for item in of_kind(owned, "packet_mark") if item["what"] in _uses(seen, used)]
        yield Step(
            REMOVE,
            "packet_marks_remove",
            f"Delete what {tool} lists with {', '.join(sorted(used))}",
            {"rules": [{key: item["value"][key] for key in ("tool", "table", "chain", "rule")} for item in these]},
            "\n".join(as_text(item["value"]) for item in these),
            "none of these rules",
            (*kinds, *(item["id"] for item in these)),
        )


def probes(going: list[Product]) -> dict[str, Any]:
    """Return the probe for each rule by itself."""
    return {"packet_rule": marks_of(going)}


def rules(evidence: Evidence, going: list[Product], owned: Claims) -> tuple[list[Item], list[Item]]:
    """Return (rules with nothing but marks that the configuration of products that go names, rules that stay: with a
    mark that is theirs by default only, or one that may still be another's).
    """
    found = _marks(owned)
    named = found & marks.of(evidence, going).named
    using = [item for item in evidence.of_kind("packet_rule") if found & set(item["value"]["marks"])]
    own = [item for item in using if _is_own(item["value"], named)]
    return own, [item for item in using if item not in own]


def assumed(evidence: Evidence, going: list[Product], owned: Claims) -> list[str]:
    """Return the marks in use that are the products' by default, where their configuration is missing or silent."""
    return sorted(_marks(owned) & marks.of(evidence, going).assumed)


def saved(evidence: Evidence, owned: Claims) -> list[Item]:
    """Return the rules that a file restores at boot."""
    found = _marks(owned)
    found |= {ANY_MARK} if found else set()
    return [item for item in evidence.of_kind("saved_packet_rule") if item["value"]["mark"] in found]


def _marks(owned: Claims) -> set[str]:
    return {mark_of(item) for item in of_kind(owned, "packet_mark")}


def as_text(rule: dict[str, Any]) -> str:
    """Return a rule for a reviewer, as its tool lists it."""
    place = " ".join(word for word in (rule["table"], rule["chain"] if rule["tool"] == "nft" else "") if word)
    return f"{rule['tool']}{', ' if place else ''}{place}: {rule['rule']}"


def _is_own(rule: dict[str, Any], own: set[str]) -> bool:
    names = " ".join((rule["table"], rule["chain"], rule["rule"]))
    return rule["whole"] and set(rule["marks"]) <= own and not OTHERS.search(names)


def _uses(tool: str, used: set[str]) -> set[str]:
    return {f"{tool} {mark}" for mark in used}
