# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Running processes by the path of their executable; names alone prove nothing."""

from ..system import interception
from .items import seen


def collect(asked, _root):
    """Yield an item of each executable below the asked roots that runs; ``asked`` is a list of paths."""
    running = {}
    for pid, path in interception.executables():
        if interception.below(path, asked):
            running.setdefault(path, []).append(pid)
    for path, pids in sorted(running.items()):
        yield seen("process", path, "/proc", pids=sorted(pids))
