# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Stop on request without leaving a host half-way: a signal becomes an error, and the caller cleans up."""

import contextlib
import signal

from ..errors import CutOff

NAMES = {signal.SIGHUP: "SIGHUP", signal.SIGINT: "SIGINT", signal.SIGTERM: "SIGTERM"}


class Held:
    """In its ``with``, a signal that asks the process to end raises CutOff, once; later ones are ignored.

    A signal that was ignored before stays ignored.
    """

    def __enter__(self):
        self._before, self._told = {}, None
        for number in NAMES:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._raise)
        return self

    def __exit__(self, *_error):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def ignore(self):
        """Ignore every such signal from now on, until the end of the ``with``."""
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)

    def release(self):
        """Let every such signal do from now on what it did before the ``with``.

        If one came before, and what it interrupted went on anyway, it raises CutOff again.
        """
        if self._told is not None:
            raise _told(self._told)
        self.__exit__()

    def _raise(self, number, _frame):
        self.ignore()
        self._told = number
        raise _told(number)


class Heard:
    """In its ``with``, the end of the connection is ignored, and a signal that asks the process to end is noted.

    It raises CutOff, once, in ``heard``, at once or at its beginning, and nowhere else: neither the notes between two
    steps nor the rollback are interrupted.
    """

    def __init__(self):
        self._before = {}
        self._told = None
        self._is_heard = self._was_raised = False

    def __enter__(self):
        self._before = {number: signal.signal(number, self._note) for number in NAMES}
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        return self

    def __exit__(self, *_error):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextlib.contextmanager
    def heard(self, at_once=True):
        """Let a signal raise CutOff in the block. Without ``at_once`` only one that came before it: the block knows for
        itself when it can be interrupted, and a signal that it does not hear is raised in the next block.
        """
        self._is_heard = True
        try:
            if self._told is not None and not self._was_raised:
                self._raise()
            self._is_heard = at_once
            yield
        finally:
            self._is_heard = False

    def _note(self, number, _frame):
        self._told = number
        if self._is_heard and not self._was_raised:
            self._raise()

    def _raise(self):
        self._was_raised, self._is_heard = True, False
        raise _told(self._told)


def _told(number):
    return CutOff("interrupted", "Going on", NAMES[number], "the run was terminated during this step", "Run again.")
