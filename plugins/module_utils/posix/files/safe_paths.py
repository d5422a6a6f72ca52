# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Touch paths as root without being led elsewhere: no symbolic link is followed, no file system is left."""

import errno
import os
import stat
import sys

from ...linux import mounts
from ..errors import EndpointError
from ..names import meant

# Nothing that lies directly below / is ever written or removed.
LEAST_COMPONENTS = 2
# The directories of hier(7) and systemd's, which no product owns.
SYSTEM = frozenset(
    (
        "/bin /boot /dev /etc /home /lib /lib32 /lib64 /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp "
        "/usr /var /etc/cron.d /etc/init.d /etc/opt /etc/ssl /etc/systemd /etc/systemd/system /usr/bin "
        "/usr/lib /usr/lib64 /usr/local /usr/local/bin /usr/local/lib /usr/local/sbin /usr/local/share "
        "/usr/local/share/man /usr/sbin /usr/share /usr/src /var/backups /var/cache /var/lib /var/lib/dpkg "
        "/var/lib/rpm /var/local /var/log /var/mail /var/opt /var/spool /var/tmp"
    ).split()
)
READ_LIMIT = 1 << 20
PARENT_MODE = 0o755
# Python 3.6 cannot scan a descriptor.
BY_DESCRIPTOR = os.scandir in os.supports_fd
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def native(path):
    """Return a path as this process's calls to the system take it, so that its bytes are those of UTF-8.

    Python 3.6 in the POSIX locale takes ASCII for everything.
    """
    if sys.getfilesystemencoding().lower() in ("utf-8", "utf8"):
        return path
    return os.fsdecode(path.encode("utf-8", "surrogateescape"))


def components(path, least=1):
    """Return the names below / of an absolute, normalised path with at least so many of them; else EndpointError."""
    names = [name for name in native(meant(path)).split("/") if name]
    if not path.startswith("/") or len(names) < least or "." in names or ".." in names:
        raise EndpointError(
            "path_refused",
            "Using a path",
            path,
            "it is not absolute, or has fewer than %d components, or is not normalised" % least,
            "Correct the catalog entry.",
        )
    return names


def open_parent(path):
    """Return (descriptor of the parent directory, last name); None if a parent is missing.

    Every parent is opened without following links, so a link put in its place is an EndpointError, not a detour.
    """
    names = components(path)
    descriptor = os.open("/", DIRECTORY)
    for name in names[:-1]:
        try:
            following = os.open(name, DIRECTORY, dir_fd=descriptor)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _led_elsewhere(path, name, error)
        finally:
            os.close(descriptor)
        descriptor = following
    return descriptor, names[-1]


def _led_elsewhere(path, name, error):
    cause = "the parent %r is a symbolic link or no directory" % name
    if error.errno not in (errno.ELOOP, errno.ENOTDIR):
        cause = os.strerror(error.errno)
    return EndpointError(
        "path_led_elsewhere", "Using a path", path, cause, "Look at it by hand; nothing was done with it."
    )


def lstat(path):
    """Return the status of a path itself and, of a link, its target; (None, None) if it is not there."""
    opened = open_parent(path)
    if opened is None:
        return None, None
    parent, name = opened
    try:
        status = os.lstat(name, dir_fd=parent)
        return status, os.readlink(name, dir_fd=parent) if stat.S_ISLNK(status.st_mode) else None
    except FileNotFoundError:
        return None, None
    finally:
        os.close(parent)


def holds_others(path, names):
    """Return True if a directory holds anything but these names; False if it is not there or no directory."""
    opened = open_parent(path)
    if opened is None:
        return False
    parent, name = opened
    try:
        descriptor = os.open(name, DIRECTORY, dir_fd=parent)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _led_elsewhere(path, name, error)
    finally:
        os.close(parent)
    expected = {native(one) for one in names}
    try:
        return any(entry.name not in expected for entry in scanned(descriptor))
    finally:
        os.close(descriptor)


def scanned(descriptor):
    """Return an iterator of the entries of an open directory, of which some are read at a time."""
    return os.scandir(descriptor if BY_DESCRIPTOR else "/proc/self/fd/%d" % descriptor)


def refuse_system_directory(path):
    """Refuse what the system itself lives in, whatever the catalog or other checks say: a second lock."""
    if path.rstrip("/") in SYSTEM or path in ("", "/"):
        raise EndpointError(
            "path_refused", "Removing a path", path, "the system lives in it", "Correct the catalog entry."
        )


def remove(path, scope):
    """Remove one file, link, empty directory or tree; return True if there was something.

    ``scope`` is ``file`` (anything but a directory), ``empty`` (a directory with nothing in it) or ``tree``.
    """
    components(path, LEAST_COMPONENTS)
    refuse_system_directory(path)
    if scope == "tree":
        _refuse_mounts(path)
    opened = open_parent(path)
    if opened is None:
        return False
    parent, name = opened
    try:
        return _remove_below(parent, name, scope, path)
    finally:
        os.close(parent)


