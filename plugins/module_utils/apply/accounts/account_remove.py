# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove a local user, after everything that it could own is gone. This step leaves the home directory alone."""

from ...collect.look import Look
from ...collect.trust import accounts
from ...posix.running.commands import must
from . import group_remove

LIMIT = 60


def look(target):
    """Return True if there is no such local user, and its own group, if that was to be removed, is gone too."""
    return not _user(target["name"]) and not (target["own_group"] and group_remove.found(target["name"]))


def do(target):
    """Remove it with the system's own tool, which refuses while a process runs as that user.

    Whether that tool also removes the group with the user's name depends on its configuration.
    """
    if _user(target["name"]):
        must(["userdel", target["name"]], LIMIT, "Removing an account", "Find out which process runs as this user.")
    if target["own_group"] and group_remove.found(target["name"]):
        must(["groupdel", target["name"]], LIMIT, "Removing an account's own group", "Find out which account has it.")


def _user(name):
    return list(accounts.collect_users([name], Look()))
