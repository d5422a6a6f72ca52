# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Test detection through the staged engine's socket; the engine may still be loading its signatures."""

import time

from ...linux import systemd
from ...posix.errors import EndpointError
from ...posix.running import bounded
from ...prove import on_demand
from ...prove.checks import BAD, OK, overall

CHANGES = False
PAUSE = 0.2
RELOADING = 15


def look(_target):
    """Return False: a self-test only shows the state at this moment."""
    return False


def do(target):
    """Try until the self-test passes or its time is up; return the checks.

    An engine that does not answer may be loading. One that answers wrongly gets only a moment to load new signatures,
    and one that does not stay up gets no more time.
    """
    begun = time.monotonic()
    while True:
        checks = on_demand.prove(target["socket"])
        result = overall(checks)
        if result == OK:
            return {"checks": checks}
        limit = RELOADING if result == BAD else target["limit"]
        if time.monotonic() - begun >= limit or not systemd.is_going(target["unit"]):
            raise EndpointError(
                "engine_not_proven",
                "Testing detection on demand",
                target["socket"],
                "; ".join("%s: %s" % (found["id"], found["detail"]) for found in checks if found["result"] != OK),
                "Check the engine's log and its signatures.",
            )
        bounded.pause(PAUSE)
