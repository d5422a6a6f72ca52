# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Processes that hold fanotify permission marks: the ones that really intercept file access."""

from ...linux import interception
from ...linux.containers import container_of
from ..items import not_checked, seen


def collect(asked, look):
    """Yield an item of each executable below the asked roots that holds permission marks, with their number.

    Those in containers are listed separately. ``asked`` is a list of paths; / asks for all.
    """
    hosts, contained, name_of = {}, {}, look.name_below(asked)
    for process in look.processes():
        name = name_of(process.path)
        count = len(interception.permission_marks(process.pid)) if name is not None else 0
        container = container_of(process.pid) if count else ""
        if container:
            key = (name, container)
            contained[key] = contained.get(key, 0) + count
        elif count:
            hosts[name] = hosts.get(name, 0) + count
    if look.hidden:
        yield not_checked("interceptor", "all", "/proc", "%d processes can be checked by root only" % look.hidden)
    for path, count in sorted(hosts.items()):
        yield seen("interceptor", path, "/proc", marks=count)
    for (path, container), count in sorted(contained.items()):
        yield seen("container_interceptor", path, "/proc", marks=count, container=container)
