# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Turn the answers of a Windows host, or of a reader of its disk, into evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from .facts import certificates, folders, programs, registry, services, signatures, system
from .look import Item, Look, unseen

KINDS = (programs, services, signatures, folders, registry, certificates, system)
LIVE = "live"
# As of hosts on which the collection's own code looks.
MOST_OF_A_KIND = 5000


def _gathered(items: Iterable[Item]) -> dict[str, Item]:
    """Return items by id, up to the limit of each kind; if there are more, an unknown says so."""
    found: dict[str, Item] = {}
    count: Counter[str] = Counter()
    for item in items:
        known = found.get(item["id"])
        if known is None:
            count[item["kind"]] += 1
        if known is None or ("unknown" in known and "value" in item):
            if count[item["kind"]] <= MOST_OF_A_KIND:
                found[item["id"]] = item
            else:
                more = unseen(item["kind"], "all", "host", f"there are more than {MOST_OF_A_KIND:,}")
                found[more["id"]] = more
    return found


def collected(asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """Return {evidence, host, live} from what was asked ({reads, signs}) and what was answered.

    ``answer`` fits its schema. Of two items with the same id the first is kept, except that a seen one replaces an
    unseen one.
    """
    look = Look(tuple(asked["reads"]), answer["answers"], asked["signs"])
    look = replace(look, variables=system.variables(look))
    found = _gathered(item for kind in KINDS for item in kind.items(look))
    return {
        "evidence": [found[name] for name in sorted(found)],
        "host": {"platform": "windows", **system.host(look, answer)},
        "live": answer.get("reader", LIVE) == LIVE,
    }
