# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Answer all probes in one pass. Collecting decides nothing."""

from ..posix.errors import Problem
from ..posix.running.time_limit import time_limit
from . import host
from .gathering import HARDLY, HOST, Gathering, limited
from .items import not_checked, printable
from .kinds import ALL, PLANNING, answered, collector
from .look import Look

SECONDS = 60
# Simulations and tree sizes take as long as they take; commands have limits of their own.
PLANNING_SECONDS = 600


def collect(probes, root="/"):
    """Return {host, evidence, live} for probes ({kind: what to ask}); ``live`` is False for another root.

    A probe that fails or takes too long becomes an item with ``unknown`` and does not stop the others, also where the
    kernel waits for a file system that does not answer. Raises ValueError for a kind that does not exist: only a
    mismatch between this code and the controller's can cause that.
    """
    strange = set(probes) - set(ALL)
    if strange:
        raise ValueError("no such kind of probe: " + ", ".join(sorted(strange)))
    live = root == "/"
    gathered = Gathering(
        answered(probes, live), lambda board, left, avoided: _work(board, left, avoided, probes, root)
    ).whole()
    return {"host": gathered.host, "evidence": gathered.evidence(), "live": live}


def _work(board, left, avoided, probes, root):
    """Answer, in a child, the remaining kinds, and report each item as soon as it is known."""
    look = Look(root, avoided)
    if "package" in probes and "package" not in left:
        # Which package owns a path is reported with the path: the next child has to know it too.
        _answer(_Nowhere(), "package", probes["package"], look, HARDLY)
    for kind in left:
        seconds = PLANNING_SECONDS if kind in PLANNING else SECONDS
        seconds = min(seconds, HARDLY) if avoided else seconds
        board.begin(kind, seconds)
        _answer(board, kind, probes[kind], look, seconds)
        board.tell({"done": kind})
    board.begin(HOST, SECONDS)
    board.tell({"host": printable(host.describe(look))})


class _Nowhere:
    """Accepts what is not needed, and drops it."""

    def tell(self, _item):
        return True


def _answer(board, kind, asked, look, seconds):
    try:
        with time_limit(seconds, kind):
            for item in limited(kind, map(printable, collector(kind)(asked, look)), look):
                if not board.tell(item):
                    raise ValueError("there is more evidence than fits")
    except Exception as error:
        # If a user makes a check fail, this costs only that kind of evidence.
        board.tell(printable(not_checked(kind, "all", look.root, told(error))))


def told(error):
    """Return an error as a text; for an unexpected one, with its type."""
    if isinstance(error, (Problem, OSError, ValueError)):
        return error
    return "%s: %s" % (type(error).__name__, error)
