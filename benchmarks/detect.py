#!/usr/bin/env python
"""Measures detection beside Ansible's own tasks, and what it takes of an endpoint."""

from __future__ import annotations

import argparse
import sys

from avshift_bench import endpoint, fleet, machine, profiles
from avshift_bench.errors import BenchError
from avshift_bench.paths import CACHE
from avshift_bench.report import Report

PARTS = ("fleet", "endpoint")


def main() -> int:
    """Measure; 1 if a target was missed or something could not be measured."""
    arguments = _parser().parse_args()
    report = Report()
    try:
        if arguments.profile:
            profiles.show(report)
        else:
            _measure(arguments, report)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    return 1 if report.missed else 0


def _measure(arguments: argparse.Namespace, report: Report) -> None:
    described = machine.describe()
    report.values["machine"] = described
    report.say(machine.told(described))
    if "fleet" in arguments.only:
        size = fleet.Size(arguments.hosts, arguments.many, arguments.forks, arguments.rounds, arguments.interpreter)
        fleet.measure(size, report)
    if "endpoint" in arguments.only:
        endpoint.measure(report)
    report.say("", f"{len(report.targets) - len(report.missed)} of {len(report.targets)} targets are met.")
    report.say(*(str(target) for target in report.missed))
    name = "detect" if len(arguments.only) == len(PARTS) else f"detect-{arguments.only[0]}"
    report.write(CACHE, name)
    print(f"Written: {CACHE / name}.json and .txt")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", action="store_true", help="show where the time goes, and measure nothing")
    parser.add_argument("--only", choices=PARTS, nargs=1, default=list(PARTS), help="measure this part alone")
    parser.add_argument("--rounds", type=int, default=5, help="how often each task is run (default: 5)")
    parser.add_argument("--hosts", type=int, default=50, help="hosts of the fleet (default: 50)")
    parser.add_argument("--many", type=int, default=250, help="hosts for the growth of memory (default: 250)")
    parser.add_argument("--forks", type=int, default=20, help="hosts at once (default: 20)")
    parser.add_argument("--interpreter", default="/usr/bin/python3", help="the hosts' Python")
    return parser


if __name__ == "__main__":
    sys.exit(main())
