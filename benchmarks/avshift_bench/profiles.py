"""Where the time goes, by cProfile. It slows small functions down: compare the figures, but do not add them."""

from __future__ import annotations

import json

from . import host
from .asking import on_controller
from .report import Report


def show(report: Report) -> None:
    """Print the most expensive functions of the controller's half and of collecting."""
    report.say("== The controller's half, as in every fork but the first, which also builds the module", "")
    report.say(on_controller("profile"))
    asked = json.loads(on_controller("ask"))
    with host.filled(asked["arguments"], {}) as described:
        report.say("== Collecting, with {packages} packages and {descriptors} descriptors".format(**described), "")
        report.say(host.inside(host.PYTHON, f"{host.PLACE}/processor_time.py", "profile", host.CODE, host.PROBES))
