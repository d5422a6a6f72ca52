# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Install a product from the vendor's installer or package, if it is the one that was approved.

A target is {path, sha256}, with {changes} for a package, or {argv, limit, installed, uninstall} for an installer.
"""

import os

from ...posix.errors import EndpointError
from ...posix.files import kit_file, trust
from ...posix.own import own_places
from ...posix.running.commands import must
from . import apt, going_on, package_change, packages_install

REMEDY = "Check the installer's log."
HALF_WAY = True


def look(target):
    """Return True if what the installer brings is installed."""
    if "changes" in target:
        return packages_install.look(_by_apt(target))
    return os.path.exists(target["installed"])


def let_end(target):
    """Wait for an installer that a killed run has started: two beside each other could break what both install."""
    limit = target.get("limit", package_change.LIMIT)
    if not going_on.ends_within(own_places.are_used, limit):
        cause = "one that an earlier run has started is still at work, after another %d s" % limit
        remedy = "Let that process finish, or end it, and run again; nothing was installed beside it."
        raise EndpointError("installer_at_work", "Running the vendor's installer", target["path"], cause, remedy)
    tidy(target)


def do(target):
    """Install it, unless an installer that a killed run has started does so by its end."""
    let_end(target)
    if not look(target):
        _install(target)


def _install(target):
    """Install from a copy that belongs to root; with a package, nothing else may be installed."""
    is_run = "changes" not in target
    with kit_file.copied(target["path"], target["sha256"], is_run) as copy:
        if is_run:
            argv = [word.replace(target["path"], copy) for word in target["argv"]]
            must(argv, target["limit"], "Running the vendor's installer", REMEDY, lasting=True)
        else:
            apt.change(["--no-install-recommends", "install", copy], _names(target))


def undo(target):
    """Remove it as the vendor does, or purge its package."""
    going_on.let_end(lambda: going_on.is_installing(target), target["path"])
    for command in target["uninstall"]:
        if os.path.exists(command["argv"][0]):
            trust.must_be(command["argv"][0], "Removing the replacement")
            must(command["argv"], command["limit"], "Removing the replacement", REMEDY, lasting=True)
    if "changes" in target:
        packages_install.undo(_by_apt(target))


def tidy(_target):
    """Remove the copy that a killed process has left, unless the installer still runs from it."""
    own_places.remove_left_unused()


def _by_apt(target):
    """Return the target as that of packages; installers that are packages are Debian packages."""
    return dict(target, by="apt-get")


def _names(target):
    return {change["name"] for change in target["changes"]}
