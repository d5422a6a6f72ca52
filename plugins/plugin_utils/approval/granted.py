# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read what was approved: the plan, the approval beside it, and who signed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..documents import read_bytes
from ..errors import AvshiftError
from ..fleet import document
from . import approval_document, signature
from .judge import Grant


def read(path: str, options: dict[str, Any], now: str) -> Grant:
    """Return what was approved of the plan in a file.

    ``options`` are {approval: path or None, require_signature, allowed_signers, signer}. Without ``approval`` one that
    lies beside the plan counts; where none does, the plan alone is its own approval, of every host, unless it says that
    it needs one: every plan that was approved by a document does. If there is an approval, that is what has to be
    signed. Raises AvshiftError for anything missing, damaged or unsigned.
    """
    beside = approval_document.beside(path)
    approval_path = options["approval"] or (beside if os.path.lexists(beside) else None)
    raw = document.raw(path)
    if approval_path is None:
        signed_by = _signed_by(raw, path, "plan", options)
        whole = document.parse(raw, path)
        if whole.get(document.NEEDS_APPROVAL):
            raise _missing(beside)
        return Grant(whole, None, {"plan_digest": whole["digest"], "signed_by": signed_by})
    words = document.raw(approval_path, "Reading the approval")
    signed_by = _signed_by(words, approval_path, "approval", options)
    whole = document.parse(raw, path)
    approval = approval_document.parse(words, approval_path, whole, now)
    told = {key: approval[key] for key in ("plan_digest", "approver", "reason", "valid_until")}
    return Grant(whole, frozenset(approval["hosts"]), {**told, "signed_by": signed_by}, approval["time"])


def is_beside(path: Path, plan: str) -> bool:
    """Return whether an approval written to this path lies where a plan's approval is expected, by whatever name."""
    own = Path(approval_document.beside(plan))
    # A link in its place is replaced, one that leads to its place stays.
    return _place(path) == _place(own) or os.path.realpath(path) == os.path.realpath(own)


def _place(path: Path) -> str:
    return os.path.join(os.path.realpath(path.parent), path.name)


def repeated(path: Path, wanted: dict[str, Any]) -> dict[str, Any] | None:
    """Return the approval or gate's word in a file if it says the same as this new one and counts; else None."""
    try:
        return approval_document.repeated(read_bytes(path, document.MOST_BYTES), wanted)
    except OSError:
        return None


def _missing(path: str) -> AvshiftError:
    return AvshiftError(
        "approval_missing",
        "Reading the approval",
        path,
        "the plan requires an approval, and there is none",
        "Put it back, or approve the plan again with avshift.endpoint.approve.",
    )


def _signed_by(content: bytes, path: str, kind: str, options: dict[str, Any]) -> str | None:
    if not options["require_signature"]:
        return None
    return signature.verify(content, path, kind, options["allowed_signers"], options["signer"])
