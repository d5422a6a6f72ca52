# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the disk is encrypted, and by whom: its key must be known elsewhere before anything of it is changed."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from .....plan.foretelling import UNKNOWN
from .....plan.model import Check
from ...look import why_not
from ...planning import ENCRYPTION
from ..case import Case, listed

# The program speaks the system's language: a drive's letter and a percentage are the same in all of them.
DRIVE = re.compile(r"(?:^|\s)([A-Z]:)(?:\s|\Z)")
# Some languages write the sign first, and some have a blank between that is no ASCII.
SHARE = re.compile(r"%[\s\ufffd]{0,3}(\d{1,3})(?!\d)|(?<![\d.,])(\d{1,3})(?:[.,]\d{1,4})?[\s\ufffd]{0,3}%")
LONGEST_LINE, MOST_LINES = 300, 2000
ELSEWHERE = (
    "Make sure that a recovery key of each volume is kept elsewhere (manage-bde -protectors -get DRIVE shows which "
    "there are), and suspend the protection for exactly one restart."
)


def own(case: Case) -> Iterator[Check]:
    """Yield the vendor's own encryption, which has to be removed first."""
    names = [finding.name for finding in case.found if "encrypted_disk" in finding.problems]
    if names:
        title = "The product's own encryption is there: nothing may be removed before it is lifted"
        remedy = "Decrypt by the policy of its server, wait until every volume is done, and plan again."
        yield Check("encrypted_disk", "error", title, listed(names), remedy)


def of_system(case: Case) -> Iterator[Check]:
    """Yield Windows' own encryption: a warning, or a stop if a server of the vendor may hold its keys."""
    answer = next((answer for read, answer in case.look.of_kind("output") if read["id"] == ENCRYPTION), {})
    shares = encrypted(answer["output"]) if "output" in answer else {}
    volumes = [drive for drive, share in shares.items() if share]
    if why := _unknown(case, answer, shares):
        yield Check("bitlocker", UNKNOWN, "It is not known whether BitLocker encrypts a volume", why, ELSEWHERE)
    elif volumes:
        yield _of_volumes(case, ", ".join(volumes))
    else:
        yield Check("bitlocker", "ok", "BitLocker encrypts no volume", "manage-bde says so of every volume")


def _unknown(case: Case, answer: dict[str, Any], shares: dict[str, int | None]) -> str:
    """Return why it is not known, '' where it is: one volume is enough to know of, none means that all are known."""
    if "output" not in answer:
        told = answer.get("not_asked") or why_not(answer) or "the program that knows it is not on this host"
        return str(told) if case.is_live else "a disk does not show it"
    if answer.get("rc", 0) != 0:
        return f"manage-bde ended with {answer['rc']}"
    if any(shares.values()):
        return ""
    silent = [drive for drive, share in shares.items() if share is None]
    if silent:
        return f"manage-bde does not say how much of {listed(silent)} is encrypted, as for a volume that is locked"
    return "" if shares else "manage-bde names no volume"


def _of_volumes(case: Case, volumes: str) -> Check:
    servers = [str(item["what"]) for item in case.evidence.of_kind("management_server")]
    managing = [removal.finding.name for removal in case.removals if removal.product.encrypting]
    if servers and managing:
        why = f"{volumes}; {listed(managing)} can manage it, and the host belongs to {listed(servers)}"
        title = "BitLocker is on, and the vendor's server may be the only one that has the recovery keys"
        return Check("bitlocker", "overridable", title, why, ELSEWHERE)
    return Check("bitlocker", "warning", "BitLocker is on", volumes, ELSEWHERE)


def encrypted(output: str) -> dict[str, int | None]:
    """Return {drive: how much of it is encrypted, in percent} by what manage-bde -status printed, in base64; None where
    it does not say.
    """
    try:
        told = base64.b64decode(output).decode("ascii", "replace")
    except (ValueError, binascii.Error):
        return {}
    drive = ""
    found: dict[str, int | None] = {}
    for line in told.splitlines()[:MOST_LINES]:
        line = line[:LONGEST_LINE]
        named, share = DRIVE.search(line), SHARE.search(line)
        if share and drive:
            found[drive] = max(int(share[1] or share[2]), found[drive] or 0)
        elif named and not share:
            drive = named[1]
            found.setdefault(drive, None)
    return found
