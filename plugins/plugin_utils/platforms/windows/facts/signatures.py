# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Evidence of who signed a program. It only ever speaks for a product: what defends itself may not be read at all."""

from __future__ import annotations

from collections.abc import Iterator

from .. import names
from ..look import Item, Look, seen, unseen, why_not

VALID = "Valid"


def items(look: Look) -> Iterator[Item]:
    """Yield the evidence of the signatures that were asked for. A file that is gone has none."""
    for read, answer in look.of_kind("signature"):
        path = names.expanded(str(read["path"]), look.variables)
        if why_not(answer):
            yield unseen("signature", path, path, why_not(answer))
        elif "status" in answer:
            signer = str(answer.get("signer") or "")
            value = {
                "status": answer["status"],
                "signer": signer,
                "company": str(answer.get("company") or ""),
                "version": str(answer.get("version") or ""),
                "own": answer["status"] == VALID and look.is_makers(signer),
            }
            yield seen("signature", path, path, value)
