# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Local users and groups, and their members."""

import os

from ...posix import odd_lines
from ..items import not_checked, seen
from ..look import BLANKS, NUMBER, PASSWD

GROUPS = "/etc/group"


def groups(lines):
    """Yield (name, gid, members) of each well-formed line of a group file; others are skipped. Never raises."""
    for line in lines:
        fields = line.lstrip(BLANKS).rstrip("\n").split(":")
        if len(fields) == 4 and fields[0] and NUMBER.match(fields[2]):
            yield fields[0], int(fields[2]), [name for name in fields[3].split(",") if name]


def collect_users(asked, look):
    """Yield an item of each named local user that exists; ``asked`` is a list of names."""
    for name, uid, gid, home, shell in look.users():
        if name in asked:
            running = any(_owner(process.pid) == uid for process in look.processes())
            yield seen("account", name, PASSWD, uid=uid, gid=gid, home=home, shell=shell, running=running)
    if asked and look.odd_user():
        yield not_checked("account", "all", PASSWD, look.odd_user())


def collect_groups(asked, look):
    """Yield an item of each named local group that exists; ``asked`` is a list of names."""
    wanted = set(asked)
    lines = look.lines_of(GROUPS)
    for name, gid, members in groups(lines):
        if name in wanted:
            primary = sorted(user for user, _uid, own, _home, _shell in look.users() if own == gid)
            yield seen("group", name, GROUPS, gid=gid, members=members, primary_of=primary)
    odd = odd_lines.in_accounts(lines, (line for line in lines if list(groups([line]))))
    if asked and odd:
        yield not_checked("group", "all", GROUPS, odd)


def _owner(pid):
    try:
        return os.stat("/proc/%d" % pid).st_uid
    except OSError:
        return None
