# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What to do after a detection, in one block: first for hosts that gave no answer, by reason, then for the others."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .. import platforms
from ..record import preview
from ..record.verdict import DETECTED, UNKNOWN
from .escape import visible
from .words import some

HEAD = "What to do next"
PING = "ansible HOST -i INVENTORY -m ansible.builtin.raw -a id"
# What to do by the code of a failure, besides what a platform says of its own. A code that is in neither has its
# remedy in the host's record.
REMEDIES = {
    "unreachable": "Check that you can log in: ssh USER@HOST. Then set ansible_host, ansible_user and ansible_port in "
    f"the inventory, and test with: {PING}",
    "root_needed": "Set ansible_become: true in the inventory, or log in as root. Without root, you can still "
    "check an image that you can read: set the variable of the detecting role that ends in _root.",
    "timed_out": "Find out what blocks the host, or allow more time with -e avshift_timeout=SECONDS.",
    "failed": "Ansible failed before it could start on the host; the table above says why. Correct the inventory or "
    "the command line, for example ansible_become_method.",
    "no_room": "Free some disk space on the host, or set ansible_remote_tmp to a directory with enough space.",
}
RECORD = "The full message is in the host's record."
NO_HOSTS = "The inventory has no hosts. To see what it contains: ansible-inventory -i INVENTORY --graph"
UNKNOWNS = (
    "The table above says what could not be checked. Fix the cause and run detect again: until then, these hosts do "
    "not count as clean."
)
PLAN = "Plan the migration, which changes nothing: ansible-playbook avshift.endpoint.plan -i INVENTORY"
FORETELL = (
    "Hosts of this platform cannot be changed yet: {hosts} ({which}). For a forecast of the removal, which changes "
    "nothing either: ansible-playbook avshift.endpoint.plan -i INVENTORY"
)
NO_FORECAST = "There is nothing to remove on hosts without Kaspersky."
NOTHING = (
    "There is nothing to migrate on hosts without Kaspersky. To install a replacement there anyway, plan it as well."
)
IMAGE = (
    "Nothing is changed in an image: {hosts} ({which}). Boot a system from it, migrate and verify that system, "
    "and create the image again; or build the image without Kaspersky."
)
NO_IMAGE = "There is nothing to remove from an image without Kaspersky."
MOST_LIMITED = 10


def remedies() -> dict[str, str]:
    """Return what to do by the code of a failure, on whatever platform."""
    return {**REMEDIES, **platforms.remedies()}


def lines(records: list[dict[str, Any]], images: Collection[str] = ()) -> list[str]:
    """Return the block for the records of a detection; ``images`` are hosts that are no running system."""
    answered = [record for record in records if not record["failure"]]
    seen = [record for record in answered if record["host"] in images]
    running = [record for record in answered if record["host"] not in images]
    found = [*_silent(records), *_answered(running), *_unchanged(seen, not running, IMAGE, NO_IMAGE)]
    told = found or [NO_HOSTS]
    return [f"{HEAD}:", *(f"  {number}. {text}" for number, text in enumerate(told, 1))]


def _silent(records: list[dict[str, Any]]) -> list[str]:
    """Return one line for each reason why hosts gave no answer, and how to check them again."""
    by_code: dict[str, list[str]] = {}
    for record in records:
        if record["failure"]:
            by_code.setdefault(str(record["failure"]["code"]), []).append(record["host"])
    told = [
        f"{visible(code)}, hosts: {len(hosts)} ({some(hosts)}). {remedies().get(code, RECORD)}"
        for code, hosts in sorted(by_code.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]
    silent = sorted(host for hosts in by_code.values() for host in hosts)
    if not silent:
        return []
    chosen = ",".join(silent) if len(silent) <= MOST_LIMITED else "HOSTS"
    again = (
        f"Check these hosts again: ansible-playbook avshift.endpoint.detect -i INVENTORY --limit '{visible(chosen)}'"
    )
    return [*told, again]


def _answered(records: list[dict[str, Any]]) -> list[str]:
    apart = [record for record in records if preview.is_one(record)]
    others = [record for record in records if not preview.is_one(record)]
    return [*_to_plan(others), *_unchanged(apart, not others, FORETELL, NO_FORECAST)]


def _unchanged(records: list[dict[str, Any]], alone: bool, advice: str, nothing: str) -> list[str]:
    """Return what to do about hosts on which nothing can be changed: advice where Kaspersky was detected."""
    verdicts = {record["verdict"] for record in records}
    unknown = [UNKNOWNS] if UNKNOWN in verdicts and alone else []
    if DETECTED in verdicts:
        found = [record["host"] for record in records if record["verdict"] == DETECTED]
        return [*unknown, advice.format(hosts=len(found), which=some(found))]
    return unknown or ([nothing] if records and alone else [])


def _to_plan(records: list[dict[str, Any]]) -> list[str]:
    verdicts = {record["verdict"] for record in records}
    unknown = [UNKNOWNS] if UNKNOWN in verdicts else []
    if DETECTED in verdicts:
        return [*unknown, PLAN]
    return unknown or ([NOTHING] if records else [])
