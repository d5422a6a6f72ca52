#!/usr/bin/env python
"""Measures what detection, planning and migrating take of the controller, beside Ansible's own on the same hosts."""

from __future__ import annotations

import argparse
import sys

from avshift_bench import fleet_cost
from avshift_bench.measured import measured

SIZES = [100, 1_000, 10_000]


def main() -> int:
    """Measure; 1 if a target was missed or something could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of hosts")
    parser.add_argument(
        "--compared-up-to",
        type=int,
        default=1_000,
        help="most hosts for Ansible's own facts and the play by hand (default: 1,000)",
    )
    parser.add_argument("--forks", type=int, default=8, help="hosts at once (default: 8)")
    arguments = parser.parse_args()
    extent = (arguments.sizes, arguments.compared_up_to, arguments.forks)
    return measured("fleet", lambda report: fleet_cost.measure(*extent, report))


if __name__ == "__main__":
    sys.exit(main())
