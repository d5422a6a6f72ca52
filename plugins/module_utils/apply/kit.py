# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Install a product from the vendor's kit, if it is the one that was approved.

A target is {path, sha256} and, of a package, {changes}; of an installer, {argv, limit, installed, uninstall}.
"""

import os

from ..system import kit_file
from ..system.commands import must
from ..system.errors import EndpointError
from . import apt, packages_install

REMEDY = "See the installer's log."


class Check:
    """Prove that the kit lies there as planned, before anything is stopped for it."""

    CHANGES = False

    @staticmethod
    def look(_target):
        """Return False: a proof is of the moment."""
        return False

    @staticmethod
    def do(target):
        """Compare the kit's checksum with the planned one; EndpointError if they differ."""
        found = kit_file.describe(target["path"])
        if found is None or found["sha256"] != target["sha256"]:
            raise EndpointError(
                "kit_differs",
                "Looking at the kit",
                target["path"],
                "it is not there" if found is None else "its SHA-256 is %s" % found["sha256"],
                "Put the kit there whose checksum stands in the option kit_sha256, and run again.",
            )


class Install:
    """Install from the kit."""

    HALF_WAY = True

    @staticmethod
    def look(target):
        """Return True if what the kit brings is installed."""
        if "changes" in target:
            return packages_install.look(_by_apt(target))
        return os.path.exists(target["installed"])

    @staticmethod
    def do(target):
        """Install it; of a package nothing else may come along."""
        Check.do(target)
        if "changes" in target:
            apt.change(["--no-install-recommends", "install", target["path"]], _names(target))
        else:
            must(target["argv"], target["limit"], "Running the vendor's installer", REMEDY)

    @staticmethod
    def undo(target):
        """Remove it as the vendor does, or purge its package."""
        for command in target["uninstall"]:
            if os.path.exists(command["argv"][0]):
                must(command["argv"], command["limit"], "Taking the replacement back", REMEDY)
        if "changes" in target:
            packages_install.undo(_by_apt(target))


def _by_apt(target):
    """Return the target as that of packages; kits that are packages are Debian's."""
    return dict(target, by="apt-get")


def _names(target):
    return {change["name"] for change in target["changes"]}
