# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Where rpm's database is, without loading what reads it: most hosts have none."""

HOMES = ("/var/lib/rpm", "/usr/lib/sysimage/rpm", "/usr/share/rpm")
FILES = {"rpmdb.sqlite", "Packages", "Packages.db"}


def find(tree):
    """Return the directory of a root's database, None if it has none."""
    return next((home for home in HOMES if FILES & set(tree.names(home))), None)
