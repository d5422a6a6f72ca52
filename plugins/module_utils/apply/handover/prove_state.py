# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Check with a product's own command line that it is staged; it may still be downloading its data."""

import time

from ...posix.errors import EndpointError
from ...posix.running import bounded
from ...prove import vendor
from ...prove.checks import OK, overall

CHANGES = False
PAUSE = 2


def look(_target):
    """Return False: a self-test only shows the state at this moment."""
    return False


def do(target):
    """Ask until every check is ok or the time is up; return the checks."""
    begun = time.monotonic()
    while True:
        checks = vendor.prove(target["probes"])
        if overall(checks) == OK:
            return {"checks": checks}
        if time.monotonic() - begun >= target["limit"]:
            raise EndpointError(
                "replacement_not_staged",
                "Checking that the replacement is staged",
                target["name"],
                "; ".join("%s: %s" % (found["id"], found["detail"]) for found in checks if found["result"] != OK),
                "Check its log.",
            )
        bounded.pause(PAUSE)
