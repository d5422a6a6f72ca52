# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Restore a host's protection if its run was killed after the old protection was asked to stop, before the new one had
passed its self-test.

Commands of that run continue: the old one may still be stopping, the new one starting, or being stopped by the guard.
So the state is watched until it is stable for a while. The new one stays if it passes its self-test; otherwise the
old one comes back.
"""

import contextlib
import os
import time

from ...linux import interception, package_locks, systemd
from ...posix.errors import Problem
from ..packages import going_on
from .attempts import attempted
from .guard import Guard

ROUNDS = 3
# A command that the run has started may be about to ask systemd for something.
STAYS, PAUSE = 5.0, 0.2
STOPPING = "deactivating"


class Inherited:
    """What a killed run has left: ``target`` is its handover's, ``old`` an Old, ``new`` a New or None, and
    ``bring_back()`` stops the new one and brings the old one back.
    """

    def __init__(self, target, old, new, bring_back):
        self._target, self._old, self._new, self._bring_back = target, old, new, bring_back

    def settle(self):
        """Return True if the new one stays, False if the old one was brought back as far as possible."""
        # No record has what went wrong here: what counts is that one of the two protects.
        unread = []
        attempted(self._let_installers_end, unread)
        stays = False
        for _round in range(ROUNDS):
            attempted(self._part, unread)
            stays = attempted(self._new_protects, unread, False)
            if not stays:
                attempted(self._bring_back, unread)
            if attempted(lambda stays=stays: self._stands(stays), unread, False):
                break
        return stays

    def _let_installers_end(self):
        """Wait for the installation of a product that runs beside no other: interrupted, it would stay half done."""
        steps = self._target["new"]["install"] if self._target["new"] else []
        if steps:
            going_on.ends_within(lambda: _is_installing(steps), going_on.LIMIT)

    def _part(self):
        """Watch the two while both intercept, until one is gone or the guard has stopped the new one."""
        new = self._target["new"]
        if not self._both() or not new.get("overlap"):
            return
        # Without a guard the new one stops at once: before the old one is brought back.
        with contextlib.suppress(Problem, OSError), Guard(self._target["old"], new, new["overlap"]) as guard:
            while self._both() and guard.struck() is None:
                time.sleep(PAUSE)
            if guard.struck() is not None:
                guard.finished()

    def _both(self):
        return self._old_holds() and self._new_holds()

    def _new_holds(self):
        return bool(self._target["new"] and interception.holders(self._target["new"]["below"]))

    def _old_holds(self):
        return bool(interception.holders(self._target["old"]["below"]))

    def _new_protects(self):
        if self._new is None or self._old_holds():
            return False
        return self._new.protects()

    def _stands(self, stays):
        """Return True if one of the two protects for a while, and is not about to stop."""
        if not self._old.intercepted:
            # This product leaves no marks that could be seen.
            return True
        deadline = time.monotonic() + STAYS
        while time.monotonic() < deadline:
            if not self._old_holds() and not self._new_holds():
                return False
            time.sleep(PAUSE)
        return not self._both() and (stays or not any(unit["ActiveState"] == STOPPING for unit in self._shown()))

    def _shown(self):
        try:
            return systemd.show(self._old.units).values()
        except Problem:
            return ()


def _is_installing(steps):
    is_going = any(going_on.is_installing(step["target"]) for step in steps)
    return is_going or any(map(_is_locked, package_locks.LOCKS))


def _is_locked(database):
    """Return True while a package manager runs as root: a user's lock must not leave a host unprotected."""
    try:
        held = package_locks.holder(database)
        return held is not None and os.stat("/proc/%d" % held[1]).st_uid == 0
    except OSError:
        return False
