# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Processes that hold fanotify permission marks: the ones that really stand between a file and its reader."""

from ..system import interception
from .items import seen


def collect(_asked, _root):
    """Yield an item of each executable that holds permission marks, with how many."""
    marks = {}
    for pid, path in interception.executables():
        count = len(interception.permission_marks(pid))
        if count:
            marks[path] = marks.get(path, 0) + count
    for path, count in sorted(marks.items()):
        yield seen("interceptor", path, "/proc", marks=count)
