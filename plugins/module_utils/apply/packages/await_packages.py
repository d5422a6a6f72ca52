# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Wait until the package databases are free: protection is not stopped for packages that cannot be removed."""

from ...linux import package_locks

CHANGES = False


def look(_target):
    """Return False: a database that is free now may be locked the next moment."""
    return False


def let_end(target):
    """Wait until all of them are free; EndpointError naming the holder when the limit is reached."""
    for database in target["databases"]:
        package_locks.wait(database, target["limit"])


def do(target):
    """Do the same: nothing is changed."""
    let_end(target)
