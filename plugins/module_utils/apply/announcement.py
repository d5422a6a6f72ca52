# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Write to the host's log what starts and ends, and keep it in the journal of runs.

Security monitoring will see an antivirus being stopped: the line with the change id and the plan's digest says why.
"""

import syslog

from ..posix.own import own_journal

NOTED = ("change_id", "products", "pending")


def target_of(steps):
    """Return the target of the announcement, which names the plan and the change; an empty dict if there is none."""
    return next((step["target"] for step in steps if step["kind"] == "announce"), {})


def begun_with(steps, pending):
    """Have the announcement note what is to be done; return the ids of what this run had done before it was
    interrupted, as far as it may be taken back: what was staged for a handover that took place protects the host.
    """
    for step in steps:
        if step["kind"] == "announce":
            step["target"]["pending"] = pending
            noted = own_journal.noted(step["target"]["digest"])
            begun = (noted.get("pending") or []) if noted.get("status") == "begun" else []
            parts = {one["id"]: one["part"] for one in steps}
            earlier = [name for name in begun if name in parts and name not in pending]
            only = "stage" if all(parts[name] == "stage" for name in earlier) else "remove"
            return [name for name in earlier if parts[name] == only]
    return []


def _tell(text):
    syslog.openlog("avshift", syslog.LOG_PID, syslog.LOG_AUTHPRIV)
    syslog.syslog(syslog.LOG_NOTICE, text)
    syslog.closelog()


def take_over(whose, target):
    """Write to the log whose place on the host is taken by the run of ``target``; nothing where it was free."""
    if whose:
        _tell("%s; it takes the place of %s" % (_line("goes on", target), whose))


def _line(word, target):
    change, plan = target.get("change_id") or "-", target.get("digest") or "-"
    return "endpoint migration %s: change %s, plan %s" % (word, change, plan)


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
        own_journal.note(target["digest"], status="begun", **{key: target.get(key) for key in NOTED})

    @staticmethod
    def undo(target):
        """Say that the run was rolled back; the journal keeps that it was tried."""
        _tell(_line("was rolled back", target))
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
