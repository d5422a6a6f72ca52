# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The flags of chattr(1) that keep even root from removing a file: immutable (i) and append-only (a)."""

import errno
import fcntl
import os
import stat
import struct

from .opening import READ

# FS_IOC_GETFLAGS and FS_IOC_SETFLAGS of linux/fs.h, whose argument is documented as a long but read as an int.
GET = (2 << 30) | (struct.calcsize("l") << 16) | (ord("f") << 8) | 1
SET = (1 << 30) | (struct.calcsize("l") << 16) | (ord("f") << 8) | 2
LETTERS = {"i": 0x10, "a": 0x20}
NOT_HERE = (errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS)


def of(descriptor):
    """Return which of the flags an open file or directory has: '', 'i', 'a' or 'ia'; '' where there are no flags."""
    flags = _get(descriptor)
    return "".join(letter for letter, bit in LETTERS.items() if flags & bit)


def of_name(name, folder):
    """Return the flags of a name in an open directory; '' if it is neither a file nor a directory."""
    mode = os.lstat(name, dir_fd=folder).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        return ""
    descriptor = os.open(name, READ, dir_fd=folder)
    try:
        return of(descriptor)
    finally:
        os.close(descriptor)


def turn(descriptor, letters, on):
    """Set or clear flags of an open file or directory; all other flags stay."""
    before = _get(descriptor)
    bits = sum(LETTERS[letter] for letter in letters)
    after = before | bits if on else before & ~bits
    if after != before:
        fcntl.ioctl(descriptor, SET, struct.pack("l", after))


def _get(descriptor):
    try:
        return struct.unpack_from("i", fcntl.ioctl(descriptor, GET, struct.pack("l", 0)))[0]
    except OSError as error:
        if error.errno in NOT_HERE:
            return 0
        raise
