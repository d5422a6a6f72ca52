# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""A clock that cannot be set, which counts from the boot, and the ID of that boot."""

import time

# Python 3.6 has no constant for it. It continues while the host sleeps.
CLOCK_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", 7)
BOOT_ID = "/proc/sys/kernel/random/boot_id"


def seconds():
    """Return the seconds (float) since the host was started."""
    return time.clock_gettime(CLOCK_BOOTTIME)


def boot_id():
    """Return an ID of this boot; an empty text if the kernel has none."""
    try:
        with open(BOOT_ID, encoding="ascii", errors="replace") as stream:
            return stream.read().strip()
    except OSError:
        return ""
