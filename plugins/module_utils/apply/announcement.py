# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""What the first and last steps of a change share: the line in the host's log, and what the run does.

Security monitoring will notice that an antivirus is stopped: this line, with the change ID and the digest, says why.
"""

import contextlib
import syslog

from ..agreed.runs import BEGUN
from ..posix.errors import EndpointError
from ..posix.own import own_journal
from ..posix.running import bounded

DOING, LOG = "Announcing the change", "the host's system log"
# Seconds for one line.
LIMIT = 10


def target_of(steps):
    """Return the target of the announcement, which names the plan and the change; an empty dict if there is none."""
    return next((step["target"] for step in steps if step["kind"] == "announce"), {})


def begun_with(steps, pending):
    """Have the announcement note what is to be done. Return the ids of the steps that this run did before it was
    interrupted and that may be undone: what was staged for a completed handover protects the host.
    """
    for step in steps:
        if step["kind"] == "announce":
            step["target"]["pending"] = pending
            noted = own_journal.noted(step["target"]["digest"])
            begun = (noted.get("pending") or []) if noted.get("status") == BEGUN else []
            parts = {one["id"]: one["part"] for one in steps}
            earlier = [name for name in begun if name in parts and name not in pending]
            only = "stage" if all(parts[name] == "stage" for name in earlier) else "remove"
            return [name for name in earlier if parts[name] == only]
    return []


def say(word, target):
    """Write a line about the run to the host's log; ``word`` says what happened to it."""
    _write(_line(word, target))


def say_if_possible(word, target):
    """Do the same, and return the facts for the record: a log that takes no line undoes nothing of what happened."""
    try:
        say(word, target)
    except (EndpointError, OSError) as error:
        return {"not_logged": str(error)}
    return {}


def take_over(whose, target):
    """Write to the log, if possible, whose place on the host the run of ``target`` takes; nothing if no run held it.

    The record has it anyway.
    """
    if whose:
        with contextlib.suppress(EndpointError, OSError):
            _write("%s; it takes the place of %s" % (_line("goes on", target), whose))


def _line(word, target):
    change, plan = target.get("change_id") or "-", target.get("digest") or "-"
    return "endpoint migration %s: change %s, plan %s" % (word, change, plan)


def _write(text):
    """Write a line to the log, in a child: a log that nothing reads makes the process that writes to it wait."""
    try:
        bounded.done(lambda: _log(text), LIMIT, LOG, DOING)
    except bounded.Hung:
        cause = "it took no line within %d s" % LIMIT
        remedy = "Make sure that journald or syslog works on the host, and run again."
        raise EndpointError("log_silent", DOING, LOG, cause, remedy)


def _log(text):
    syslog.openlog("avshift", syslog.LOG_PID, syslog.LOG_AUTHPRIV)
    syslog.syslog(syslog.LOG_NOTICE, text)
    syslog.closelog()
