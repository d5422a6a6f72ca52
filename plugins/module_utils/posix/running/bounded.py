# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Do in a child process what may block in the kernel forever: a mount whose server is gone, a hanging scanner.

No signal handler runs while the kernel waits, so an alarm cannot enforce a limit there. The child reports through
memory that it shares with its parent, so that nothing is lost if the child hangs. After its limit it is killed or, if
even that has to wait, abandoned: it holds none of its parent's files or locks.
"""

import contextlib
import gc
import os
import select
import signal
import time

from ..errors import CutOff, EndpointError
from . import end_with, outcomes
from .board import LEAST, SIZE, Board
from .starting import started

# Seconds to wait for a kill: the kernel may keep a waiting process alive.
KILLING = 1.0
# Seconds after a limit in which a child can end by itself if it does not hang in the kernel.
GRACE = 3.0
STEP = 0.5
# Most seconds by which a limit is extended because a child waited for a busy processor.
PATIENCE = 120.0
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGALRM)

_here = []


class Hung(EndpointError):
    """An action that did not end within its limit. ``at`` (str) is the path that was read last, or ''."""

    def __init__(self, doing, what, seconds, at=""):
        place = ", at " + at if at else ""
        cause = "no end within %.0f s%s" % (seconds, place)
        super().__init__("time_limit", doing, what, cause, "Check the host's load, disks and mounts.")
        self.at = at


class Child:
    """A child that does ``act(board)`` and nothing else, in a ``with``; afterwards it is gone or abandoned.

    It has none of its parent's open files except those with the numbers in ``keep``, and its own session. If the
    parent is interrupted, it is first asked to end and gets so many seconds, ``ending``, for that.
    """

    def __init__(self, act, keep=(), size=SIZE, ending=0):
        self._ending = ending
        self.board = Board(size)
        # The signal that ended it, 0 if it ended by itself, None while it runs.
        self.ended_by = None
        self._reading, writing = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            self.pid = started(os.fork, "a child of this run")
            if self.pid == 0:
                _be_child(act, self.board, {writing, *keep})
        except (OSError, EndpointError):
            os.close(self._reading)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            raise
        finally:
            os.close(writing)

    def __enter__(self):
        has_entered = False
        try:
            # A signal that came meanwhile is raised here.
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            has_entered = True
            return self
        finally:
            if not has_entered:
                self.__exit__()

    def __exit__(self, _kind=None, error=None, _traceback=None):
        try:
            if self._ending and isinstance(error, CutOff):
                self._tell(signal.SIGTERM)
                self.wait(self._ending)
        finally:
            self.kill()
            os.close(self._reading)

    def wait(self, seconds=None):
        """Return True once it has ended, False after so many seconds or, without these, after the board's limit.

        Time in which it was ready to run but had no processor does not count: a busy host is not a hung one.
        """
        limit = None if seconds is None else time.monotonic() + seconds
        reader = select.poll()
        reader.register(self._reading, select.POLLIN)
        begun, kept_waiting = None, 0.0
        while not self._has_ended():
            # If this is a child too: this wait has its own limit.
            goes_on()
            until = self.board.now()[0] + GRACE if limit is None else limit
            if until != begun:
                begun, kept_waiting = until, _kept_waiting(self.pid)
            left = until - time.monotonic()
            if left <= 0:
                left += min(_kept_waiting(self.pid) - kept_waiting, PATIENCE)
            if left <= 0:
                return False
            reader.poll(max(1, min(left, STEP) * 1000))
        return True

    def kill(self):
        """Kill it, if it has not ended; if it waits in the kernel, it is left to end when it can."""
        if self.ended_by is not None:
            return
        self._tell(signal.SIGKILL)
        self.wait(KILLING)

    def _tell(self, number):
        if not self._has_ended():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _has_ended(self):
        if self.ended_by is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                # The process that started this one made it ignore SIGCHLD.
                pid, status = self.pid, 0
            if pid:
                self.ended_by = status & 0x7F
        return self.ended_by is not None


def _kept_waiting(pid):
    """Return how many seconds a process was ready to run but did not run; 0.0 if the kernel does not say."""
    try:
        with open("/proc/%d/schedstat" % pid, "rb") as described:
            return int(described.read().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def _be_child(act, board, keep):
    try:
        os.setsid()
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        _let_go(keep)
        _here[:] = [board]
        if hasattr(gc, "freeze"):
            # A garbage collection of the parent's objects would copy all of its memory.
            gc.freeze()
        act(board)
    finally:
        # No error and no pending work of the parent continues in here.
        os._exit(0)


def _let_go(keep):
    """Close the parent's open files: a process that waits for the end of its output would wait for this child too."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in keep:
            with contextlib.suppress(OSError):
                os.close(int(name))


def is_child():
    """Return True in a child."""
    return bool(_here)


def at(path):
    """Note, in a child, which path is read next; elsewhere do nothing."""
    if _here:
        _here[-1].at(path)


def goes_on():
    """Note, in a child, that there is progress; elsewhere do nothing."""
    if _here:
        _here[-1].goes_on()


def pause(seconds):
    """Sleep for so long, which is no lack of progress."""
    end = time.monotonic() + seconds
    while True:
        goes_on()
        left = end - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, STEP))


def done(act, seconds, what, doing="Checking the host", keep=(), without_progress=False, ending=0):
    """Return what ``act()`` returns, which JSON must be able to hold, done in a child.

    Raises Hung after so many seconds, any EndpointError, OSError or ValueError that it raised, and an EndpointError for
    any other error or end. The child ends if the process that waits for it is killed. ``keep`` are the numbers of the
    open files that it needs. With ``without_progress``, the seconds count from the last path that it has come to.
    If this process is interrupted, the child gets ``ending`` seconds to end.
    """

    waiting = os.getpid()

    def work(board):
        end_with.parent(waiting)
        if without_progress:
            board.begin(what, seconds, without_progress)
        _tell_end(act, board)

    with Child(work, keep, LEAST * 8, ending) as child:
        has_ended = child.wait(None if without_progress else seconds)
        told = child.board.told()
        at_last = child.board.now()[2]
    if told:
        return outcomes.returned(told[-1], what, doing)
    if not has_ended:
        raise Hung(doing, what, seconds, at_last)
    cause = (
        "the process that did it was ended by signal %d" % child.ended_by if child.ended_by else "it reported nothing"
    )
    raise EndpointError("child_ended", doing, what, cause, "Check the host's memory and its log, and run again.")


def _tell_end(act, board):
    if not board.tell(outcomes.outcome(act)):
        board.tell({"unforeseen": "it reported more than fits"})
