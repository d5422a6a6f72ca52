# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Be told to end without leaving a host half-way: a signal becomes an error, which the caller cleans up after."""

import signal

from .errors import CutOff

NAMES = {signal.SIGHUP: "SIGHUP", signal.SIGINT: "SIGINT", signal.SIGTERM: "SIGTERM"}


class Held:
    """In its ``with``, a signal that asks the process to end raises CutOff, once; later ones are passed over."""

    def __enter__(self):
        self._before = {number: signal.signal(number, self._raise) for number in NAMES}
        return self

    def __exit__(self, *_error):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def ignore(self):
        """Pass over every such signal from now on, until the end of the ``with``."""
        for number in NAMES:
            signal.signal(number, signal.SIG_IGN)

    def _raise(self, number, _frame):
        self.ignore()
        raise CutOff(
            "interrupted", "Going on", NAMES[number], "the run was told to end in the midst of it", "Run again."
        )
