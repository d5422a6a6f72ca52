# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Set aside a dpkg script that cannot succeed, so that its package can be removed without it."""

import os

from ...linux import dpkg_status
from ...posix.errors import EndpointError
from ...posix.files import safe_paths, safe_remove, safe_write
from . import going_on

MODE = 0o755
FOLDER_MODE = 0o700


def look(target):
    """Return True if the script is not where dpkg would run it."""
    return safe_paths.lstat(_script(target))[0] is None


def do(target):
    """Copy it to its backup path, and then remove it."""
    script, aside = _script(target), target["aside"]
    text = safe_paths.read_text(script)
    folder = os.path.dirname(aside)
    os.makedirs(os.path.dirname(folder), FOLDER_MODE, exist_ok=True)
    safe_write.write_text(aside, text, MODE)
    os.chmod(folder, FOLDER_MODE)
    safe_remove.remove(script, "file")


def undo(target):
    """Put it back, unless its package has gone; then no package would own it."""
    # A removal that goes on must not meet it.
    going_on.let_end(lambda: going_on.is_changing([target["package"]]), target["package"])
    script = _script(target)
    if not dpkg_status.named([target["package"]]):
        raise EndpointError(
            "package_gone",
            "Restoring a script",
            script,
            "its package has been removed",
            "It is no longer needed and stays in %s." % target["aside"],
        )
    safe_write.write_text(script, safe_paths.read_text(target["aside"]), MODE)
    safe_remove.remove(target["aside"], "file")


def tidy(target):
    """Remove the drafts that a killed process has left."""
    for path in (target["aside"], _script(target)):
        safe_write.discard(path)


def _script(target):
    """Return the script's path; refuse any that does not belong to dpkg."""
    folder, name = os.path.split(target["script"])
    if folder != dpkg_status.LISTS or name.rpartition(".")[2] not in dpkg_status.REMOVAL_SCRIPTS:
        raise EndpointError(
            "path_refused", "Setting a script aside", target["script"], "it does not belong to dpkg", "Plan again."
        )
    return target["script"]
