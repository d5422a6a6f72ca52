# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove a local group, after everything that it could own is gone."""

from ...collect.look import Look
from ...collect.trust import accounts
from ...posix.running.commands import must

# Giving a user another primary group walks through the user's home.
MOVE_LIMIT, LIMIT = 600, 60


def look(target):
    """Return True if there is no such local group."""
    return not found(target["name"])


def do(target):
    """Give the users named in the plan another primary group, and remove this one with the system's own tool.

    That tool refuses while any other account has it as its primary group.
    """
    there = found(target["name"])
    for user in target["move"] if there else ():
        if user in there[0]["value"]["primary_of"]:
            argv = ["usermod", "-g", target["to"], user]
            must(argv, MOVE_LIMIT, "Changing a primary group", "Check the account and run again.")
    must(["groupdel", target["name"]], LIMIT, "Removing a group", "Find out which account has it as its primary group.")


def found(name):
    """Return the items of the group with a name: one, or none if it is gone."""
    return list(accounts.collect_groups([name], Look()))
