# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove a local user, after everything that it could own is gone; its home is none of this step's business."""

from ...collect.look import Look
from ...collect.trust import accounts
from ...posix.running.commands import must

LIMIT = 60


def look(target):
    """Return True if there is no such local user, nor the group of its own that was to go with it."""
    return not _user(target["name"]) and not (target["own_group"] and _group(target["name"]))


def do(target):
    """Remove it by the system's own tool, which refuses while a process runs as that user.

    Whether that tool takes along the group that has the user's name depends on its configuration.
    """
    if _user(target["name"]):
        must(["userdel", target["name"]], LIMIT, "Removing an account", "Find out which process runs as this user.")
    if target["own_group"] and _group(target["name"]):
        must(["groupdel", target["name"]], LIMIT, "Removing an account's own group", "Find out which account has it.")


def _user(name):
    return list(accounts.collect_users([name], Look()))


def _group(name):
    return list(accounts.collect_groups([name], Look()))
