# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""What is mounted where, as the kernel reports it."""

import os
import re

TABLE = "/proc/self/mountinfo"
MOUNT_POINT = 4
OCTAL = re.compile(r"\\([0-3][0-7]{2})")


def mounts(lines):
    """Yield (mount point, source, type) of each line of mountinfo, see proc(5); others are skipped. Never raises."""
    for line in lines:
        first, separator, second = line.rstrip("\n").partition(" - ")
        fields, more = first.split(" "), second.split(" ")
        if separator and len(fields) > MOUNT_POINT and len(more) > 1:
            yield _plain(fields[MOUNT_POINT]), _plain(more[1]), more[0]


def now():
    """Return [(mount point, source, type)] of this process's namespace; ValueError if a line cannot be parsed."""
    with open(TABLE, encoding="utf-8", errors="surrogateescape") as stream:
        lines = [line for line in stream if line.strip()]
    found = list(mounts(lines))
    if len(found) != len(lines):
        raise ValueError("%s: a line cannot be parsed" % TABLE)
    return found


def mount_of(descriptor):
    """Return an ID of the mount that an open file is on: a bind mount has no device number of its own."""
    device = os.fstat(descriptor).st_dev
    with open("/proc/self/fdinfo/%d" % descriptor, encoding="ascii", errors="replace") as stream:
        told = [line.split()[1:] for line in stream if line.startswith("mnt_id:")]
    return device, told


def _plain(word):
    return OCTAL.sub(lambda found: chr(int(found.group(1), 8)), word)
