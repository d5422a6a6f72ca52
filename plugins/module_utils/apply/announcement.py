# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Tell the host's log what begins and ends, and keep it in the journal of runs.

Security monitoring will see an antivirus being stopped: the line with the change id and the plan's digest tells it why.
"""

import syslog

from ..system import own_journal


def _tell(text):
    syslog.openlog("avshift", syslog.LOG_PID, syslog.LOG_AUTHPRIV)
    syslog.syslog(syslog.LOG_NOTICE, text)
    syslog.closelog()


def _line(word, target):
    return "endpoint migration %s: change %s, plan %s" % (word, target["change_id"] or "-", target["digest"])


class Announce:
    """The first step of every change."""

    @staticmethod
    def look(target):
        """Return True if the run with this plan has begun and not ended."""
        return own_journal.status(target["digest"]) == "begun"

    @staticmethod
    def do(target):
        """Write the line and begin the run in the journal."""
        _tell(_line("begins", target))
        own_journal.note(target["digest"], status="begun", change_id=target["change_id"], products=target["products"])

    @staticmethod
    def undo(target):
        """Say that the run was taken back; the journal keeps that it was tried."""
        _tell(_line("was taken back", target))
        own_journal.note(target["digest"], status="rolled_back")


class Finish:
    """The last step of every change."""

    @staticmethod
    def look(target):
        """Return True if the run with this plan has ended."""
        return own_journal.status(target["digest"]) == "done"

    @staticmethod
    def do(target):
        """Write the line and end the run in the journal."""
        _tell(_line("is done", target))
        own_journal.note(target["digest"], status="done")
