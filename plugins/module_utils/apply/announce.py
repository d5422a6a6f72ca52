# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The first step of every change: it is announced in the host's log, and its run begins in the journal."""

from ..agreed.runs import BEGUN, ROLLED_BACK
from ..posix.own import own_journal
from . import announcement

NOTED = ("change_id", "products", "pending")


def look(target):
    """Return True if the run with this plan has begun and not ended."""
    return own_journal.status(target["digest"]) == BEGUN


def do(target):
    """Write the line and begin the run in the journal."""
    announcement.say("begins", target)
    own_journal.note(target["digest"], status=BEGUN, **{key: target.get(key) for key in NOTED})


def undo(target):
    """Say that the run was rolled back; the journal keeps that it was tried."""
    facts = announcement.say_if_possible("was rolled back", target)
    own_journal.note(target["digest"], status=ROLLED_BACK)
    return facts
