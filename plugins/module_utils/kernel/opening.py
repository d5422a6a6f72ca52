# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""How files are opened so that no link is followed, and directories listed."""

import os

# A FIFO or a device must not block the process that opens it, nor become its terminal.
READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A new file, which fails if there is anything of its name.
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# Python 3.6 cannot scan a descriptor.
BY_DESCRIPTOR = os.scandir in os.supports_fd


def scanned(descriptor):
    """Return an iterator over the entries of an open directory, which are read in batches."""
    return os.scandir(descriptor if BY_DESCRIPTOR else "/proc/self/fd/%d" % descriptor)
