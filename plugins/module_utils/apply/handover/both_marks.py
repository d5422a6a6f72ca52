# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Look at the marks of two engines from before the one starts until after the other has gone, and report what was
missed.

That nothing went unseen for a moment does not follow from two measured edges, but from which marks were seen. As long
as each look finds a process that holds marks and that the look before it found too, something held them all the while.
"""

import threading

from ...linux import interception
from ...posix.running.moments import LOOK_EVERY, Moment, hurry


class Held:
    """Which processes below some paths hold marks: those that were found are asked, and only without any are all."""

    def __init__(self, below, bits, paths=()):
        """``paths`` are directories that all have to be covered, if any are given."""
        self._below = below
        self._bits = bits
        self._needed = interception.inode_targets(paths)
        self._known = ()

    def look(self):
        """Return the set of process ids whose marks, taken together, are enough; an empty one if they are not."""
        found = {pid: interception.permission_marks(pid, self._bits) for pid in self._known}
        if not self._is_enough(found):
            found = interception.holders(self._below, self._bits)
        self._known = tuple(pid for pid, targets in found.items() if targets)
        return frozenset(self._known) if self._is_enough(found) else frozenset()

    def _is_enough(self, found):
        targets = {target for held in found.values() for target in held}
        if not targets:
            return False
        return self._needed <= targets or any(not target.startswith("ino:") for target in targets)


class BothMarks(threading.Thread):
    """Looks on a thread of its own at the marks of the ``old`` and the ``new`` engine (Held); use it in a ``with``.

    ``together`` and ``last`` are the Moments at which both had been seen in one look, the first and the last. ``gone``
    and ``there`` are the edges of the time in which nothing was: when the last look before it began, and when the first
    after it had ended; None if there was no such time. ``since`` is when the old one's marks were last seen, None as
    long as they are. ``looks`` counts them, and ``longest`` is the longest time in seconds from the beginning of one to
    the end of the next.
    """

    def __init__(self, old, new):
        threading.Thread.__init__(self, daemon=True)
        self._old, self._new = old, new
        self._is_over = threading.Event()
        self._before, self._old_seen = None, None
        # Who the look before saw, and until whose marks in it nothing was missed.
        self._seen = self._unbroken = frozenset()
        self.together = self.last = self.gone = self.there = self.since = None
        self.looks, self.longest, self.is_whole = 0, 0.0, False

    def run(self):
        """Look until the caller no longer waits for it, and once after that: what the last look but one missed is
        seen.
        """
        hurry()
        is_last = False
        while not is_last:
            is_last = self._is_over.is_set()
            begun = Moment.now()
            # The old one is looked at on both sides of the new one, so that both were there at one time.
            old, new = self._old.look(), self._new.look()
            both = old & self._old.look() if old and new else frozenset()
            self.note(begun, Moment.now(), old, new, both)
            # A look may take long where there are many marks: it never takes more than half of a processor.
            self._is_over.wait(max(LOOK_EVERY, begun.until(Moment.now()) or 0))
        self.is_whole = True

    def note(self, begun, ended, old, new, both):
        """Take in what one look between two Moments has found: ids of processes, and of those seen beside the other."""
        seen = old | new
        self.looks += 1
        if self._before is not None:
            self.longest = max(self.longest, self._before.until(ended) or 0)
        self._unbroken = self._goes_on(seen, both, ended)
        if both:
            self.together, self.last = self.together or ended, ended
        self.since = None if old else self.since or self._old_seen
        self._old_seen = begun if old else self._old_seen
        self._before, self._seen = begun, seen

    def _goes_on(self, seen, both, ended):
        """Return until whose marks nothing was missed.

        The two are not looked at at one time: an old one that was seen first may have gone before a new one, seen after
        it, came. So the new one of such a look counts only if the look before saw it too.
        """
        going = self._unbroken & seen
        if self._before is not None and not going:
            self._miss(ended if seen else None)
        if both or not going:
            return seen
        return going | (self._seen & seen)

    def _miss(self, ended):
        """Between the look before and this one nothing may have held marks; ``ended`` if this one found some."""
        if self.gone is None:
            self.gone = self._before
            self.gone.exact_to = self._before.until(ended or Moment.now())
        if ended is not None:
            ended.exact_to = self._before.until(ended)
        self.there = ended

    def was_never_without(self):
        """Return True if both were seen at once, no look missed both, and that holds of whom the last look saw."""
        return self.is_whole and self.together is not None and self.gone is None and self._unbroken == self._seen

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self._is_over.set()
        self.join()
