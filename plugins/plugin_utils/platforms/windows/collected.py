# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Turn the answers of a Windows host, or of a reader of its disk, into evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .facts import certificates, folders, programs, registry, services, system
from .look import Item, Look

KINDS = (programs, services, folders, registry, certificates, system)
LIVE = "live"


def collected(asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """Return {evidence, host, live} from what was asked ({reads, signs}) and what was answered.

    ``answer`` fits its schema. Of two items of one id, the first is kept, but what was seen stands before what was not.
    """
    look = Look(tuple(asked["reads"]), answer["answers"], asked["signs"])
    look = replace(look, variables=system.variables(look))
    found: dict[str, Item] = {}
    for kind in KINDS:
        for item in kind.items(look):
            known = found.get(item["id"])
            if known is None or ("unknown" in known and "value" in item):
                found[item["id"]] = item
    return {
        "evidence": [found[name] for name in sorted(found)],
        "host": {"platform": "windows", **system.host(look, answer)},
        "live": answer.get("reader", LIVE) == LIVE,
    }
