# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Paths that exist: the paths themselves, not the targets of links."""

import stat

from ...linux import dpkg_status
from ...posix.errors import EndpointError
from ..items import not_checked, seen

TYPES = (
    (stat.S_ISLNK, "link"),
    (stat.S_ISDIR, "directory"),
    (stat.S_ISREG, "file"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISFIFO, "fifo"),
)
MOST_CHILDREN = 200


def collect(asked, look):
    """Yield an item of each path of ``asked['paths']`` that is there, and of everything in ``asked['children_of']``.

    For directories in ``asked['listed']``, the names in them are reported. For a folder's content, it is reported if it
    is the same directory as one of the asked paths, through any link or mount.
    """
    listed, names = set(asked["listed"]), {}
    for path in asked["paths"]:
        yield from _item(path, look, path in listed, lambda path: look.owners.get(path, ""), names)
    strays, unseen = _children(asked["children_of"], set(asked["paths"]), look)
    owner_of, known = _owner_of(strays, look), dict(names)
    for path in strays:
        for item in _item(path, look, True, owner_of, names):
            same = known.get(names.get(path))
            if same is not None:
                item["value"]["same_as"] = same
            yield item
    yield from unseen


def _children(folders, known, look):
    """Return the paths of the folders' content that is not known yet, and items for what could not be read."""
    strays, unseen = [], []
    for folder in folders:
        try:
            names = look.tree.names(folder)
        except EndpointError as error:
            unseen.append(not_checked("path", folder + "/*", folder, error))
            continue
        children = [folder + "/" + name for name in names[:MOST_CHILDREN]]
        strays += [path for path in children if path not in known]
        if len(names) > MOST_CHILDREN:
            unseen.append(not_checked("path", folder + "/*", folder, "more than %d entries" % MOST_CHILDREN))
    return strays, unseen


def _owner_of(paths, look):
    """Return a function that returns which package owns a path, or raises why that is not known."""
    found, failures = {}, []
    try:
        for path, package in dpkg_status.owners([path for path in paths if path not in look.owners], look.tree):
            found[path] = package
    except (EndpointError, OSError) as error:
        failures.append(error)

    def told(path):
        owner = look.owners.get(path) or found.get(path, "")
        if failures and not owner:
            raise failures[0]
        return owner

    return told


def type_of(mode):
    """Return the name of a file type: link, directory, file, socket, fifo or device."""
    return next((name for test, name in TYPES if test(mode)), "device")


def _item(path, look, is_listed, owner_of, names):
    """Yield the item of a path, and note in ``names`` what it is: {(device, inode): first path, path: both}."""
    try:
        status, target, real = look.tree.lstat(path)
        if status is not None:
            names[path] = (status.st_dev, status.st_ino)
            names.setdefault(names[path], path)
            yield seen("path", path, path, **_describe(path, status, target, real, look, is_listed, owner_of))
    except (EndpointError, OSError) as error:
        yield not_checked("path", path, path, error)


def _describe(path, status, target, real, look, is_listed, owner_of):
    described = {
        "type": type_of(status.st_mode),
        "mode": "%04o" % stat.S_IMODE(status.st_mode),
        "uid": status.st_uid,
        "gid": status.st_gid,
        "owner": owner_of(path),
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
