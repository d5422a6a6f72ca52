# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Write a configuration file whose text before and after is in the plan."""

import os
import stat

from ...posix.errors import EndpointError
from ...posix.files import safe_paths, safe_remove, safe_write


def look(target):
    """Return True if the file has the planned text and mode."""
    status, _link = safe_paths.lstat(target["path"])
    if status is None or not stat.S_ISREG(status.st_mode):
        return False
    return _mode(target) == stat.S_IMODE(status.st_mode) and safe_paths.read_text(target["path"]) == target["after"]


def do(target):
    """Write the file, if it is still what the plan was made from."""
    current = safe_paths.read_text(target["path"])
    if current not in (target["before"], target["after"]) and not target["anyhow"]:
        raise EndpointError(
            "file_drifted",
            "Writing a configuration file",
            target["path"],
            "its text is neither the one before nor the one after in the plan",
            "Plan again.",
        )
    safe_write.write_text(target["path"], target["after"], _mode(target))


def undo(target):
    """Restore the earlier text and mode; remove a file that did not exist, with the directories created for it."""
    if target["before"] is not None:
        safe_write.write_text(target["path"], target["before"], int(target["before_mode"], 8))
        return
    safe_remove.remove(target["path"], "file")
    for folder in reversed(target["parents"]):
        if os.path.isdir(folder) and not os.listdir(folder):
            safe_remove.remove(folder, "empty")


def tidy(target):
    """Remove the draft that a killed process has left."""
    safe_write.discard(target["path"])


def _mode(target):
    return int(target["mode"], 8)
