# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Paths that are there: they themselves, not what a link in their place leads to."""

import stat

from ..system import dpkg_status
from ..system.errors import EndpointError
from .items import not_checked, seen

TYPES = (
    (stat.S_ISLNK, "link"),
    (stat.S_ISDIR, "directory"),
    (stat.S_ISREG, "file"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISFIFO, "fifo"),
)
MOST_CHILDREN = 200


def collect(asked, look):
    """Yield an item of each path of ``asked['paths']`` that is there, and of all that ``asked['children_of']`` hold.

    Of directories in ``asked['listed']`` the names in them are told.
    """
    listed = set(asked["listed"])
    for path in asked["paths"]:
        yield from _item(path, look, path in listed, False)
    known = set(asked["paths"])
    for folder in asked["children_of"]:
        try:
            names = look.tree.names(folder)
        except EndpointError as error:
            yield not_checked("path", folder + "/*", folder, error)
            continue
        for path in [folder + "/" + name for name in names[:MOST_CHILDREN]]:
            if path not in known:
                yield from _item(path, look, True, True)
        if len(names) > MOST_CHILDREN:
            yield not_checked("path", folder + "/*", folder, "more than %d entries" % MOST_CHILDREN)


def type_of(mode):
    """Return the name of a file type: link, directory, file, socket, fifo or device."""
    return next((name for test, name in TYPES if test(mode)), "device")


def _item(path, look, is_listed, find_owner):
    try:
        status, target, real = look.tree.lstat(path)
        if status is not None:
            yield seen("path", path, path, **_describe(path, status, target, real, look, is_listed, find_owner))
    except (EndpointError, OSError) as error:
        yield not_checked("path", path, path, error)


def _describe(path, status, target, real, look, is_listed, find_owner):
    owner = look.owners.get(path, "")
    described = {
        "type": type_of(status.st_mode),
        "mode": "%04o" % stat.S_IMODE(status.st_mode),
        "uid": status.st_uid,
        "gid": status.st_gid,
        "owner": dpkg_status.owner(path, look.tree) if find_owner and not owner else owner,
    }
    if target is not None:
        described["target"] = target
    if real != path:
        described["real"] = real
    if is_listed and described["type"] == "directory":
        names = look.tree.names(path)
        described["children"] = names[:MOST_CHILDREN]
        if len(names) > MOST_CHILDREN:
            described["more_children"] = len(names) - MOST_CHILDREN
    return described
