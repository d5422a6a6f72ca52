# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Limits that hold where a disk, or the server of a file system, does not answer.

Every step is done and undone in a child process, which is killed or left behind if it makes no progress, and ends if
the run is killed. A command that it waits for has its own limit, and goes on if the run is killed. A kind with
``IN_RUN`` has limits of its own and is done in the run's process. All kinds are looked at in a child, to learn what is
pending.
"""

import contextlib
import signal

from ..posix.errors import EndpointError, Problem
from ..posix.files import scratch
from ..posix.running import bounded, child, outcomes
from ..posix.running.signals import Held
from ..posix.running.time_limit import time_limit
from .faults import DOING, internal

# Seconds without progress, and for removing what a process that was killed has left half done.
LIMIT, TIDYING = 300, 20
# Seconds by which the child's own limit for all of a step ends before the run's, so that it ends its command too.
EARLIER = 5
# Seconds for a child to end when the run is interrupted.
ENDING = 5
# Codes of errors after which a process, or a child of its own, may have left something half done.
CUT = ("child_ended", "interrupted", "time_limit")


def done(step, kind, act):
    """Return what ``act()`` returns for a step of a ``kind`` (module); Hung if it does not go on."""
    if getattr(kind, "IN_RUN", False):
        return act()
    limited = _in_time(lambda: _foreseen(act, step["id"]), step["id"])
    with leaving_nothing(step, kind):
        return bounded.done(ending(limited), LIMIT, step["id"], DOING, without_progress=True, ending=ENDING)


@contextlib.contextmanager
def leaving_nothing(step, kind):
    """In its ``with``, what a killed process leaves half done of a step of a ``kind`` is removed."""
    try:
        yield
    except Problem as error:
        if error.code in CUT:
            tidied(lambda: _tidy(step, kind))
        raise


def _tidy(step, kind):
    try:
        scratch.remove_abandoned()
    finally:
        if hasattr(kind, "tidy"):
            kind.tidy(step["target"])


def ending(act):
    """Return ``act`` for a child that ends its command and cleans up when it is asked to end."""

    def done_or_cut():
        with Held():
            return act()

    return done_or_cut


def tidied(act):
    """Have ``act()`` remove what a killed process has left half done; an error, or a disk that hangs, is no failure."""
    with contextlib.suppress(EndpointError, OSError):
        child.told(lambda _tell: act(), TIDYING)


def _in_time(act, what):
    """Return ``act`` for a child, with what is left of the time that this process has for it: a child has no alarm."""
    left = signal.getitimer(signal.ITIMER_REAL)[0]
    if not left:
        return act

    def limited():
        with time_limit(max(left - EARLIER, 1), what, DOING):
            return act()

    return limited


def _foreseen(act, what):
    """Return what ``act()`` returns; an unexpected exception becomes an EndpointError while its type is known."""
    try:
        return act()
    except (Problem, OSError, ValueError):
        raise
    except Exception as error:
        raise internal(DOING, what, error)


def looked(steps, look, is_tolerated):
    """Return {id: whether ``look(step)`` says that it is done}, looked at in a child.

    An error is raised unless ``is_tolerated``: then such a step is not done. Steps after one that hangs are looked at
    in another child.
    """
    are_done, left = {}, list(steps)
    while left:
        with bounded.Child(lambda board, left=left: _look(board, left, look), size=bounded.LEAST) as looking:
            has_ended = looking.wait()
            told = looking.board.told()
            at_last = looking.board.now()[2]
        for number, outcome in told:
            are_done[left[number]["id"]] = _is_done(left[number], outcome, is_tolerated)
        left = [step for step in left if step["id"] not in are_done]
        if left:
            step = left.pop(0)
            if not is_tolerated and not has_ended:
                raise bounded.Hung(DOING, step["id"], LIMIT, at_last)
            are_done[step["id"]] = _is_done(step, {"unforeseen": "the process that looked at it ended"}, is_tolerated)
    return are_done


def _look(board, steps, look):
    for number, step in enumerate(steps):
        board.begin(step["id"], LIMIT, without_progress=True)
        board.tell([number, outcomes.outcome(lambda step=step: bool(look(step)))])


def _is_done(step, outcome, is_tolerated):
    if is_tolerated and "returned" not in outcome:
        return False
    return outcomes.returned(outcome, step["id"], DOING)
