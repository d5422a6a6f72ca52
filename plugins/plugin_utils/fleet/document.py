# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of a fleet: one JSON document, which is approved and binds the change.

Two sums stand in it. ``digest`` is what is approved: the same hosts with the same plans, made by the same catalog,
policy and collection, have the same one, whenever they are looked at. ``checksum`` covers the whole content, so that no
edit goes unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .. import redacted
from ..canonical import decode, digest, is_version
from ..documents import read_bytes
from ..errors import AvshiftError
from ..plan.foretelling import classes as foretold
from ..plan.model import digest_of
from .classes import Classes, whole

KIND = "avshift.endpoint plan"
FORMAT_VERSION = 1
MOST_BYTES = 1 << 30
# It is set if a plan is not its own approval, so that removing the approval permits nothing more.
NEEDS_APPROVAL = "needs_approval_document"
READING = "Reading the approved plan"
AGAIN = "Make the plan again with avshift.endpoint.plan and have that one approved."
BOUND = ("kind", "format_version", "collection_version", "catalog_digest", "policy", "rollout")
# What a plan says of its rollout, from {host: its entry}: {rules, rings: [{name, hosts}], groups}.
Divide = Callable[[dict[str, Any]], dict[str, Any]]


def compose(
    plans: Iterable[tuple[str, dict[str, Any]]],
    not_planned: dict[str, str],
    versions: dict[str, str],
    divide: Divide | None = None,
    change_id: str = "",
    providers: dict[str, Any] | None = None,
    needs_approval: bool = False,
    forecasts: dict[str, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return a fleet's document.

    ``plans`` are (host, written plan), each looked at once; ``not_planned`` is {host: why}, read after them;
    ``versions`` are of collection and catalog; ``divide`` puts the hosts into rings; ``providers`` are what the
    catalog says of the replacements: {id: {name, coexistence, claims, window}}. With ``needs_approval`` the plan is
    not its own approval: it is carried out under an approval's document alone. ``forecasts`` are {host: forecast} of
    hosts that are looked at and not changed, read after the plans too: the checksum covers them, and the digest, which
    is what is approved, does not.
    """
    gathered = Classes()
    for host, plan in plans:
        gathered.add(host, plan)
    classes, hosts = gathered.to_json()
    rollout = _in_rings(hosts, divide)
    content = {
        "format_version": FORMAT_VERSION,
        "kind": KIND,
        "policy": "",
        "change_id": change_id,
        **versions,
        "providers": providers or {},
        "classes": classes,
        "hosts": hosts,
        "rollout": rollout,
        "not_planned": dict(sorted(not_planned.items())),
    }
    if forecasts:
        content["forecasts"] = foretold(forecasts)
    return sealed({**content, NEEDS_APPROVAL: True} if needs_approval else content)


def _in_rings(hosts: dict[str, Any], divide: Divide | None) -> dict[str, Any]:
    """Return the rollout of hosts, and put the number of its ring into each host's entry."""
    rollout = divide(hosts) if divide else {"rules": {}, "rings": [], "groups": []}
    numbers = {host: number for number, ring in enumerate(rollout["rings"], 1) for host in ring["hosts"]}
    for host, entry in hosts.items():
        entry["ring"] = numbers.get(host)
    return rollout


def sealed(content: dict[str, Any]) -> dict[str, Any]:
    """Return a document's content with its digest and checksum."""
    approved = {**content, "digest": _digest(content)}
    return {**approved, "checksum": digest(approved)}


def needing_approval(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document that says that it needs an approval's document; its digest stays."""
    content = {key: value for key, value in document.items() if key not in ("digest", "checksum")}
    return sealed({**content, NEEDS_APPROVAL: True})


def read(path: str) -> dict[str, Any]:
    """Return an approved plan. Raises AvshiftError if the file is missing, incomplete, of another kind, or was
    edited.
    """
    return parse(raw(path), path)


def raw(path: str, what: str = READING) -> bytes:
    """Return the bytes of a file that was approved; AvshiftError if it cannot be read."""
    try:
        return read_bytes(path, MOST_BYTES)
    except OSError as error:
        remedy = (
            "Give the path of a plan.json that can be read."
            if what == READING
            else "Give the path of a file that can be read."
        )
        raise AvshiftError(
            "plan_unreadable" if what == READING else "file_unreadable", what, path, error.strerror or error, remedy
        ) from error


def parse(content: bytes, path: str) -> dict[str, Any]:
    """Return the plan in the bytes of a file. Raises AvshiftError as read does."""
    try:
        document = decode(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _refused("plan_damaged", path, f"it is not complete JSON, each name once ({error})", AGAIN) from error
    redacted.refuse(document, READING, path)
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise _refused("plan_of_other_kind", path, "it is not a plan of avshift.endpoint", AGAIN)
    if not is_version(document.get("format_version"), FORMAT_VERSION):
        cause = f"its format version is {document.get('format_version')}, this release reads {FORMAT_VERSION}"
        raise _refused("plan_of_other_version", path, cause, AGAIN)
    if not _is_as_made(document):
        raise _refused(
            "plan_edited", path, "its content does not match its digest: it was changed after planning", AGAIN
        )
    return document


def plan_of(document: dict[str, Any], host: str) -> dict[str, Any] | None:
    """Return the whole plan of one host of a document, as it was made; None if the document has none for it."""
    entry = document["hosts"].get(host)
    return None if entry is None else whole(host, entry, document["classes"][entry["digest"]])


def members(document: dict[str, Any]) -> dict[str, list[str]]:
    """Return the hosts of each class by its digest, in the order of their names."""
    hosts: dict[str, list[str]] = {name: [] for name in document["classes"]}
    for host, entry in document["hosts"].items():
        hosts[entry["digest"]].append(host)
    return {name: sorted(several) for name, several in hosts.items()}


def _digest(content: dict[str, Any]) -> str:
    """Return the digest of what is approved: every host's plan, what made them, and how they are rolled out."""
    hosts = {host: entry["digest"] for host, entry in content["hosts"].items()}
    bound = {key: content[key] for key in BOUND}
    return digest({**bound, "hosts": hosts, "not_planned": sorted(content["not_planned"])})


def _is_as_made(document: dict[str, Any]) -> bool:
    if document.get("checksum") != digest({key: value for key, value in document.items() if key != "checksum"}):
        return False
    try:
        plans = [plan_of(document, hosts[0]) or {} for hosts in members(document).values()]
        fits = all(plan["digest"] == digest_of(plan) for plan in plans)
        return fits and bool(document["digest"] == _digest(document))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        return False


def _refused(code: str, path: str, cause: object, remedy: str) -> AvshiftError:
    return AvshiftError(code, READING, path, cause, remedy)
