# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""End processes by the path of their executable, parents first so that no watchdog brings a child back."""

import os
import signal
import time

from ..system import interception
from ..system.errors import EndpointError

GRACE = 5.0
PAUSE = 0.05


def look(target):
    """Return True if no process runs from there."""
    return not _running(target["below"])


def do(target):
    """Ask all to end, and end with force what has not after the grace."""
    ended = []
    for sign, grace in ((signal.SIGTERM, GRACE), (signal.SIGKILL, GRACE)):
        for pid in sorted(_running(target["below"])):
            _send(pid, sign)
            ended.append({"pid": pid, "signal": int(sign)})
        if _wait_for_none(target["below"], grace):
            return {"ended": ended}
    raise EndpointError(
        "process_stays",
        "Ending processes",
        ", ".join("%d (%s)" % found for found in sorted(_running(target["below"]).items())),
        "it survived SIGKILL",
        "It waits in the kernel; reboot the host and run again.",
    )


def _running(roots):
    return {pid: path for pid, path in interception.executables() if interception.below(path, roots)}


def _send(pid, sign):
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        return


def _wait_for_none(roots, grace):
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline:
        if not _running(roots):
            return True
        time.sleep(PAUSE)
    return False
