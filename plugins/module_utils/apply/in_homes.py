# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Steps on paths in users' homes: whatever a user does there affects only these steps, and costs limited time.

Each is done in a child process that can be abandoned if the kernel waits, for example for a file system that a user
has mounted.
"""

from ..posix.errors import CutOff, EndpointError
from ..posix.running import bounded
from . import faults, in_child

# Seconds for a look at one step, and for one step in total; and after how many unfinished steps no other one is
# started.
LOOK, LONGEST = 120, 600
MOST_HUNG = 4
HANGS, NOT_RETAINED = "home_hangs", "home_not_retained"


def is_one(step):
    """Return True for a step on a path in a home."""
    return bool(step["target"].get("in_home"))


def looked(step, look, hung):
    """Return what ``look()`` says about such a step, in a child; False, as if it were not done, if it hangs.

    ``hung`` are the ids of those that did not end; this one may be added. Other errors are those of ``bounded.done``.
    """
    if len(hung) >= MOST_HUNG:
        return False
    try:
        return bool(bounded.done(look, LOOK, step["id"], faults.DOING))
    except bounded.Hung:
        hung.append(step["id"])
        return False


def done(step, kind, act, earlier):
    """Return the facts of ``act()``, which does a step of a ``kind`` (module). ``earlier`` are the (step, outcome) of
    the steps before it.
    """
    _refuse_unretained(step, earlier)
    hung = [one["id"] for one, outcome in earlier if outcome["facts"].get("code") == HANGS]
    if len(hung) >= MOST_HUNG:
        raise _error(
            HANGS, step, "not started, because %d earlier steps in home directories did not finish" % len(hung)
        )
    try:
        with in_child.leaving_nothing(step, kind):
            return bounded.done(in_child.ending(act), LONGEST, step["id"], faults.DOING, ending=in_child.ENDING)
    except bounded.Hung as error:
        at = ", at " + error.at if error.at else ""
        raise _error(HANGS, step, "no end within %d s%s" % (LONGEST, at))


def is_alone(step, error):
    """Return True if an error ends only its own step. What ends the whole run is raised in the run itself: whatever a
    child reports, even with the same code, may be the user's work.
    """
    return is_one(step) and not isinstance(error, CutOff)


def facts_of(step, outcome, failure):
    """Return the facts of such a failed step: what failed, and whose control the cause is under."""
    user, home = step["target"].get("user", ""), step["target"].get("home", "")
    whose = user or ("the user of %s" % home if home else "the home's user")
    told = "%s The cause is under the control of %s, and no other step was stopped by it." % (failure["message"], whose)
    return dict(outcome["facts"], code=failure["code"], message=told, user=user)


def _refuse_unretained(step, earlier):
    """Refuse to remove what could not be archived."""
    path = step["target"].get("path")
    for one, outcome in earlier:
        if one["kind"] == "retain" and path in one["target"].get("paths", ()) and "code" in outcome["facts"]:
            raise _error(NOT_RETAINED, step, "%s could not be archived: see step %s" % (path, one["id"]))


def _error(code, step, cause):
    target = step["target"]
    what = target.get("path") or target.get("database") or "".join(target.get("paths", ())) or step["id"]
    remedy = "Ask the user to check it, and run again."
    return EndpointError(code, faults.DOING, what, cause, remedy)
