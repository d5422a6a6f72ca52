# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a host talks to the vendor, or is configured to, although its verdict says that Kaspersky is gone."""

from __future__ import annotations

from typing import Any

from ..detect.silence import ERROR, SILENT
from . import verdict
from .records import collected_in

GONE = (*verdict.CLEAN, verdict.PENDING_REBOOT, verdict.PENDING_CONSOLE)
# What a deviation of this kind is called.
SILENCE = "silence"


def of(record: dict[str, Any]) -> list[str]:
    """Return in words each way in which a host talks that should be silent; none if this was not asked for.

    A product that stays, by an exception or otherwise, talks by agreement: its verdict says so.
    """
    collected = collected_in(record)
    excepted_check = record["verdict"] == verdict.EXCEPTED and not collected.get("findings")
    if record["verdict"] not in GONE and not excepted_check:
        return []
    signs = (collected.get("silence") or {}).get("signs", ())
    return [f"{sign['title']}: {sign['diagnosis']}" for sign in signs if sign["level"] == ERROR]


def deviation(record: dict[str, Any]) -> list[dict[str, str]]:
    """Return {what, predicted, actual} of a host that ought to be silent and talks."""
    heard = of(record)
    return [{"what": SILENCE, "predicted": SILENT, "actual": "; ".join(heard)}] if heard else []
