# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Withdraw trusted root certificates: from the system's stores by the tools that make them, from users' databases."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from .....module_utils.agreed.linux import CERTIFICATE_LINKS, CERTIFICATES, CHOSEN
from ....catalog.model import Product
from ....detect.claims import Claims, of_kind
from ....detect.evidence import Evidence, Item
from ....plan.model import REMOVE, Step
from . import homes

# A distribution's own files, from which its list selects.
CHOSEN_FROM = f"{CERTIFICATES}/"
# What each tool rebuilds.
MADE_BY = {
    "update-ca-certificates": ("/etc/ssl/certs/ca-certificates.crt", "file"),
    "update-ca-trust": ("/etc/pki/ca-trust/extracted", "tree"),
}


def steps(evidence: Evidence, going: list[Product], owned: Claims) -> Iterator[Step]:
    """Yield a step for each certificate, in however many files of the system it lies, and in each database."""
    items = of_kind(owned, "certificate")
    system = [item for item in items if item["value"]["store"] == "system"]
    for digest in sorted({item["value"].get("sha256", "") for item in system}):
        same = [item for item in system if item["value"].get("sha256") == digest]
        sources = [item for item in same if _is_source(item)]
        if sources:
            yield _from_system(digest, same, sources)
    for item in items:
        if item["value"]["store"] == "nss" and item["value"]["name"] and item["value"].get("tool"):
            yield _from_database(item)


def _is_source(item: Item) -> bool:
    """Return True for a file that holds only this certificate and can be withdrawn."""
    alone = item["what"] == item["where"]
    return alone and (bool(item["value"].get("tool")) or posixpath.dirname(item["what"]) == CERTIFICATE_LINKS)


def _from_system(digest: str, same: list[Item], sources: list[Item]) -> Step:
    chosen = [item["what"] for item in sources if item["what"].startswith(CHOSEN_FROM)]
    files = [item["what"] for item in sources if item["what"] not in chosen]
    links = sorted({link for item in sources for link in item["value"].get("links", ())})
    tools = sorted({item["value"]["tool"] for item in sources if item["value"].get("tool")})
    effects = [{"path": path, "scope": "file", "change": "removed"} for path in (*files, *links)]
    if chosen:
        effects.append({"path": CHOSEN, "scope": "file", "change": "changed"})
    bundled = {item["where"] for item in same if item["what"] != item["where"]}
    for path, scope in (MADE_BY[tool] for tool in tools):
        if scope == "tree" or path in bundled:
            effects.append({"path": path, "scope": scope, "change": "changed"})
    subject = sources[0]["value"]["subject"]
    return Step(
        REMOVE,
        "certificate_remove",
        f"Remove the root certificate {digest[:12]} ({subject}) that the system trusts",
        {
            "store": "system",
            "sha256": digest,
            "files": files,
            "deselect": [path[len(CHOSEN_FROM) :] for path in chosen],
            "links": links,
            "tools": tools,
        },
        "\n".join([f"{subject}, SHA-256 {digest}", *(f"trusted by {item['what']}" for item in sources)]),
        "not trusted by the system",
        tuple(item["id"] for item in same),
        tuple(effects),
    )


def _from_database(item: Item) -> Step:
    path, name = item["where"], item["value"]["name"]
    return Step(
        REMOVE,
        "certificate_remove",
        f"Remove the root certificate {name!r} from {path}",
        {"store": "nss", "database": path, "name": name, "subject": item["value"]["subject"], **homes.of_user(item)},
        f"{item['value']['subject']}, trusted by the programs that use {path}",
        "not in the database",
        (item["id"],),
        ({"path": path, "scope": "file", "change": "changed"},),
    )
