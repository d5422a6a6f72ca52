# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A device list beside a report: what the report's hosts are compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ...device_list import read
from ...device_list.device import DeviceList
from ...errors import AvshiftError
from ...fleet.reconciliation import Known, Reconciled, reconcile
from ...times import is_day

AGENTS = "management"
# After a change the agent is gone, as it should be: a look of that time says nothing of the server's knowledge.
LATER = "verify"


@dataclass(frozen=True)
class Listed:
    """A list, and the day before which a device counts as not seen for long, '' for none."""

    devices: DeviceList
    since: str = ""

    def compared(self, hosts: Iterable[dict[str, Any]]) -> Reconciled:
        """Return how the list and the hosts of a report go together."""
        return reconcile(self.devices, map(_known, hosts), self.since)


def of_file(path: str | None, since: str | None) -> Listed | None:
    """Return the list of a file, None without one.

    Raises AvshiftError as ``device_list.read.file`` does, and ``device_list_wrong`` for a day that is none.
    """
    if since and not (path and is_day(since)):
        cause = "it is no day of the form YYYY-MM-DD" if path else "there is no device list for it"
        remedy = "Give device_list_file, and device_list_since as 2026-10-01."
        raise AvshiftError("device_list_wrong", "Reading an option", "device_list_since", cause, remedy)
    return Listed(read.file(path), since or "") if path else None


def _known(host: dict[str, Any]) -> Known:
    """Return what a host of a report says for the comparison."""
    found = host["found"]
    agents = None if found is None or host["mode"] == LATER else [one for one in found if one["class"] == AGENTS]
    versions = None if agents is None else tuple(sorted({agent["version"] for agent in agents}))
    return Known(host["host"], found is not None or host["left"] is not None, versions)
