# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""See to a few milliseconds when something becomes true, whatever else is done meanwhile."""

import calendar
import os
import threading
import time

LOOK_EVERY = 0.002
# On a host that is busy with other things a look would else come late by as long as they take.
PRIORITY = -15


class Moment:
    """A moment: ``wall`` seconds since 1970, and ``monotonic`` seconds, or None where an earlier process told of it."""

    def __init__(self, wall, monotonic=None):
        self.wall = wall
        self.monotonic = monotonic

    @classmethod
    def now(cls):
        """Return this moment."""
        return cls(time.time(), time.monotonic())

    @classmethod
    def read(cls, text):
        """Return the moment that ``str`` of one has told."""
        return cls(calendar.timegm(time.strptime(text[:-5], "%Y-%m-%dT%H:%M:%S")) + int(text[-4:-1]) / 1000.0)

    def until(self, later):
        """Return the seconds from this moment to a later one; a clock that was set between counts only if it has to."""
        is_same_process = self.monotonic is not None and later.monotonic is not None
        passed = later.monotonic - self.monotonic if is_same_process else later.wall - self.wall
        return round(max(passed, 0.0), 3)

    def __str__(self):
        """Return it in UTC to the millisecond, as ISO 8601 has it."""
        whole, milliseconds = divmod(int(round(self.wall * 1000)), 1000)
        return "%s.%03dZ" % (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)), milliseconds)


class Watch(threading.Thread):
    """Looks on a thread of its own until ``is_true()`` is, and keeps that moment; use it in a ``with``.

    systemctl returns when a service has told that it is up or down, which is not when the kernel's marks come or go.
    """

    def __init__(self, is_true):
        threading.Thread.__init__(self, daemon=True)
        self._is_true = is_true
        self._ended = threading.Event()
        self.moment = None

    def run(self):
        """Look again and again until it is true or nobody waits for it any more."""
        if os.geteuid() == 0:
            # Of this thread alone, as Linux has it.
            os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
        while not self._ended.is_set():
            if self._is_true():
                self.moment = Moment.now()
                return
            self._ended.wait(LOOK_EVERY)

    def wait(self, limit):
        """Return the Moment, or None if it has not become true within so many seconds."""
        self.join(limit)
        return self.moment

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self._ended.set()
        self.join()