def _refuse_mounts(path):
    """Refuse a tree in which something is mounted; a bind mount of the same file system has no device of its own."""
    inside = sorted({point for point, _source, _type in mounts.now() if (point + "/").startswith(path + "/")})
    if inside:
        raise EndpointError(
            "path_is_mount", "Removing a tree", path, "mounted there: " + ", ".join(inside), "Unmount it and run again."
        )


def _remove_below(parent, name, scope, path):
    # It knows this module, and only removing needs it.
    from . import tree_remove

    try:
        status = os.lstat(name, dir_fd=parent)
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(status.st_mode) and scope == "file":
        raise EndpointError(
            "path_is_directory",
            "Removing a file",
            shown(path),
            "it is a directory",
            "Look at it by hand and run again.",
        )
    try:
        if not stat.S_ISDIR(status.st_mode):
            os.unlink(name, dir_fd=parent)
        elif scope == "tree":
            tree_remove.remove(parent, name, path)
        else:
            os.rmdir(name, dir_fd=parent)
    except OSError as error:
        raise tree_remove.stays(path, parent, name, error)
    return True


def shown(path):
    """Return a path as it can be printed and written anywhere, whatever bytes it has."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def read_text(path, limit=READ_LIMIT):
    """Return a regular file's text, None if it is not there; EndpointError if it cannot be read or is too large.

    Opened without blocking and checked to be regular first, so that a FIFO or device cannot hang the caller.
    """
    opened = open_parent(path)
    if opened is None:
        return None
    parent, name = opened
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(path, os.strerror(error.errno))
    finally:
        os.close(parent)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise unreadable(path, "it is not a regular file")
    with os.fdopen(descriptor, "rb") as stream:
        if status.st_size > limit:
            raise unreadable(path, "it has %d bytes, more than %d" % (status.st_size, limit))
        return stream.read().decode("utf-8", "surrogateescape")


def unreadable(path, cause):
    """Return the EndpointError of a file that cannot be read."""
    return EndpointError("path_unreadable", "Reading a file", path, cause, "See that root can read it and run again.")


def _make_directory(path):
    """Make one directory, unless there is something of that name, without following a link on the way to it."""
    parent, name = open_parent(path)
    try:
        os.mkdir(name, PARENT_MODE, dir_fd=parent)
        # Whatever this process's mask takes away: a service of another user has to come through.
        made = os.open(name, DIRECTORY, dir_fd=parent)
    except FileExistsError:
        return
    finally:
        os.close(parent)
    try:
        os.fchmod(made, PARENT_MODE)
    finally:
        os.close(made)


def _keep_owner(parent, name, draft):
    """Give a draft the owner of the file that it is to take the place of."""
    try:
        status = os.lstat(name, dir_fd=parent)
    except FileNotFoundError:
        return
    os.fchown(draft, status.st_uid, status.st_gid)


def make_parents(path):
    """Make the directories on the way to a path that are not there, as 0755."""
    names = components(path, LEAST_COMPONENTS)
    for depth in range(1, len(names)):
        _make_directory("/" + "/".join(names[:depth]))


def write_text(path, text, mode=0o644):
    """Write a whole file so that it is there in full or not at all; parents are made as 0755."""
    make_parents(path)
    opened = open_parent(path)
    if opened is None:
        raise unreadable(os.path.dirname(path), "it vanished while it was used")
    descriptor, name = opened
    draft = ".%s.avshift" % name
    try:
        _write_draft(descriptor, draft, name, text, mode)
        os.replace(draft, name, src_dir_fd=descriptor, dst_dir_fd=descriptor)
        os.fsync(descriptor)
    except OSError:
        _discard(descriptor, draft)
        raise
    finally:
        os.close(descriptor)


def write_secret(path, text, mode=0o600):
    """Write a file that holds a secret: no other name has it at any time, so that a kill leaves no draft behind.

    There is no file of that name, or one that is not whole, until it is written in full.
    """
    components(path, LEAST_COMPONENTS)
    opened = open_parent(path)
    if opened is None:
        raise unreadable(os.path.dirname(path), "the directory is not there")
    folder, name = opened
    try:
        _discard(folder, name)
        with os.fdopen(_nameless(folder, name), "wb") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(text.encode("utf-8", "surrogateescape"))
            stream.flush()
            os.fsync(stream.fileno())
            if os.fstat(stream.fileno()).st_nlink == 0:
                os.link("/proc/self/fd/%d" % stream.fileno(), name, dst_dir_fd=folder, follow_symlinks=True)
        os.fsync(folder)
    finally:
        os.close(folder)


def _nameless(folder, name):
    """Return a descriptor of a new file in a directory, without a name or, where that cannot be, with its own."""
    try:
        return os.open(".", os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, 0o600, dir_fd=folder)
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL):
            raise
    return os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)


def _write_draft(folder, draft, name, text, mode):
    """Write a new file: one that somebody has put there could be another name of a file elsewhere."""
    _discard(folder, draft)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(draft, flags, 0o600, dir_fd=folder), "wb") as stream:
        _keep_owner(folder, name, stream.fileno())
        os.fchmod(stream.fileno(), mode)
        stream.write(text.encode("utf-8", "surrogateescape"))
        stream.flush()
        os.fsync(stream.fileno())


def _discard(folder, name):
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return
