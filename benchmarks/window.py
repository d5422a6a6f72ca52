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
    """Measure; 1 if a target was missed or something could not be measured. What was measured by then is written."""
    extent = _extent()
    report = Report()
    try:
        described = machine.describe()
        report.values["machine"] = described
        report.say(machine.told(described))
        window.measure(extent, report)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        report.write(CACHE, "window")
        print(f"Written: {CACHE / 'window'}.json and .txt")
    return 1 if report.missed else 0


def _extent() -> window.Extent:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=_positive, default=20, help="hosts under each load (default: 20)")
    parser.add_argument("--load", choices=[*window.LOADS, "both"], default="both", help="(default: both)")
    parser.add_argument(
        "--at-once", type=_positive, default=1, help="hosts of one way that one play takes at once (default: 1)"
    )
    parser.add_argument(
        "--beside", type=_positive, help="for how many of the hosts the two other ways are measured (default: all)"
    )
    given = parser.parse_args()
    loads = window.LOADS if given.load == "both" else (given.load,)
    return window.Extent(given.rounds, given.beside or given.rounds, loads, given.at_once)


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    sys.exit(main())
