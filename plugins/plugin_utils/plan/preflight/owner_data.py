# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The owner's data: whether there is room to archive it."""

from __future__ import annotations

from collections.abc import Iterator

from ...detect.match import BROKEN, INSTALLED, RUNNING
from ..model import Check
from .case import Case

ROOM_FACTOR = 2
ROOM_FOR_PACKAGES = 200 * 1024 * 1024


def _room(case: Case) -> Iterator[Check]:
    free = case.data.room
    if not case.steps or free is None:
        return
    needed = case.data.wanted * ROOM_FACTOR + ROOM_FOR_PACKAGES
    level, title = ("ok", "There is enough disk space for the archive and the packages")
    if free < needed:
        level, title = ("error", "There is not enough disk space for the archive and the packages")
    # No numbers here: they change by themselves, and the record shows them.
    yield Check(
        "disk_space",
        level,
        title,
        "free space compared with twice the archived data plus 200 MiB",
        "Free some space and plan again.",
    )


def _left_to_users(case: Case) -> Iterator[Check]:
    if case.data.left_to_users:
        yield Check(
            "left_to_users",
            "warning",
            "Data in home directories is too large to archive, or could not be checked",
            ", ".join(case.data.left_to_users),
            "It is neither archived nor removed: have its user remove it.",
        )


def _encrypted(case: Case) -> Iterator[Check]:
    able = any(finding.state in (RUNNING, INSTALLED, BROKEN) for finding in case.removing())
    if case.data.encrypted:
        yield Check(
            "backup_encrypted",
            "overridable" if able else "warning",
            "The backup storage has files that only the product can restore",
            "; ".join(f"{path}: {number} files" for path, number in case.data.encrypted),
            "Use the product to restore the files that you still need, and plan again. Or accept this ID: the "
            "files are archived as they are, and no other program can read them."
            if able
            else "The product is already gone. The files are archived as they are.",
        )


def _moved(case: Case) -> Iterator[Check]:
    if case.data.moved:
        yield Check(
            "backup_moved",
            "warning",
            "Data has been moved out of the product's directories",
            "; ".join(case.data.moved),
            "It is archived too, but stays where it is: remove it by hand when you no longer need it.",
        )


def _paths_elsewhere(case: Case) -> Iterator[Check]:
    """Name what a product's own configuration puts where its directories are not: nothing says whose else it is."""
    if case.data.elsewhere:
        yield Check(
            "paths_elsewhere",
            "warning",
            "The product's own configuration puts files outside its directories",
            "; ".join(case.data.elsewhere),
            "They stay, because it is not known what else is there. Check them by hand after the change.",
        )


CHECKS = (_room, _left_to_users, _encrypted, _moved, _paths_elsewhere)
