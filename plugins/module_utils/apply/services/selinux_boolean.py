# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Set an SELinux boolean persistently."""

from ...collect.trust.selinux_booleans import values
from ...posix.running.commands import must

ASK_LIMIT = 30
# The policy is rebuilt.
LIMIT = 300
REMEDY = "See 'getsebool -a' and 'semanage boolean -l' on the host."


def look(target):
    """Return True if it has the planned value now."""
    told = must(["getsebool", target["name"]], ASK_LIMIT, "Reading a boolean of SELinux", REMEDY).output
    return dict(values(told.splitlines())).get(target["name"]) is target["on"]


def do(target):
    """Set it persistently."""
    _switch(target["name"], target["on"])


def undo(target):
    """Set it back."""
    _switch(target["name"], not target["on"])


def _switch(name, on):
    must(["setsebool", "-P", name, "on" if on else "off"], LIMIT, "Switching a boolean of SELinux", REMEDY)
