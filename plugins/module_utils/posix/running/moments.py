# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""See to a few milliseconds when something becomes true, whatever else is done meanwhile, and say how exactly."""

import calendar
import contextlib
import os
import threading
import time

from . import boot_clock

LOOK_EVERY = 0.002
# On a host that is busy with other things a look would else come late by as long as they take. A service's share of the
# processor goes before niceness, and nothing goes before real time; what cannot have the one may have the other.
REAL_TIME_PRIORITY = 1
NICENESS = -15


class Moment:
    """A moment: ``wall`` seconds since 1970, to be shown, and ``since_boot`` seconds of a ``boot``, to be counted from.

    The last two are None and empty where they were not noted. ``exact_to`` is by how many seconds it may have been
    otherwise, or None where that is not known.
    """

    def __init__(self, wall, since_boot=None, boot="", exact_to=None):
        self.wall = wall
        self.since_boot = since_boot
        self.boot = boot
        self.exact_to = exact_to

    @classmethod
    def now(cls):
        """Return this moment."""
        return cls(time.time(), boot_clock.seconds(), boot_clock.boot_id())

    @classmethod
    def read(cls, text, clock=None, exact_to=None):
        """Return the moment that ``str`` and ``clock`` of one have given; ValueError if they are nothing of the
        kind.
        """
        try:
            whole = calendar.timegm(time.strptime(text[:-5], "%Y-%m-%dT%H:%M:%S"))
            since_boot, boot = (float(clock["seconds"]), str(clock["boot"])) if clock else (None, "")
            exact_to = None if exact_to is None else float(exact_to)
            return cls(whole + int(text[-4:-1]) / 1000.0, since_boot, boot, exact_to)
        except (TypeError, KeyError) as error:
            raise ValueError("no moment: %s" % error)

    @property
    def clock(self):
        """What a later process counts from: {boot, seconds}."""
        return {"boot": self.boot, "seconds": self.since_boot}

    def until(self, later):
        """Return the seconds from this moment to a later one; None where no clock that cannot be set has it."""
        if self.since_boot is None or later.since_boot is None or not self.boot or self.boot != later.boot:
            return None
        passed = later.since_boot - self.since_boot
        return round(passed, 3) if passed >= 0 else None

    def __str__(self):
        """Return it in UTC to the millisecond, as ISO 8601 has it."""
        whole, milliseconds = divmod(int(round(self.wall * 1000)), 1000)
        return "%s.%03dZ" % (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)), milliseconds)


class Watch(threading.Thread):
    """Looks on a thread of its own until ``is_true()`` is, and keeps when that was; use it in a ``with``.

    systemctl returns when a service has reported that it is up or down, which is not when the kernel's marks come or
    go.
    ``begun`` is when the last look began that found it not to be true, ``ended`` when the first ended that found it to
    be: it became true between the two. Both are None until then.
    """

    def __init__(self, is_true):
        threading.Thread.__init__(self, daemon=True)
        self._is_true = is_true
        self._is_over = threading.Event()
        self.begun = None
        self.ended = None

    def run(self):
        """Look again and again until it is true or the caller no longer waits for it."""
        hurry()
        before = Moment.now()
        while not self._is_over.is_set():
            look = Moment.now()
            if self._is_true():
                self.ended = Moment.now()
                self.begun = before
                before.exact_to = self.ended.exact_to = before.until(self.ended)
                return
            before = look
            self._is_over.wait(LOOK_EVERY)

    def wait(self, limit):
        """Return the Moment at which it had become true, or None if it has not within so many seconds."""
        self.join(limit)
        return self.ended

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self._is_over.set()
        self.join()


def hurry():
    """Give this thread, and no other, priority over everything else on the host, as far as it is allowed."""
    if os.geteuid() != 0:
        return
    try:
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(REAL_TIME_PRIORITY))
    except OSError:
        # Root in a container, or where real time is shared out among groups.
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
