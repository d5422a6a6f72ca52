# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans of a fleet as the first format had them: every host's plan in full."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..canonical import digest
from .model import digest_of

FORMAT_VERSION = 1
KEYS = {"format_version", "kind", "collection_version", "catalog_digest", "hosts", "not_planned", "digest"}
Parts = tuple[Iterable[tuple[str, dict[str, Any]]], dict[str, str], dict[str, str]]


def is_as_made(document: dict[str, Any]) -> bool:
    """Return True if a document's content fits its digest."""
    content = {key: value for key, value in document.items() if key != "digest"}
    return set(document) == KEYS and bool(document["digest"] == _digest(content))


def parts(document: dict[str, Any]) -> Parts:
    """Return (plans by host, hosts not planned, versions) of a document that is as it was made."""
    versions = {name: document[name] for name in ("collection_version", "catalog_digest")}
    return document["hosts"].items(), document["not_planned"], versions


def _digest(content: dict[str, Any]) -> str:
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
