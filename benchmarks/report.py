#!/usr/bin/env python
"""Measures the report of a fleet: time and memory by the number of records."""

from __future__ import annotations

import argparse
import sys

from avshift_bench import reporting
from avshift_bench.measured import measured

SIZES = [1_000, 10_000, 100_000]


def main() -> int:
    """Measure; 1 if a target was missed or something could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of records")
    parser.add_argument("--rules", default="us_bod_17_01,us_bis_2024", help="policy packs to measure against")
    arguments = parser.parse_args()
    return measured("report", lambda report: reporting.measure(arguments.sizes, arguments.rules, report))


if __name__ == "__main__":
    sys.exit(main())
