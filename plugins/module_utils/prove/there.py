# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Ask for a directory in a child: the server of a file system may not answer."""

import os

from ..posix.running.child import told

LIMIT = 20


def is_there(path, mode=os.F_OK):
    """Return whether it is a directory that may be used as ``mode`` says; "timeout" if it does not answer."""
    return told(lambda tell: tell(os.path.isdir(path) and os.access(path, mode)), LIMIT)
