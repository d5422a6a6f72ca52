# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""report.csv, a row for each host, and reconciliation.csv, a row for each difference from a device list."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from ..escape import in_csv
from . import columns
from .fleet import Report

LIMIT = 30_000


class _Line:
    """What csv writes into: it gives the line back."""

    def write(self, line: str) -> str:
        return line


def text(report: Report) -> Iterator[str]:
    """Yield report.csv (RFC 4180)."""
    writer = csv.writer(_Line())
    yield writer.writerow(columns.HOSTS)
    for host in report.hosts():
        yield writer.writerow([in_csv(value, LIMIT) for value in columns.of_host(host)])


def compared(report: Report) -> Iterator[str]:
    """Yield reconciliation.csv: a row for each host or device that a device list and records do not agree on."""
    if report.head["device_list"] is None:
        return
    writer = csv.writer(_Line())
    yield writer.writerow(columns.COMPARED)
    for row in report.compared():
        yield writer.writerow([in_csv(value, LIMIT) for value in row.values()])
