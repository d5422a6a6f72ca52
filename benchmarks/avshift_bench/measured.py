"""What a benchmark does around its measurements: it names the machine, writes the report and ends with a code."""

from __future__ import annotations

import sys
from collections.abc import Callable

from . import machine
from .errors import BenchError
from .paths import CACHE
from .report import Report


def measured(name: str, measure: Callable[[Report], None]) -> int:
    """Measure and return 0, or 1 if a target was missed or something could not be measured.

    What was measured by then is written in each case, as ``name``.json and .txt.
    """
    report = Report()
    try:
        described = machine.describe()
        report.values["machine"] = described
        report.say(machine.told(described))
        measure(report)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        report.write(CACHE, name)
        print(f"Written: {CACHE / name}.json and .txt")
    return 1 if report.missed else 0
