# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove packages with their configuration, in one go, so that the package manager orders them."""

from ..system import dpkg_status
from ..system.tree import Tree
from . import apt


def look(target):
    """Return True if dpkg knows none of the packages any more."""
    return not dpkg_status.named(target["names"])


def do(target):
    """Purge them; nothing else may go."""
    native = dpkg_status.native_architecture(Tree())
    known = [dpkg_status.qualified(found, native) for found in dpkg_status.named(target["names"])]
    apt.change(["purge"] + known, set(target["names"]))
