# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of a fleet: one JSON document that is approved, and that holds an apply to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..canonical import digest
from ..errors import AvshiftError
from .model import FORMAT_VERSION, digest_of

AGAIN = "Make the plan again with avshift.endpoint.plan and have that one approved."


def compose(plans: dict[str, dict[str, Any]], not_planned: dict[str, str], versions: dict[str, str]) -> dict[str, Any]:
    """Return a fleet's document. ``not_planned`` is {host: why}; ``versions`` are of collection and catalog."""
    content = {
        "format_version": FORMAT_VERSION,
        "kind": "avshift.endpoint plan",
        **versions,
        "hosts": plans,
        "not_planned": not_planned,
    }
    return {**content, "digest": _digest(content)}


def read(path: str) -> dict[str, Any]:
    """Return an approved plan. Raises AvshiftError if the file is missing, cut off, of another kind, or was edited."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        cause = getattr(error, "strerror", None) or error
        raise _refused("plan_unreadable", path, cause, "Give the path of a plan.json that can be read.") from error
    except (ValueError, RecursionError) as error:
        raise _refused("plan_damaged", path, f"it is not whole JSON ({error})", AGAIN) from error
    if not isinstance(document, dict) or document.get("kind") != "avshift.endpoint plan":
        raise _refused("plan_of_other_kind", path, "it is not a plan of avshift.endpoint", AGAIN)
    if document.get("format_version") != FORMAT_VERSION:
        cause = f"its format version is {document.get('format_version')}, this release reads {FORMAT_VERSION}"
        raise _refused("plan_of_other_version", path, cause, AGAIN)
    if document.get("digest") != _digest({key: value for key, value in document.items() if key != "digest"}):
        raise _refused("plan_edited", path, "its content does not fit its digest: it was changed after planning", AGAIN)
    return document


def plan_of(document: dict[str, Any], host: str) -> dict[str, Any] | None:
    """Return the whole plan of one host of a document, as it was made; None if the document has none for it."""
    plan: dict[str, Any] | None = document["hosts"].get(host)
    return plan


def _digest(content: dict[str, Any]) -> str:
    """Return the digest over every host's digest and all the rest that does not change by itself."""
    fixed = {key: value for key, value in content.items() if key != "hosts"}
    hosts = content.get("hosts")
    if not isinstance(hosts, dict):
        return ""
    return digest({**fixed, "hosts": {host: _digest_of_host(plan) for host, plan in hosts.items()}})


def _digest_of_host(plan: Any) -> str:
    try:
        return digest([digest_of(plan), plan["digest"], plan["host"], plan["preflight"], plan["shown"]])
    except (KeyError, TypeError, AttributeError):
        return "not a plan"


def _refused(code: str, path: str, cause: object, remedy: str) -> AvshiftError:
    return AvshiftError(code, "Reading the approved plan", path, cause, remedy)
