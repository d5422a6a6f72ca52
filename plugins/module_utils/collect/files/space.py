# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Free disk space, and the space that trees use."""

import os
import stat

from ...posix.errors import EndpointError
from ...posix.files import safe_paths, safe_remove
from ...posix.files.tree_walk import walk
from ..items import not_checked, seen
from .ini_values import one_value

# The unit in which stat(2) counts a file's blocks.
BLOCK = 512


def collect(asked, look):
    """Yield the free bytes at ``asked['at']``, and the number of files and bytes of each of ``asked['trees']``.

    Configuration can name trees too: ``asked['named_in']`` is a list of {file, key}; such a tree has both as its
    ``where``. A link to a tree counts for itself, and the tree that it leads to has a separate item. So do paths in
    homes: ``asked['in_homes']`` are relative to a home. A link there belongs to its user, and is not followed.
    """
    place = os.statvfs(_nearest(asked["at"]))
    yield seen("space", asked["at"], "statvfs", free_bytes=place.f_bavail * place.f_frsize)
    for path in asked["trees"]:
        yield from _tree(path, path, look)
    for wanted in asked["named_in"]:
        yield from _named(wanted, look)
    if asked["in_homes"]:
        yield from look.unseen_homes("space")
    for path in [home + "/" + below for home in sorted(look.homes()) for below in asked["in_homes"]]:
        try:
            if _is_no_link(path, look):
                yield from _tree(path, path, look, True)
        except EndpointError as error:
            yield not_checked("space", path, path, error)


def _nearest(path):
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


def _named(wanted, look):
    where = "%s[%s]" % (wanted["file"], wanted["key"])
    try:
        value = one_value(look.tree.text(wanted["file"]) or "", wanted["key"])
    except (EndpointError, ValueError) as error:
        yield not_checked("space", where, wanted["file"], error)
        return
    if value:
        yield from _tree(value.rstrip("/") or "/", where, look)


def _is_no_link(path, look):
    status, target, real = look.tree.lstat(path)
    return status is not None and target is None and real == path


def _tree(path, where, look, in_home=False):
    """Yield the item of one tree and, for a link, that of its target."""
    try:
        status, target, real = look.tree.lstat(path)
        if status is None:
            return
        leads_to = os.path.realpath(path) if target is not None else real
        if leads_to != path and os.path.exists(leads_to):
            yield seen("space", path, where, files=0, bytes=0, leads_to=leads_to)
            path = leads_to
        safe_paths.components(path, safe_paths.LEAST_COMPONENTS)
        safe_remove.refuse_system_directory(path)
        files, size = _size(path, in_home)
        yield seen("space", path, where, files=files, bytes=size)
    except (EndpointError, OSError) as error:
        yield not_checked("space", path, where, error)


def _size(path, in_home):
    """Return the number of files in a tree and the bytes to read; a hole in a file takes no space in an archive."""
    files = size = 0
    for entry in walk(path, one_mount=in_home, in_order=False):
        if not stat.S_ISDIR(entry.status.st_mode):
            files += 1
            size += min(entry.status.st_size, entry.status.st_blocks * BLOCK)
    return files, size
