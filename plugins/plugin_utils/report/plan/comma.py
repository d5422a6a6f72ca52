# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan as a table with one row per host, for filtering and counting."""

from __future__ import annotations

import csv
import io

from ..escape import CELL_LIMIT, in_csv
from ..words import findings
from . import forecasts, prose
from .view import Group, View

HEADER = (
    "host", "class", "to_do", "verdict_now", "ring", "system", "found", "replacement", "steps", "stopped_by", "window",
    "files_to_archive", "bytes_to_archive", "not_known", "only_on_this_host", "digest",
)  # fmt: skip


def render(view: View) -> str:
    """Return plan.csv (RFC 4180)."""
    silent: list[list[object]] = [
        [host, "", "not planned", "unknown", *[""] * 10, why, ""] for host, why in view.document["not_planned"].items()
    ]
    rows = [row for group in view.groups for row in _rows(view, group)]
    foretold = forecasts.rows(view.forecasts)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADER)
    writer.writerows([in_csv(value, CELL_LIMIT) for value in row] for row in (*rows, *foretold, *silent))
    return text.getvalue()


def _rows(view: View, group: Group) -> list[list[object]]:
    plan = group.plan
    same: list[object] = [
        " ".join(str(value) for value in plan["system"].values()),
        findings(plan),
        plan["goal"]["provider"],
        len(plan["steps"]),
        " ".join(check["id"] for check in group.stops),
        prose.window(view, group),
    ]
    return [
        [
            *(host.name, group.number, group.fate, host.verdict, host.ring or "", *same),
            *(host.files, host.size, "; ".join(plan["unknowns"])),
            "; ".join(f"{check['id']}: {check['diagnosis']}" for check in host.own),
            group.digest,
        ]
        for host in group.hosts()
    ]
