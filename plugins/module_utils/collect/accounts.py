# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Local groups and who is in them."""

import re

from ..system import safe_paths
from .items import seen

GROUPS = "/etc/group"
NUMBER = re.compile(r"[0-9]{1,10}\Z")


def groups(lines):
    """Yield (name, gid, members) of each well-formed line of a group file; others are skipped. Never raises."""
    for line in lines:
        fields = line.rstrip("\n").split(":")
        if len(fields) == 4 and fields[0] and NUMBER.match(fields[2]):
            yield fields[0], int(fields[2]), [name for name in fields[3].split(",") if name]


def collect(asked, root):
    """Yield an item of each named local group that exists; ``asked`` is a list of names."""
    wanted = set(asked)
    text = safe_paths.read_text(GROUPS, root) or ""
    for name, gid, members in groups(text.splitlines()):
        if name in wanted:
            yield seen("group", name, GROUPS, gid=gid, members=members)
