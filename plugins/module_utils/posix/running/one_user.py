# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Do something with a user's files as that user: in a child without root's rights, for a limited time."""

import ctypes
import os
import pwd
import resource

from . import bounded, end_with

NOBODY = 65534
NO_NEW_PRIVILEGES, DUMPABLE = 38, 4
SECONDS, LARGEST, FILES = 60, 1 << 28, 64


class Unprivileged:
    """Drop to the rights of a user (UID): no group but the user's own, no capability, and no way to gain one.

    No other process of that user can inspect it, and it runs no program, so that the user's environment has no effect.
    For root nothing changes.
    """

    def __init__(self, user):
        self._user = user
        self._name, self._group = _account(user)

    def done(self, act, seconds, what, doing):
        """Return what ``act()`` returns (JSON), done with these rights; its errors are those of ``bounded.done``."""

        waiting = os.getpid()

        def as_user():
            self._become()
            # The kernel forgets this at each change of rights.
            end_with.parent(waiting)
            return act()

        return bounded.done(as_user, seconds, what, doing)

    def _become(self):
        for kind, most in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_CPU, SECONDS),
            (resource.RLIMIT_FSIZE, LARGEST),
            (resource.RLIMIT_NOFILE, FILES),
        ):
            resource.setrlimit(kind, (most, most))
        if self._user == 0 or os.geteuid() != 0:
            return
        if self._name:
            os.initgroups(self._name, self._group)
        else:
            os.setgroups([])
        os.setresgid(self._group, self._group, self._group)
        os.setresuid(self._user, self._user, self._user)
        os.umask(0o077)
        library = ctypes.CDLL(None)
        library.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        library.prctl(DUMPABLE, 0, 0, 0, 0)


def _account(user):
    """Return (name, group) of a UID; ('', the group of nobody) for one without an account."""
    try:
        found = pwd.getpwuid(user)
    except KeyError:
        return "", NOBODY
    return found.pw_name, found.pw_gid
