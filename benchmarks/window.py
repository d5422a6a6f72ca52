#!/usr/bin/env python
"""Measures how long hosts are without a scanner, beside a play that removes, installs and starts in that order."""

from __future__ import annotations

import argparse
import sys

from avshift_bench import window
from avshift_bench.measured import measured


def main() -> int:
    """Measure; 1 if a target was missed or something could not be measured. What was measured by then is written."""
    extent = _extent()
    return measured("window", lambda report: window.measure(extent, report))


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
