# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the disk is encrypted, and by whom: its key must be known elsewhere before anything of it is changed."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from .....plan.foretelling import UNKNOWN
from .....plan.model import Check
from ...look import why_not
from ...planning import ENCRYPTION
from ..case import Case, listed

# The program speaks the system's language: a drive's letter and a percentage are the same in all of them.
DRIVE = re.compile(r"(?:^|\s)([A-Z]:)(?:\s|\Z)")
SHARE = re.compile(r"(?<![\d.,])(\d{1,3})(?:[.,]\d{1,4})?\s?%")
LONGEST_LINE, MOST_LINES = 300, 2000
ELSEWHERE = (
    "Make sure that a recovery key of each volume is kept elsewhere (manage-bde -protectors -get DRIVE shows which "
    "there are), and suspend the protection for exactly one restart."
)


def own(case: Case) -> Iterator[Check]:
    """Yield the vendor's own encryption, which has to be lifted first."""
    names = [finding.name for finding in case.found if "encrypted_disk" in finding.problems]
    if names:
        title = "The product's own encryption is there: nothing may be removed before it is lifted"
        remedy = "Decrypt by the policy of its server, wait until every volume is done, and plan again."
        yield Check("encrypted_disk", "error", title, listed(names), remedy)


def of_system(case: Case) -> Iterator[Check]:
    """Yield Windows' own encryption: a warning, and a stop where a server of the vendor's may hold its keys."""
    answer = next((answer for read, answer in case.look.of_kind("output") if read["id"] == ENCRYPTION), {})
    if "output" not in answer:
        told = answer.get("not_asked") or why_not(answer) or "the program that knows it is not on this host"
        if not case.is_live:
            told = "a disk does not show it"
        yield Check("bitlocker", UNKNOWN, "It is not known whether BitLocker encrypts a volume", str(told), ELSEWHERE)
        return
    if answer.get("rc", 0) != 0:
        why = f"manage-bde ended with {answer['rc']}"
        yield Check("bitlocker", UNKNOWN, "It is not known whether BitLocker encrypts a volume", why, ELSEWHERE)
        return
    volumes = encrypted(answer["output"])
    if not volumes:
        yield Check("bitlocker", "ok", "BitLocker encrypts no volume", "manage-bde says so of every volume")
        return
    yield _of_volumes(case, ", ".join(volumes))


def _of_volumes(case: Case, volumes: str) -> Check:
    servers = [str(item["what"]) for item in case.evidence.of_kind("management_server")]
    managing = [removal.finding.name for removal in case.removals if removal.product.encrypting]
    if servers and managing:
        why = f"{volumes}; {listed(managing)} can manage it, and the host belongs to {listed(servers)}"
        title = "BitLocker is on, and the vendor's server may be the only one that has the recovery keys"
        return Check("bitlocker", "overridable", title, why, ELSEWHERE)
    return Check("bitlocker", "warning", "BitLocker is on", volumes, ELSEWHERE)


def encrypted(output: str) -> list[str]:
    """Return the drives of which a part is encrypted, by what manage-bde -status printed, in base64."""
    try:
        told = base64.b64decode(output).decode("ascii", "replace")
    except (ValueError, binascii.Error):
        return []
    drive, found = "", []
    for line in told.splitlines()[:MOST_LINES]:
        line = line[:LONGEST_LINE]
        named, share = DRIVE.search(line), SHARE.search(line)
        drive = named[1] if named and not share else drive
        if share and int(share[1]) > 0 and drive and drive not in found:
            found.append(drive)
    return found
