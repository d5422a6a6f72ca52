# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove packages by dpkg alone, where apt is missing or refuses because of what has nothing to do with this plan.

dpkg orders packages by what they depend on, takes nothing along, and finishes its own notes of a run that was
interrupted.
"""

import os

from .package_change import made, rehearsed

NOTES = "/var/lib/dpkg/updates"


def finish_notes(lock_wait):
    """Let dpkg take over its own notes of a run that was interrupted, with which apt refuses to work.

    A host that has some when it is planned is refused: these are of a run of ours. To get no answer about selections
    is the least that makes dpkg do so; it configures no package.
    """
    if os.path.isdir(NOTES) and os.listdir(NOTES):
        made(["dpkg", "--set-selections"], "dpkg", lock_wait)


def purge(known, insisting, target):
    """Remove packages (names as dpkg takes them) with their configuration; ``insisting`` are further options."""
    rehearsed(["dpkg", "--no-act"] + insisting + ["--purge"] + known, "dpkg")
    made(["dpkg"] + insisting + ["--purge"] + known, "dpkg", target["lock_wait"])
