# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove a path that the catalog names; follow no link."""

import stat

from ...posix.files import safe_paths, safe_remove


def look(target):
    """Return True if nothing is at the path; for a directory that is removed only if empty, also if it is not empty."""
    status, _link = safe_paths.lstat(target["path"])
    if status is None:
        return True
    if target["scope"] == "empty" and stat.S_ISDIR(status.st_mode):
        return safe_paths.holds_others(target["path"], target["expected_gone"])
    return False


def do(target):
    """Remove it."""
    safe_remove.remove(target["path"], target["scope"])
