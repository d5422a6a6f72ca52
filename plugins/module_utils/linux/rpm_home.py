# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Where rpm's database is, without loading what reads it: most hosts have none."""

HOMES = ("/var/lib/rpm", "/usr/lib/sysimage/rpm", "/usr/share/rpm")
# What holds the packages themselves, by kind of database.
DATABASES = ("rpmdb.sqlite", "Packages.db", "Packages")
# What lies beside these alone: where only they are left, the packages were known once.
BESIDE = {"rpmdb.sqlite-wal", "Index.db", "Name", "Basenames", "Providename"}


def find(tree):
    """Return the directory of a root's database, or of what is left of it; None if there is neither."""
    for files in (set(DATABASES), BESIDE):
        for home in HOMES:
            if files & set(tree.names(home)):
                return home
    return None
