# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The host's memory, and the free space where something is to be installed."""

import os
import re

from ...posix.errors import EndpointError
from ..items import not_checked, seen

MEMORY = "/proc/meminfo"
NUMBER = re.compile(r"[0-9]{1,15}\Z")
KIB, MIB = 1 << 10, 1 << 20


def memory_mb(text):
    """Return the total memory in MiB from the text of /proc/meminfo, None if it does not say. Never raises."""
    for line in text.split("\n"):
        words = line.split()
        if len(words) == 3 and words[0] == "MemTotal:" and NUMBER.match(words[1]):
            return int(words[1]) * KIB // MIB
    return None


def collect(asked, look):
    """Yield an item of each path: the host's memory and the free space there, in MiB."""
    try:
        memory = memory_mb(look.tree.text(MEMORY) or "")
    except EndpointError as error:
        yield not_checked("resources", asked[0], MEMORY, error)
        return
    for path in asked:
        place = os.statvfs(_nearest(path))
        yield seen("resources", path, MEMORY, memory_mb=memory, free_mb=place.f_bavail * place.f_frsize // MIB)


def _nearest(path):
    return path if os.path.isdir(path) else _nearest(os.path.dirname(path))
