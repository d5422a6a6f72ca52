# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Wait for what a daemon downloads, such as signatures, before anything relies on it."""

import glob
import time

from ...posix.errors import EndpointError
from ...posix.running import bounded

CHANGES = False
PAUSE = 0.5


def look(target):
    """Return True if every pattern has a path."""
    return not _missing(target["patterns"])


def do(target):
    """Wait until every pattern has a path; EndpointError naming those that have none when the limit is reached."""
    begun = time.monotonic()
    while _missing(target["patterns"]):
        if time.monotonic() - begun >= target["limit"]:
            raise EndpointError(
                "data_not_fetched",
                "Waiting for data",
                ", ".join(_missing(target["patterns"])),
                "it did not appear within %d s" % target["limit"],
                "Check the log of the service that downloads it, and that the host can reach its mirrors.",
            )
        bounded.goes_on()
        time.sleep(PAUSE)
    return {"waited_seconds": round(time.monotonic() - begun, 1)}


def _missing(patterns):
    return [pattern for pattern in patterns if not glob.glob(pattern)]
