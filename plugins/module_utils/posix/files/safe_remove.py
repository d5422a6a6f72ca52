# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove paths as root: no link is followed, no file system is left, and no system directory is removed."""

import os
import stat

from ...kernel import mounts
from ..errors import EndpointError
from . import tree_remove
from .safe_paths import LEAST_COMPONENTS, components, open_parent, shown

# The directories of hier(7) and systemd, which no product owns.
SYSTEM = frozenset(
    (
        "/bin /boot /dev /etc /home /lib /lib32 /lib64 /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp "
        "/usr /var /etc/cron.d /etc/init.d /etc/opt /etc/ssl /etc/systemd /etc/systemd/system /usr/bin "
        "/usr/lib /usr/lib64 /usr/local /usr/local/bin /usr/local/lib /usr/local/sbin /usr/local/share "
        "/usr/local/share/man /usr/sbin /usr/share /usr/src /var/backups /var/cache /var/lib /var/lib/dpkg "
        "/var/lib/rpm /var/local /var/log /var/mail /var/opt /var/spool /var/tmp"
    ).split()
)


def refuse_system_directory(path):
    """Refuse system directories, whatever the catalog or other checks say: a second safeguard."""
    if path.rstrip("/") in SYSTEM or path in ("", "/"):
        raise EndpointError(
            "path_refused", "Removing a path", path, "it is a system directory", "Correct the catalog entry."
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
    """Refuse a tree with a mount in it; a bind mount of the same file system has no device number of its own."""
    inside = sorted({point for point, _source, _type in mounts.now() if (point + "/").startswith(path + "/")})
    if inside:
        raise EndpointError(
            "path_is_mount", "Removing a tree", path, "mounted there: " + ", ".join(inside), "Unmount it and run again."
        )


def _remove_below(parent, name, scope, path):
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
            "Check it by hand and run again.",
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
