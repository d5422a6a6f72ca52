# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Clear the chattr(1) flags that keep files from being removed, only on the files that the plan names."""

import os
import stat

from ...kernel import file_flags, opening
from ...posix.errors import EndpointError
from ...posix.files import safe_paths


def look(target):
    """Return True if none of the files has its flags any more."""
    return not any(_has(told) for told in target["flagged"])


def do(target):
    """Clear them. A file with another hard link keeps them: it does not belong to the product alone."""
    for told in target["flagged"]:
        _turn(told, False)


def undo(target):
    """Set them again if the file is still there."""
    for told in target["flagged"]:
        _turn(told, True)


def _has(told):
    descriptor = _opened(told["path"])
    if descriptor is None:
        return False
    try:
        return any(letter in file_flags.of(descriptor) for letter in told["flags"])
    finally:
        os.close(descriptor)


def _turn(told, on):
    descriptor = _opened(told["path"])
    if descriptor is None:
        return
    try:
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
            raise EndpointError(
                "path_immutable",
                "Clearing the flags of a file",
                safe_paths.shown(told["path"]),
                "it has another name elsewhere, so it does not belong to the product alone",
                "Find its other names with 'find -samefile' and clear the flags by hand.",
            )
        file_flags.turn(descriptor, told["flags"], on)
    finally:
        os.close(descriptor)


def _opened(path):
    """Return a descriptor of a file or directory, without following links; None if it is missing or something else."""
    return safe_paths.opened(path, opening.READ, lambda mode: stat.S_ISREG(mode) or stat.S_ISDIR(mode))
