# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove packages with dpkg alone, if apt is missing or refuses for reasons that have nothing to do with this plan.

dpkg orders packages by their dependencies, removes nothing else, and finishes its own pending updates of an
interrupted run.
"""

import os

from .package_change import made, rehearsed

NOTES = "/var/lib/dpkg/updates"


def finish_notes():
    """Have dpkg apply its own pending updates of an interrupted run; apt refuses to work before that.

    A host that has pending updates when it is planned is refused, so these come from a run of this collection. Reading
    no selections is the smallest operation that makes dpkg do this; it configures no package.
    """
    if os.path.isdir(NOTES) and os.listdir(NOTES):
        made(["dpkg", "--set-selections"], "dpkg")


def purge(known, insisting):
    """Remove packages (names as dpkg takes them) with their configuration; ``insisting`` are further options."""
    rehearsed(["dpkg", "--no-act"] + insisting + ["--purge"] + known, "dpkg")
    made(["dpkg"] + insisting + ["--purge"] + known, "dpkg")
