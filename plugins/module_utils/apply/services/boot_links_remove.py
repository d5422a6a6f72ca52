# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove the links that start a unit or SysV script at boot, under whatever name a package's scripts created them."""

import os
import posixpath

from ...collect.running.units import boot_links
from ...posix.files import safe_remove
from ...posix.files.tree import Tree


def look(target):
    """Return True if nothing starts or stops the unit at boot."""
    return not _links(target["unit"])


def do(target):
    """Remove the links that are there now: disabling a service renames them."""
    for path in _links(target["unit"]):
        safe_remove.remove(path, "file")


def starting(unit):
    """Return the links that start a unit at boot; run-level links whose names begin with K only stop it."""
    return [path for path in _links(unit) if not posixpath.basename(path).startswith("K") or not _is_by_level(path)]


def take_away(unit):
    """Remove the links that start a unit at boot; return [path, what it pointed to] of each.

    They are removed directly: systemctl disable skips masked units, and for a SysV script it calls a
    program that first creates links and then renames them.
    """
    links = [[path, os.readlink(path)] for path in starting(unit)]
    for path, _pointed_to in links:
        safe_remove.remove(path, "file")
    return links


def _is_by_level(path):
    return posixpath.dirname(path).startswith("/etc/rc")


def _links(unit):
    return [path for path, name in boot_links(Tree()) if name == unit]
