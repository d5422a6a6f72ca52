#!/usr/bin/env python
"""Measures what detection, planning and migrating take of the controller, beside Ansible's own on the same hosts."""

from __future__ import annotations

import argparse
import sys

from avshift_bench import fleet_cost, migration
from avshift_bench.measured import measured
from avshift_bench.report import Report

SIZES = [100, 1_000, 10_000]


def main() -> int:
    """Measure; 1 if a target was missed or something could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="numbers of simulated hosts")
    parser.add_argument(
        "--compared-up-to",
        type=int,
        default=1_000,
        help="most hosts for Ansible's own facts and the play by hand (default: 1,000)",
    )
    parser.add_argument("--forks", type=int, default=8, help="hosts at once (default: 8)")
    parser.add_argument(
        "--containers",
        type=int,
        default=6,
        help="hosts of the lab that are migrated whole, beside as many by a play by hand; 0 for none (default: 6)",
    )
    arguments = parser.parse_args()
    return measured("fleet", lambda report: _measure(arguments, report))


def _measure(asked: argparse.Namespace, report: Report) -> None:
    if asked.containers:
        migration.measure(asked.containers, report)
    if asked.sizes:
        fleet_cost.measure(asked.sizes, asked.compared_up_to, asked.forks, report)


if __name__ == "__main__":
    sys.exit(main())
