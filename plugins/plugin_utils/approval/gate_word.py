# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A person's permission to continue a rollout after one ring of one plan, signed where that is required."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..canonical import decode, is_version
from ..documents import read_bytes
from ..errors import AvshiftError
from ..times import is_time
from . import approval_document, signature

FORMAT_VERSION = 1
KIND, SIGNED_AS = "avshift.endpoint gate", "gate"
MOST_BYTES = 1 << 16
KEYS = {"format_version", "kind", "plan_digest", "ring", "approver", "reason", "time", "valid_until"}


def path_of(plan: str, ring: str) -> Path:
    """Return the path at which a ring's permission is expected: beside the plan."""
    return Path(plan).with_name(f"gate-{ring}.json")


def compose(document: dict[str, Any], ring: str, asked: dict[str, Any], time: str) -> dict[str, Any]:
    """Return the permission for a ring of a plan. Raises AvshiftError as an approval's compose does."""
    # A number, or a ring that does not exist, is refused: the file is named after the ring.
    names = [one["name"] for one in document["rollout"]["rings"]]
    wanted = ring if ring in names else f"{ring} (one of {', '.join(names)})"
    whole = approval_document.compose(document, {**asked, "rings": [wanted], "hosts": [], "classes": []}, time)
    told = {key: whole[key] for key in ("plan_digest", "approver", "reason", "time", "valid_until")}
    return {"format_version": FORMAT_VERSION, "kind": KIND, "ring": ring, **told}


def missing(plan: str, digest: str, ring: str, options: dict[str, Any], now: str) -> str:
    """Return why a ring's permission does not count, '' if it does.

    ``options`` are {require_signature, allowed_signers, signer}, as for an approval.
    """
    path = path_of(plan, ring) if plan else None
    if path is None or not path.exists():
        return f"there is no {path or 'plan'}; avshift.endpoint.approve with avshift_approve_gate={ring} writes it"
    try:
        raw = read_bytes(path, MOST_BYTES)
        if options["require_signature"]:
            signature.verify(raw, str(path), SIGNED_AS, options["allowed_signers"], options["signer"])
        return _problem(decode(raw), str(path), digest, ring, now)
    except AvshiftError as error:
        return str(error)
    except (OSError, ValueError, RecursionError) as error:
        return f"{path} cannot be read ({error})"


def _problem(word: Any, path: str, digest: str, ring: str, now: str) -> str:
    if not isinstance(word, dict) or set(word) != KEYS or word["kind"] != KIND:
        return f"{path} is not the word for a ring"
    if not is_version(word["format_version"], FORMAT_VERSION):
        return f"{path} has format version {word['format_version']}, and this release reads {FORMAT_VERSION}"
    if (word["plan_digest"], word["ring"]) != (digest, ring):
        return f"{path} is for another plan or ring"
    if not all(isinstance(word[key], str) and word[key].strip() for key in ("approver", "reason")):
        return f"{path} does not say who approved it, and why"
    if not is_time(word["time"]):
        return f"{path} does not say when it was written"
    if word["valid_until"] is not None and not is_time(word["valid_until"]):
        return f"{path} does not say until when it is valid: give a time as YYYY-MM-DDTHH:MM:SSZ, or null"
    approval_document.refuse_untimely(word["time"], word["valid_until"], path, now)
    return ""
