# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Where rpm's database is, without loading the code that reads it: most hosts have none."""

HOMES = ("/var/lib/rpm", "/usr/lib/sysimage/rpm", "/usr/share/rpm")
# The files that contain the packages themselves, by kind of database.
DATABASES = ("rpmdb.sqlite", "Packages.db", "Packages")
# Files that exist only beside these: if only they are left, there was a database once.
BESIDE = {"rpmdb.sqlite-wal", "Index.db", "Name", "Basenames", "Providename"}


def find(tree):
    """Return the directory of a root's database, or of what is left of one; None if there is neither."""
    for files in (set(DATABASES), BESIDE):
        for home in HOMES:
            if files & set(tree.names(home)):
                return home
    return None
