# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""What else depends on a local user or group: processes, a home that is not empty, users whose primary group it is."""

import itertools
import os
import stat

from ...linux.containers import container_of
from ...posix.errors import EndpointError
from ...posix.files.tree_walk import walk
from ...posix.running import bounded
from ..items import seen
from ..look import PASSWD
from .accounts import GROUPS, groups

MOST_FILES = 1000000
# The groups that users get if their primary group is removed; the first one that the system has.
NOBODYS = ("nogroup", "nobody")


def collect_users(asked, look):
    """Yield an item of each named local user that exists; ``asked`` is a list of names."""
    known = _groups(look)
    for name, uid, gid, home, _shell in look.users():
        if name in asked:
            own = [members for group, number, members in known if (group, number) == (name, gid)]
            yield seen(
                "account_use",
                name,
                PASSWD,
                executables=sorted({process.path for process in look.processes() if _runs_as(process.pid, uid)}),
                home=_state(home) if _is_here(home, look) else "holds files",
                member_of=sorted(group for group, _number, members in known if name in members),
                own_group=bool(own) and not own[0] and _only_user(look, gid),
            )


def collect_groups(asked, look):
    """Yield an item of each named local group that exists, with the users whose primary group it is."""
    known = _groups(look)
    names = {name for name, _gid, _members in known}
    for name, gid, _members in known:
        if name in asked:
            users = [(user, home) for user, _uid, own, home, _shell in look.users() if own == gid]
            yield seen(
                "group_use",
                name,
                GROUPS,
                users=[{"name": user, "home": home, "owns": _owns(home, gid, look)} for user, home in sorted(users)],
                nobodys=next((group for group in NOBODYS if group in names), ""),
            )


def _groups(look):
    return list(groups(look.lines_of(GROUPS)))


def _only_user(look, gid):
    return len([user for user, _uid, own, _home, _shell in look.users() if own == gid]) == 1


def _runs_as(pid, uid):
    try:
        return os.stat("/proc/%d" % pid).st_uid == uid and not container_of(pid)
    except OSError:
        return False


def _state(path):
    bounded.at(path)
    try:
        return "holds files" if next(os.scandir(path), None) is not None else "empty"
    except OSError:
        return "missing"


def _owns(home, gid, look):
    return _is_here(home, look) and _has_files_of(home, gid)


def _has_files_of(home, gid):
    """Return True if anything in a home belongs to a group; a system directory is not searched."""
    if len([name for name in home.split("/") if name]) < 2:
        return False
    try:
        status = os.lstat(home)
    except OSError:
        return False
    if not stat.S_ISDIR(status.st_mode) or status.st_gid == gid:
        return stat.S_ISDIR(status.st_mode)
    try:
        for entry in itertools.islice(walk(home, one_mount=True, in_order=False), MOST_FILES):
            if entry.status.st_gid == gid:
                return True
    except (EndpointError, OSError):
        # An inaccessible or moving entry does not prevent the check of an account.
        return False
    return False


def _is_here(home, look):
    """Return False for a home that another machine or a process serves: its content is not checked."""
    return look.tree.is_here(home)
