# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Packages that dpkg or rpm knows, in any state."""

import os

from ...linux import dpkg_status, rpm_home
from ...posix.errors import EndpointError
from ...posix.names import any_of
from ..items import not_checked, seen
from ..look import ROOM

# What Python needs for a path besides its characters.
COST = 150


def collect(asked, look):
    """Yield an item of each known package that matches ``asked['names']`` or ``asked['word']``.

    ``names`` are exact or globs; ``word`` is lower-case text in a package's name or maker, '' for none. ``in`` are
    directories: what a package owns directly in them is reported.
    """
    for answer in (_of_dpkg, _of_rpm):
        yield from answer(asked, look)


def _of_dpkg(asked, look):
    fits, word, wrong = any_of(asked["names"]), asked["word"], []
    try:
        found = [told for told in dpkg_status.packages(fits, word, look.tree, wrong) if _is_asked(told, fits, word)]
        native = dpkg_status.native_architecture(look.tree) if found else ""
        depending = dpkg_status.dependents([told["name"] for told in found], look.tree) if found else {}
    except EndpointError as error:
        yield not_checked("package", "dpkg", dpkg_status.STATUS, error)
        return
    for cause in wrong[:1]:
        yield not_checked("package", "dpkg", dpkg_status.STATUS, dpkg_status.broken(cause))
    for told in found:
        try:
            owned = dpkg_status.files(told, look.tree)
            _take(owned, told["name"], look)
        except EndpointError as error:
            yield not_checked("package", "dpkg", dpkg_status.LISTS, error)
            owned = []
        yield _item(
            dpkg_status.qualified(told, native),
            dpkg_status.STATUS,
            told,
            owned,
            asked["in"],
            manager="dpkg",
            status=told.get("status", ""),
            installed=dpkg_status.is_installed(told),
            dependents=depending.get(told["name"], []),
        )


def _is_asked(told, fits, word):
    return fits(told["name"]) or (word and word in (told["name"] + " " + told.get("vendor", "")).lower())


def _of_rpm(asked, look):
    fits = any_of(asked["names"])
    folder = rpm_home.find(look.tree)
    if folder is None:
        return
    # Most hosts have one package manager, and loading unneeded code takes time.
    from ...linux import rpm_database

    try:
        with rpm_database.Database(look.tree, folder) as database:
            known = database.all()
            if not known and look.tree.lstat(dpkg_status.STATUS)[0] is None:
                yield not_checked("package", "rpm", folder, "it names no package, and there is no other such database")
            for told in known:
                if _is_asked(told, fits, asked["word"]):
                    owned = database.paths_of(told["name"])
                    _take(owned, told["name"], look)
                    yield _item(
                        "%s.%s" % (told["name"], told["architecture"]),
                        folder,
                        told,
                        owned,
                        asked["in"],
                        manager="rpm",
                        status="installed",
                        installed=True,
                        dependents=database.dependents(told["name"]),
                    )
    except (EndpointError, OSError) as error:
        yield not_checked("package", "rpm", folder, error)


def _take(owned, name, look):
    """Note which package owns which path. Raises EndpointError if that would take too much memory."""
    look.room -= sum(len(path) + COST for path in owned)
    if look.room < 0:
        raise EndpointError(
            "packages_too_large",
            "Checking which files belong to packages",
            name,
            "it is more than fits in %d bytes" % ROOM,
            "Check what is in %s." % dpkg_status.LISTS,
        )
    for path in owned:
        look.owners.setdefault(path, name)


def _item(what, where, told, owned, folders, **value):
    return seen(
        "package",
        what,
        where,
        name=told["name"],
        version=told.get("version", ""),
        architecture=told.get("architecture", ""),
        vendor=told.get("vendor", ""),
        owns=sorted(path for path in owned if os.path.dirname(path) in folders),
        **value,
    )
