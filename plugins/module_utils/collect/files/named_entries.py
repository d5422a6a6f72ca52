# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Entries of a directory whose names mean something."""

import os

from ...posix.errors import EndpointError
from ...posix.names import any_of
from ..items import not_checked, seen
from .paths import type_of


def collect(asked, look):
    """Yield an item of each entry that fits; ``asked`` is a list of {directory, name}, the name with * for anything."""
    for wanted in asked:
        folder, fits = wanted["directory"], any_of([wanted["name"]])
        try:
            for name in look.tree.names(folder):
                if fits(name):
                    path = os.path.join(folder, name)
                    status = look.tree.lstat(path)[0]
                    if status is not None:
                        yield seen("named_entry", path, folder, type=type_of(status.st_mode))
        except EndpointError as error:
            yield not_checked("named_entry", os.path.join(folder, wanted["name"]), folder, error)
