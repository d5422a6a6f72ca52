#!/usr/bin/env python
"""Measures how long hosts are without a scanner, beside a play that removes, installs and starts in that order."""

from __future__ import annotations

import argparse
import sys

from avshift_bench import machine, window
from avshift_bench.errors import BenchError
from avshift_bench.paths import CACHE
from avshift_bench.report import Report


def main() -> int:
    """Measure; 1 if a target was missed or something could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=20, help="hosts for each way, quiet, and as many busy (default: 20)"
    )
    report = Report()
    try:
        described = machine.describe()
        report.values["machine"] = described
        report.say(machine.told(described))
        window.measure(parser.parse_args().rounds, report)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    report.write(CACHE, "window")
    print(f"Written: {CACHE / 'window'}.json and .txt")
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
