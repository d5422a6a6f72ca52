# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Watch the marks of two engines from before one starts until after the other is gone, and report any gap.

Two measured edges do not show that there was no gap; the marks that were seen do. As long as each look finds a process
that holds marks and that the look before found too, marks were held all the time.
"""

import threading

from ...linux import interception
from ...posix.running.moments import LOOK_EVERY, Moment, hurry
from ...posix.running.starting import started


class Held:
    """Which processes below some paths hold marks: check the known ones, and all processes only if none is known."""

    def __init__(self, below, bits, paths=()):
        """``paths`` are directories that all have to be covered, if any are given."""
        self._below = below
        self._bits = bits
        self._needed = set(interception.inode_targets(paths).values())
        self._known = ()

    def look(self):
        """Return the ids of processes whose marks together cover everything; an empty set if they do not."""
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
    """Watches the marks of the ``old`` and the ``new`` engine (Held) in its own thread; use it in a ``with``.

    ``together`` and ``last`` are the first and the last Moment at which one look had seen both. ``gone`` and ``there``
    are the edges of a gap without marks: when the last look before it began, and when the first after it ended; None
    if there was no gap. ``since`` is when the old one's marks were last seen, None as long as they are. ``looks``
    counts the looks, and ``longest`` is the longest time in seconds from the beginning of one to the end of the next.
    """

    def __init__(self, old, new):
        threading.Thread.__init__(self, daemon=True)
        self._old, self._new = old, new
        self._is_over = threading.Event()
        self._before, self._old_seen = None, None
        # The processes that the previous look saw, and those of them up to whose marks there was no gap.
        self._seen = self._unbroken = frozenset()
        self.together = self.last = self.gone = self.there = self.since = None
        self.looks, self.longest, self.is_whole = 0, 0.0, False

    def run(self):
        """Look until the caller ends the watch, and once after that, to see what the last look but one missed."""
        hurry()
        is_last = False
        while not is_last:
            is_last = self._is_over.is_set()
            begun = Moment.now()
            # The old one is checked before and after the new one, so that both are known to be there at one time.
            old, new = self._old.look(), self._new.look()
            both = old & self._old.look() if old and new else frozenset()
            self.note(begun, Moment.now(), old, new, both)
            # A look may take long if there are many marks: it never uses more than half of a processor.
            self._is_over.wait(max(LOOK_EVERY, begun.until(Moment.now()) or 0))
        self.is_whole = True

    def note(self, begun, ended, old, new, both):
        """Process what one look between two Moments found: process ids, and those seen beside the other engine."""
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
        """Return those processes up to whose marks there was no gap.

        The two are not checked at the same time: an old one seen first may be gone before the new one, seen after it,
        starts. So the new one of such a look counts only if the look before saw it too.
        """
        going = self._unbroken & seen
        if self._before is not None and not going:
            self._miss(ended if seen else None)
        if both or not going:
            return seen
        return going | (self._seen & seen)

    def _miss(self, ended):
        """Between the previous look and this one there may be a gap without marks; ``ended`` if this one found some."""
        if self.gone is None:
            self.gone = self._before
            self.gone.exact_to = self._before.until(ended or Moment.now())
        if ended is not None:
            ended.exact_to = self._before.until(ended)
        self.there = ended

    def was_never_without(self):
        """Return True if both were seen at once, no look missed both, and this holds for what the last look saw."""
        return self.is_whole and self.together is not None and self.gone is None and self._unbroken == self._seen

    def __enter__(self):
        # The old one still protects.
        started(self.start, "the watch over both protections")
        return self

    def __exit__(self, *_error):
        self._is_over.set()
        self.join()
