# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Whether the package managers can work: their tools, which process is using them, and interrupted operations."""

import os

from ...linux import dpkg_status, package_locks, rpm_home
from ...posix.errors import EndpointError
from ...posix.names import any_of
from ...posix.running.commands import SEARCH_PATH
from ..items import not_checked, seen
from . import package_holds

# The first of these on a host is the one that it is administered with.
TOOLS = {"dpkg": ("apt-get", "dpkg"), "rpm": ("dnf", "zypper", "rpm")}


def collect(asked, look):
    """Yield an item of dpkg and of rpm, if the host has their databases; ``asked['names']`` are packages of interest.

    For these, the item says whether they are held, and which removal scripts they have.
    """
    if look.tree.lstat(dpkg_status.STATUS)[0] is not None:
        try:
            yield _dpkg(any_of(asked["names"]), look.tree)
        except EndpointError as error:
            yield not_checked("package_manager", "dpkg", dpkg_status.HOME, error)
    folder = rpm_home.find(look.tree)
    if folder is not None:
        fits = any_of(asked["names"])
        try:
            held = _held_of_rpm(fits, folder, look.tree)
            yield _item("rpm", folder, unsettled={}, noted=[], held=held, scripts={})
        except EndpointError as error:
            yield not_checked("package_manager", "rpm", folder, error)


def _held_of_rpm(fits, folder, tree):
    """Return which packages of interest the tool above rpm is configured to keep; rpm alone keeps none."""
    kept = package_holds.patterns(tools("rpm")[0], tree) if tools("rpm") else []
    if not kept:
        return []
    from ...linux import rpm_database

    with rpm_database.Database(tree, folder) as database:
        return package_holds.held({found["name"] for found in database.all() if fits(found["name"])}, kept)


def tools(database):
    """Return which of a database's tools the host has, in the order of preference."""
    folders = SEARCH_PATH.split(":")
    return [
        tool for tool in TOOLS[database] if any(os.access(os.path.join(folder, tool), os.X_OK) for folder in folders)
    ]


def _dpkg(fits, tree):
    known = dpkg_status.packages(fits, "", tree)
    return _item(
        "dpkg",
        dpkg_status.HOME,
        unsettled={told["name"]: told["status"] for told in dpkg_status.unsettled(tree)},
        noted=dpkg_status.noted(tree),
        held=sorted(told["name"] for told in known if dpkg_status.is_held(told)),
        scripts={told["name"]: dpkg_status.scripts(told, tree) for told in known},
    )


def _item(what, where, **value):
    held = package_locks.holder(what)
    return seen(
        "package_manager",
        what,
        where,
        tools=tools(what),
        locked_by=package_locks.told(held, with_pid=False) if held else "",
        **value,
    )
