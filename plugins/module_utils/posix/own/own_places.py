# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The collection's own directories for the duration of a step, and the removal of those that killed runs left."""

import errno
import os
import tempfile

from ..errors import EndpointError
from ..files import safe_remove, trust

# Directories in which only root may write. /run and some /var are mounted noexec.
FOLDERS = ("/var/lib", "/opt", "/root")
PREFIX = ".avshift-installer-"


def new_folder(is_run):
    """Return the path of a new directory (0700) of root; with ``is_run``, on a file system that lets programs run."""
    refused = []
    for home in FOLDERS:
        words = _why_not(home, is_run)
        if not words:
            return tempfile.mkdtemp(prefix=PREFIX, dir=home)
        refused.append("%s: %s" % (home, words))
    raise EndpointError(
        "no_private_folder",
        "Copying the installer",
        ", ".join(FOLDERS),
        "; ".join(refused),
        "Make one of them writable only by root and mounted without noexec.",
    )


def remove(folder):
    """Remove such a directory."""
    safe_remove.remove(folder, "tree")


def remove_left():
    """Remove what killed runs have left; no other run is active, since the caller holds the run's lock."""
    for home in FOLDERS:
        for name in _names(home):
            if name.startswith(PREFIX) and not _is_of_others(os.path.join(home, name)):
                remove(os.path.join(home, name))


def remove_left_unused():
    """Remove them, unless an installer that outlives its run still needs one."""
    if not are_used():
        remove_left()


def are_used(folder=None):
    """Return True if one of root's processes uses such a directory, or this one: an installer that outlives its run."""
    begins = (folder + "/",) if folder else tuple(os.path.join(home, PREFIX) for home in FOLDERS)
    return any(word.startswith(begins) for words in command_lines() for word in words)


def command_lines():
    """Yield the words of the command line of each of root's processes."""
    return (_words(pid) for pid in os.listdir("/proc") if pid.isdigit())


def _words(pid):
    try:
        if _is_of_others("/proc/%s" % pid):
            return []
        with open("/proc/%s/cmdline" % pid, "rb") as stream:
            return os.fsdecode(stream.read()).split("\0")
    except OSError:
        return []


def _names(home):
    try:
        return sorted(os.listdir(home))
    except OSError:
        return []


def _is_of_others(path):
    try:
        return os.lstat(path).st_uid != os.geteuid()
    except FileNotFoundError:
        return True


def _why_not(home, is_run):
    try:
        words = trust.replaceable(home)
        flags = os.statvfs(home).f_flag
    except OSError as error:
        return os.strerror(error.errno)
    if flags & os.ST_RDONLY:
        return os.strerror(errno.EROFS)
    return words or ("nothing can be run there (noexec)" if is_run and flags & os.ST_NOEXEC else "")
