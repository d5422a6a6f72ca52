# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Detect to a few milliseconds when something becomes true, whatever else is done meanwhile, and say how exactly."""

import calendar
import contextlib
import os
import threading
import time

from . import boot_clock

LOOK_EVERY = 0.002
# On a busy host, a look would otherwise be late by as long as other work takes. A service's CPU share takes precedence
# over niceness, and real time over everything; a process that may not use the one may be able to use the other.
REAL_TIME_PRIORITY = 1
NICENESS = -15


class Moment:
    """A moment: ``wall`` seconds since 1970, for display, and ``since_boot`` seconds of a ``boot``, for measuring. The
    last two are None and empty if they were not noted. ``exact_to`` is the possible error in seconds, or None if that
    is not known.
    """

    def __init__(self, wall, since_boot=None, boot="", exact_to=None):
        self.wall = wall
        self.since_boot = since_boot
        self.boot = boot
        self.exact_to = exact_to

    @classmethod
    def now(cls):
        """Return the current moment."""
        return cls(time.time(), boot_clock.seconds(), boot_clock.boot_id())

    @classmethod
    def read(cls, text, clock=None, exact_to=None):
        """Return the moment from which ``str`` and ``clock`` come; ValueError if they are not in that form."""
        try:
            whole = calendar.timegm(time.strptime(text[:-5], "%Y-%m-%dT%H:%M:%S"))
            since_boot, boot = (float(clock["seconds"]), str(clock["boot"])) if clock else (None, "")
            exact_to = None if exact_to is None else float(exact_to)
            return cls(whole + int(text[-4:-1]) / 1000.0, since_boot, boot, exact_to)
        except (TypeError, KeyError) as error:
            raise ValueError("no moment: %s" % error)

    @property
    def clock(self):
        """What a later process measures from: {boot, seconds}."""
        return {"boot": self.boot, "seconds": self.since_boot}

    def until(self, later):
        """Return the seconds from this moment to a later one; None if no clock that cannot be set has them."""
        if self.since_boot is None or later.since_boot is None or not self.boot or self.boot != later.boot:
            return None
        passed = later.since_boot - self.since_boot
        return round(passed, 3) if passed >= 0 else None

    def __str__(self):
        """Return it in UTC to the millisecond, as ISO 8601 has it."""
        whole, milliseconds = divmod(int(round(self.wall * 1000)), 1000)
        return "%s.%03dZ" % (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)), milliseconds)


class Watch(threading.Thread):
    """Checks in its own thread until ``is_true()`` is true, and keeps when that was; use it in a ``with``.

    systemctl returns when a service has reported that it is up or down. The kernel's marks appear or disappear at
    another time.
    ``begun`` is when the last look that found it false began, ``ended`` when the first look that found it true ended:
    it became true between the two. Both are None until then. ``entered`` is when the watch began.

    On a host without room for another thread, it checks only while the caller waits: no protection comes later because
    it cannot be measured to a few milliseconds, and a window is then reported as longer than it was.
    """

    def __init__(self, is_true):
        threading.Thread.__init__(self, daemon=True)
        self._is_true = is_true
        self._is_over = threading.Event()
        self._has_thread = True
        self._before = None
        self.entered = None
        self.begun = None
        self.ended = None

    def run(self):
        """Look again and again until it is true or the caller ends the watch."""
        hurry()
        while not self._is_over.is_set() and not self._look():
            self._is_over.wait(LOOK_EVERY)

    def _look(self):
        """Look once; True if there is nothing more to see. A look that was not possible is made again."""
        look = Moment.now()
        try:
            if self._seen(self._before):
                return True
        except (OSError, MemoryError):
            return False
        self._before = look
        return False

    def _seen(self, before):
        """Look once; True if there is nothing more to see. ``before`` is when the previous look began."""
        if not self._is_true():
            return False
        self.begun, self.ended = _edges(before)
        return True

    def wait(self, limit):
        """Return the Moment at which it had become true, or None if it has not within so many seconds."""
        if self._has_thread:
            self.join(limit)
            return self.ended
        deadline = time.monotonic() + limit
        while self.ended is None and not self._look() and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY)
        return self.ended

    def __enter__(self):
        # What changes before the thread gets a processor has changed since now.
        self.entered = self._before = Moment.now()
        self._prepare()
        try:
            self.start()
        except (RuntimeError, MemoryError):
            self._has_thread = False
        return self

    def _prepare(self):
        """Do what comes before the first look."""

    def __exit__(self, *_error):
        self._is_over.set()
        if self._has_thread:
            self.join()


class Fall(Watch):
    """Counts in its own thread until ``count()`` is 0. ``begun`` is when the last look began that found all of it: what
    goes with less than ``steady`` seconds in between goes together.
    """

    def __init__(self, count, steady):
        Watch.__init__(self, count)
        self._steady = steady
        self._count = 0
        # When it began to fall, and the monotonic clock's seconds when it last fell.
        self._began, self._fell = None, None

    def _prepare(self):
        self._count = self._is_true()

    def _seen(self, before):
        count = self._is_true()
        if count < self._count:
            if self._fell is None or time.monotonic() - self._fell > self._steady:
                self._began, _now = _edges(before)
            self._fell = time.monotonic()
        self._count = count
        if count == 0:
            begun, self.ended = _edges(before)
            self.begun = self._began or begun
        return count == 0


class Rise(Watch):
    """Counts in its own thread until the caller ends the watch; ``enough`` is the number that is expected, or 0.
    ``begun`` and ``ended`` are those of the look that found it at its highest first, since it was last 0: what was
    there when the watch began may be about to go.
    """

    def __init__(self, count, enough):
        Watch.__init__(self, count)
        self._enough = enough
        self._most = 0
        self._last = 0.0

    def _seen(self, before):
        count = self._is_true()
        if count == 0:
            self._most, self.begun, self.ended = 0, None, None
        elif count > self._most:
            self.begun, self.ended = _edges(before)
            self._most, self._last = count, time.monotonic()
        return False

    def settled(self, limit, steady):
        """Return the Moment of its last rise, None if there was none. Wait until there is enough, until none was added
        for ``steady`` seconds, or for ``limit`` seconds.
        """
        deadline = time.monotonic() + limit
        while not 0 < self._enough <= self._most:
            until = deadline if self.ended is None else min(self._last + steady, deadline)
            left = until - time.monotonic()
            if left <= 0:
                break
            if not self._has_thread:
                self._look()
            time.sleep(min(left, LOOK_EVERY))
        return self.ended


def _edges(before):
    """Return (``before``, now), each with the time between the two as its possible error."""
    now = Moment.now()
    before.exact_to = now.exact_to = before.until(now)
    return before, now


def hurry():
    """Give this thread, and no other, priority over everything else on the host, as far as permitted."""
    if os.geteuid() != 0:
        return
    try:
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(REAL_TIME_PRIORITY))
    except OSError:
        # Root in a container, or a host that divides real time among groups.
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
