# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""End processes by the path of their executable: watchdogs first, so that none restarts another.

A container's processes have such paths too and are never ended: they are not the host's.
"""

import signal
import time

from ...linux import interception, one_process
from ...linux.containers import container_of
from ...posix.errors import EndpointError
from ...posix.running import bounded

GRACE = 5.0
PAUSE = 0.05


def look(target):
    """Return True if no process of the host runs from there."""
    return not _running(target["below"])


def do(target):
    """Ask all to end, and kill those that have not after the grace period; return which process got which signal."""
    ended, watchers = [], tuple(target["first"])
    if watchers:
        _end(target["below"], watchers, signal.SIGTERM, ended)
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if _end(target["below"], (), sign, ended, watchers):
            return {"ended": ended}
    raise EndpointError(
        "process_stays",
        "Ending processes",
        ", ".join("%d (%s)" % found for found in sorted(_running(target["below"]).items())),
        "it survived SIGKILL",
        "It is in uninterruptible sleep (state D); reboot the host and run again.",
    )


def _end(roots, endings, sign, ended, watchers=()):
    """Send a signal once to all whose paths end so, also to those that start meanwhile; True if all are gone."""
    told, deadline = set(), time.monotonic() + GRACE
    while True:
        running = {pid: path for pid, path in _running(roots).items() if not endings or path.endswith(endings)}
        if not running:
            return True
        for pid in sorted(set(running) - told, key=lambda pid: (not running[pid].endswith(watchers), pid)):
            told.add(pid)
            if _send(pid, running[pid], sign):
                ended.append({"pid": pid, "path": running[pid], "signal": int(sign)})
        if time.monotonic() > deadline:
            return False
        bounded.pause(PAUSE)


def _running(roots):
    """Return {pid: path} of the host's processes; the path comes first, since the container check costs more."""
    return {
        pid: path
        for pid, path in interception.executables()
        if interception.below(path, roots) and _is_hosts(pid, path)
    }


def _send(pid, path, sign):
    """Send it if the process still runs from that path on the host; the container check is slow and comes last."""
    return one_process.send(pid, sign, lambda: _runs(pid, path) and _is_hosts(pid, path))


def _is_hosts(pid, path):
    """Return False for a container's process, and for a program that a user shows at that path in mounts of her own."""
    return interception.is_hosts_own(pid, path) and not container_of(pid)


def _runs(pid, path):
    try:
        return interception.executable(pid)[0] == path
    except OSError:
        return False
