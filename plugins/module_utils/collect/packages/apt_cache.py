# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""apt's own cache of the package lists, for a simulation that would otherwise parse all of them again.

A simulation gets a copy in memory: apt rewrites an outdated cache, and nothing may be written on a host. apt itself
checks a cache against the names, sizes and times of all its sources, and builds what it needs in memory if they
differ. Here the cache must also be newer than all its sources by ctime, which no program can set.
"""

import contextlib
import os
import stat

from ...posix.files import memory_file, trust
from ...posix.running.commands import run

CACHE = "/var/cache/apt"
LISTS, STATUS = "/var/lib/apt/lists", "/var/lib/dpkg/status"
# Everything that says which lists exist and how they are read: files, and the files of directories.
SETTINGS = ("/etc/apt", "/etc/apt/apt.conf.d", "/etc/apt/sources.list.d", "/var/lib/dpkg/arch")
# The first saves the most time; the second has the lists without the installed packages.
CACHES = (("pkgcache", (STATUS, LISTS) + SETTINGS), ("srcpkgcache", (LISTS,) + SETTINGS))
OFF = "Dir::Cache::%s="
NO_CACHES = [word for name, _made_of in CACHES for word in ("-o", OFF % name)]
SIMULATION = ["apt-get", "-s", "-q"]
MOST_BYTES = 512 << 20
BLOCK = 1 << 20
MEMORY, AVAILABLE = "/proc/meminfo", "MemAvailable:"
# A copy takes at most this share of the free memory.
SHARE = 4


def simulated(arguments, limit, root="", **extra):
    """Return what ``apt-get -s`` with these arguments gave (Finished), as it would without any cache.

    Raises EndpointError as ``run`` does. ``extra`` is for its environment.
    """
    with copied(root) as (options, copies):
        finished = run(SIMULATION + options + arguments, limit, keep=copies, **extra)
    if finished.code and copies:
        # apt aborts if it can neither use a cache nor write another one in its place.
        finished = run(SIMULATION + NO_CACHES + arguments, limit, **extra)
    return finished


@contextlib.contextmanager
def copied(root=""):
    """Provide (options of apt, descriptors that it needs): a copy of the best cache, or none at all."""
    name, copy = next(_usable(root), ("", None))
    options = [OFF % known + ("/proc/self/fd/%d" % copy if known == name else "") for known, _made_of in CACHES]
    try:
        yield [word for option in options for word in ("-o", option)], () if copy is None else (copy,)
    finally:
        if copy is not None:
            os.close(copy)


def _usable(root):
    """Yield (name, descriptor of a copy) of each usable cache."""
    for name, made_of in CACHES:
        with contextlib.suppress(OSError):
            copy = _copy("%s%s/%s.bin" % (root, CACHE, name), [root + path for path in made_of])
            if copy is not None:
                yield name, copy


def _copy(path, made_of):
    """Return a descriptor of a copy of a cache, None if it must not be used; OSError if it cannot be read."""
    cache, replaceable = trust.opened(path)
    try:
        told = os.fstat(cache)
        if replaceable or not stat.S_ISREG(told.st_mode) or not 0 < told.st_size <= _room():
            return None
        if max(_changed(made_of)) >= min(told.st_mtime_ns, told.st_ctime_ns):
            return None
        return _in_memory(cache, told)
    finally:
        os.close(cache)


def _changed(paths):
    """Yield the last change (ns) of each file, directory, and file in a directory; OSError if one cannot be read."""
    for path in paths:
        try:
            status = os.stat(path)
        except FileNotFoundError:
            continue
        yield status.st_ctime_ns
        if stat.S_ISDIR(status.st_mode):
            with os.scandir(path) as found:
                for entry in found:
                    yield entry.stat(follow_symlinks=False).st_ctime_ns
                    if entry.is_symlink():
                        yield os.stat(entry.path).st_ctime_ns


def _in_memory(cache, told):
    copy = memory_file.opened()
    try:
        left = told.st_size
        while left:
            block = os.read(cache, min(left, BLOCK))
            if not block:
                raise OSError("it became shorter")
            left -= len(block)
            memory_file.add(copy, block)
        # apt compares it with the time of the settings.
        os.utime(copy, ns=(told.st_mtime_ns, told.st_mtime_ns))
    except OSError:
        os.close(copy)
        raise
    return copy


def _room():
    """Return the maximum size of a copy, in bytes."""
    with open(MEMORY, encoding="ascii") as stream:
        free = [int(line.split()[1]) << 10 for line in stream if line.startswith(AVAILABLE)]
    return min(MOST_BYTES, free[0] // SHARE if free else 0)
