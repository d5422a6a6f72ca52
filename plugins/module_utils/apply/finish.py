# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The last step of every change: it ends the run in the host's log and in the journal."""

from ..agreed.runs import DONE
from ..posix.own import own_journal
from . import announcement


def look(target):
    """Return True if the run with this plan has ended."""
    return own_journal.status(target["digest"]) == DONE


def do(target):
    """Write the line and end the run in the journal."""
    facts = announcement.say_if_possible("is done", target)
    own_journal.note(target["digest"], status=DONE)
    return facts
