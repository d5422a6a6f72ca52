# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Running processes by the path of their executable; names alone confirm nothing."""

from ...linux.containers import container_of
from ...posix.names import below_any
from ..items import not_checked, seen


def collect(asked, look):
    """Yield an item of each executable below the asked roots that runs on the host; ``asked`` is a list of paths."""
    running, name_of = {}, look.name_below(asked)
    for process in look.processes():
        name = name_of(process.path)
        if name is not None and process.is_hosts:
            running.setdefault(name, []).append(process)
    for path, these in sorted(running.items()):
        deleted = all(process.deleted for process in these)
        yield seen("process", path, "/proc", pids=sorted(process.pid for process in these), deleted=deleted)
    if look.hidden:
        yield not_checked("process", "all", "/proc", "%d processes can be checked by root only" % look.hidden)


def collect_contained(asked, look):
    """Yield an item of each executable below the asked roots, as its container sees them, that runs in a container."""
    running, is_asked = {}, below_any(asked)
    for process in look.processes():
        if is_asked(process.path):
            container = container_of(process.pid)
            if container:
                running.setdefault((process.path, container), []).append(process.pid)
    for (path, container), pids in sorted(running.items()):
        yield seen("container_process", path, "/proc", pids=sorted(pids), container=container)
