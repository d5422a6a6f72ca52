# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Paths below the homes of local users."""

from ...posix.errors import EndpointError
from ..items import not_checked, seen
from ..look import PASSWD
from .paths import type_of


def collect(asked, look):
    """Yield an item of each path that is in a home; ``asked`` is a list of paths relative to one."""
    for home, user in sorted(look.homes().items()):
        for below in asked:
            path = home + "/" + below
            try:
                status = look.tree.lstat(path)[0]
            except EndpointError as error:
                yield not_checked("home_path", path, home, error)
                continue
            if status is not None:
                yield seen("home_path", path, home, below=below, user=user, type=type_of(status.st_mode))
    if asked:
        yield from look.unseen_homes("home_path")
    if asked and look.odd_user():
        # Whose home it was is not known.
        yield not_checked("home_path", "all", PASSWD, look.odd_user())
