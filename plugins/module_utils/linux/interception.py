# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Which process really intercepts file access: fanotify marks as the kernel lists them in /proc.

The permission bits are those of fanotify_mark(2): OPEN_PERM, ACCESS_PERM and OPEN_EXEC_PERM. A program that only
reports has ACCESS, OPEN or OPEN_EXEC: it is notified of an access but cannot refuse it. Marks are visible for processes
of the same PID namespace; kernel modules and eBPF programs leave no trace here.
"""

import os

from ..posix.names import below_any
from .containers import container_of
from .process_status import is_roots

PERMISSION_BITS = 0x00010000 | 0x00020000 | 0x00040000
TELLING_BITS = PERMISSION_BITS | 0x00000001 | 0x00000020 | 0x00001000
LINK = "anon_inode:[fanotify]"
# What the kernel appends to the path of an executable that no longer exists.
DELETED = " (deleted)"


def marks(lines):
    """Yield (target, mask) of each mark in the lines of one fdinfo file.

    ``target`` is ``ino:<number>:<device>``, ``mnt_id:<number>`` or ``sdev:<device>``, in hexadecimal. Never raises.
    """
    for line in lines:
        words = line.split()
        if not words or words[0] != "fanotify":
            continue
        fields = dict(word.split(":", 1) for word in words[1:] if ":" in word)
        target = next((key + ":" + fields[key] for key in ("ino", "mnt_id", "sdev") if key in fields), None)
        if target is not None and "ino" in fields:
            target += ":" + fields.get("sdev", "")
        try:
            mask = int(fields.get("mask", ""), 16)
        except ValueError:
            continue
        if target is not None:
            yield target, mask


def permission_marks(pid, bits=PERMISSION_BITS):
    """Return the targets of the permission marks that a process holds; an empty list if it is gone or holds none.

    With other ``bits``, those of the marks that have one of them.
    """
    return [
        target
        for number, opened in open_files(pid)
        if opened == LINK
        for target, mask in _marks_of(pid, number)
        if mask & bits
    ]


def open_files(pid):
    """Return [(number, the kernel's name for it)] of a process's descriptors; an empty list if it is gone."""
    try:
        folder = os.open("/proc/%s/fd" % pid, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return []
    try:
        return [(number, opened) for number in os.listdir(folder) for opened in _opened(number, folder)]
    except OSError:
        return []
    finally:
        os.close(folder)


def _opened(number, folder):
    try:
        return (os.readlink(number, dir_fd=folder),)
    except OSError:
        return ()


def _marks_of(pid, number):
    try:
        with open("/proc/%s/fdinfo/%s" % (pid, number)) as stream:
            return list(marks(stream))
    except OSError:
        return []


def uncovered(paths, targets):
    """Return the directories without any of the marks; a mark on a mount or file system covers all."""
    if any(not target.startswith("ino:") for target in targets):
        return []
    return [path for path in paths if _inode_target(path) not in targets]


def inode_targets(paths):
    """Return the targets of marks on directories themselves, as a set."""
    return {_inode_target(path) for path in paths}


def _inode_target(path):
    status = os.stat(path)
    device = (os.major(status.st_dev) << 20) | os.minor(status.st_dev)
    return "ino:%x:%x" % (status.st_ino, device)


def executable(pid):
    """Return (path of a process's executable, whether that was deleted meanwhile); OSError if none is known."""
    path = os.readlink("/proc/%s/exe" % pid)
    deleted = path.endswith(DELETED)
    return path[: -len(DELETED)] if deleted else path, deleted


def is_hosts_own(pid, path):
    """Return True if a process runs the file that the host has at a path, not another file that a user shows there.

    Anyone who creates a user namespace can mount anything in it, and run it under any path. So the process must
    share the mounts of init, or its executable must be that very file. A deleted one must belong to root, and its
    process must be in this run's user namespace: in her own, she can show root's files under any path and delete them.
    """
    try:
        folder = os.open("/proc/%s" % pid, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        if _mounts_of("ns/mnt", folder) == _mounts_of("/proc/1/ns/mnt"):
            return True
        running = os.stat("exe", dir_fd=folder)
        if os.readlink("exe", dir_fd=folder).endswith(DELETED):
            return running.st_uid == 0 and _users_of("ns/user", folder) == _users_of("/proc/self/ns/user")
        own = os.stat(path, follow_symlinks=False)
        return (running.st_dev, running.st_ino) == (own.st_dev, own.st_ino)
    except OSError:
        return False
    finally:
        os.close(folder)


def _mounts_of(link, folder=None):
    try:
        return os.readlink(link, dir_fd=folder)
    except PermissionError:
        # An unknown namespace equals no other, so the executable itself is compared.
        return object()


def _users_of(link, folder=None):
    try:
        return os.readlink(link, dir_fd=folder)
    except FileNotFoundError:
        # A kernel may be built without user namespaces.
        return ""


def executables():
    """Yield (pid, path of the executable) of every process that has one; a deleted one keeps its path."""
    for pid in os.listdir("/proc"):
        if pid.isdigit():
            try:
                path, _deleted = executable(pid)
            except OSError:
                continue
            yield int(pid), path


def below(path, roots):
    """Return True if a path is one of the roots or lies below one."""
    return below_any(roots)(path)


def _counted(pid, bits):
    """Return the targets of those marks that no user can have set: since Linux 5.13, anyone may be notified."""
    return permission_marks(pid, bits if is_roots(pid) else bits & PERMISSION_BITS)


def holders(roots, bits=PERMISSION_BITS):
    """Return {pid: targets of its permission marks} of the host's processes below the roots that hold any.

    A process in a container does not count: stopping the host's service does not end it.
    """
    is_below = below_any(roots)
    found = {pid: _counted(pid, bits) for pid, path in executables() if is_below(path)}
    return {pid: targets for pid, targets in found.items() if targets and not container_of(pid)}
