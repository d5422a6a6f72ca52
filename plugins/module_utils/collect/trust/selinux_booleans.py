# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""SELinux booleans, as getsebool(8) lists them; a host without SELinux has none."""

import re

from ...posix.errors import EndpointError
from ...posix.running.commands import run
from ..items import not_checked, seen

LIMIT = 30
# "antivirus_can_scan_system --> off"
LINE = re.compile(r"^(\S+) --> (on|off)$")


def values(lines):
    """Yield (name, whether it is on) of each line of getsebool that names a boolean. Never raises."""
    for line in lines:
        match = LINE.match(line)
        if match:
            yield match.group(1), match.group(2) == "on"


def collect(asked, _look):
    """Yield an item of each asked boolean that the host's policy has; ``asked`` is a list of names.

    getsebool fails for a boolean that the policy does not have, and for all of them if SELinux is off.
    """
    for name in asked:
        try:
            told = dict(values(run(["getsebool", name], LIMIT).output.splitlines()))
        except EndpointError as error:
            if error.code != "command_missing":
                yield not_checked("selinux_boolean", name, "getsebool", error)
            continue
        if name in told:
            yield seen("selinux_boolean", name, "getsebool", on=told[name])
