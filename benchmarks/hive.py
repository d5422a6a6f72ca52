#!/usr/bin/env python
"""Measures a look at a Windows disk whose hive SOFTWARE has 200,000 keys and 150 MB, beside the same by regipy."""

from __future__ import annotations

import sys

from avshift_bench import hives, machine
from avshift_bench.paths import CACHE
from avshift_bench.report import Report


def main() -> int:
    """Measure; 1 if a target was missed."""
    report = Report()
    report.say(machine.told(machine.describe()))
    hives.measure(report)
    report.write(CACHE, "hive")
    print(f"Written: {CACHE / 'hive'}.json and .txt")
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
