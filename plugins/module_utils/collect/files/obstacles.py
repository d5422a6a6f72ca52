# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""What would keep trees from being removed, or is reachable from elsewhere too: flags, links, open files, mounts."""

import itertools
import os
import stat

from ...kernel import file_flags
from ...linux.containers import container_of
from ...linux.interception import DELETED
from ...posix.errors import EndpointError
from ...posix.files import safe_paths
from ...posix.files.tree_walk import walk
from ...posix.names import below_any
from ..items import not_checked, seen

MOST_FLAGGED = 1000
MOST_TOLD = 20
MOST_KEPT = 100000
# In a line of /proc/PID/maps.
PATH_FIELD = 5


def collect(asked, look):
    """Yield an item of each of ``asked['trees']`` and ``asked['paths']`` that is there and has an obstacle.

    It has ``flagged`` (paths that chattr(1) has made immutable or append-only, including the directory above),
    ``linked`` (files with another hard link elsewhere), ``held`` (files that other processes hold open), ``leads_to``
    (the target of a link in its place). Processes whose executables are below ``asked['processes']`` will have ended.
    """
    trees = _outermost(asked["trees"])
    held = _held(trees, below_any(asked["processes"]), look)
    aliases = _Aliases()
    found = [(path, _found(path, path in trees, aliases, look)) for path in sorted({*trees, *asked["paths"]})]
    for path, obstacles in found:
        if isinstance(obstacles, Exception):
            yield not_checked("obstacle", path, path, obstacles)
        elif obstacles is not None:
            obstacles["linked"] = aliases.outside(path)[:MOST_TOLD]
            obstacles["held"] = [told for told in held if below_any([path])(told["path"])][:MOST_TOLD]
            told = {key: value for key, value in obstacles.items() if value}
            if told:
                yield seen("obstacle", path, path, **told)


def _outermost(paths):
    return [path for path in paths if not below_any([other for other in paths if other != path])(path)]


class _Aliases:
    """Files with several hard links: how many each has, and under which paths it was met."""

    def __init__(self):
        self._met = {}

    def meet(self, tree, entry):
        if stat.S_ISREG(entry.status.st_mode) and entry.status.st_nlink > 1:
            key = (entry.status.st_dev, entry.status.st_ino)
            self._met.setdefault(key, (entry.status.st_nlink, []))[1].append((tree, entry.path))

    def outside(self, tree):
        """Return the paths in a tree of files that have a hard link outside all trees."""
        fewer = [names for number, names in self._met.values() if len(names) < number]
        return sorted(path for names in fewer for where, path in names if where == tree)


def _found(path, is_tree, aliases, look):
    """Return the obstacles of one path, None if it is not there, or the error that prevented the check."""
    try:
        status, target, real = look.tree.lstat(path)
        if status is None or real != path:
            return None
        flags = _above(path)
        for entry in walk(path, one_mount=True, in_order=False) if is_tree else itertools.islice(walk(path), 1):
            aliases.meet(path, entry)
            letters = _letters(entry)
            if letters and len(flags) < MOST_KEPT:
                flags.append({"path": entry.path, "flags": letters})
        flags.sort(key=lambda flagged: flagged["path"])
        obstacles = {"flagged": flags[:MOST_FLAGGED], "more_flagged": len(flags[MOST_FLAGGED:])}
        if target is not None and os.path.exists(path):
            obstacles["leads_to"] = os.path.realpath(path)
        return obstacles
    except (EndpointError, OSError) as error:
        return error


def _above(path):
    """Return the flags of the directory that a path is in, which also keep it from being removed."""
    opened = safe_paths.open_parent(path)
    if opened is None:
        return []
    try:
        letters = file_flags.of(opened[0])
        return [{"path": os.path.dirname(path), "flags": letters}] if letters else []
    finally:
        os.close(opened[0])


def _letters(entry):
    try:
        return file_flags.of_name(entry.name, entry.folder)
    except OSError:
        # It is gone, or a scanner prevents opening it: the step that removes it reports any failure.
        return ""


def _held(trees, is_own, look):
    """Return [{path, process}] of the files in trees that other processes have open or mapped, in order."""
    is_inside, held = below_any(trees), set()
    for process in look.processes():
        if process.pid == os.getpid() or is_own(process.path) or container_of(process.pid):
            continue
        for path in _used(process.pid):
            if is_inside(path):
                held.add((path, process.path))
    return [{"path": path, "process": process} for path, process in sorted(held)]


def _used(pid):
    """Yield the paths of the files that a process has open or mapped; none if it has ended."""
    try:
        for name in os.listdir("/proc/%d/fd" % pid):
            yield _led(pid, name)
        with open("/proc/%d/maps" % pid, encoding="utf-8", errors="surrogateescape") as stream:
            yield from mapped(stream)
    except OSError:
        return


def _led(pid, name):
    try:
        return os.readlink("/proc/%d/fd/%s" % (pid, name))
    except OSError:
        return ""


def mapped(lines):
    """Yield the path of each line of /proc/PID/maps that has one, see proc(5), except deleted files. Never raises."""
    for line in lines:
        fields = line.rstrip("\n").split(None, PATH_FIELD)
        if len(fields) > PATH_FIELD and fields[PATH_FIELD].startswith("/"):
            path = fields[PATH_FIELD]
            if not path.endswith(DELETED):
                yield path.replace("\\012", "\n")
