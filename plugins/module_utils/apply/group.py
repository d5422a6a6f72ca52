# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove a local group, after everything that it could own is gone."""

from ..collect import accounts
from ..collect.look import Look
from ..system.commands import must

LIMIT = 60


def look(target):
    """Return True if there is no such local group."""
    return not list(accounts.collect_groups([target["name"]], Look()))


def do(target):
    """Remove it by the system's own tool, which refuses while it is some account's primary group."""
    must(["groupdel", target["name"]], LIMIT, "Removing a group", "See which account has it as its primary group.")
