# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Do in a child what may never return: a scanner that does not answer holds whoever opens a file for ever."""

import json
import os
import signal
import time

STEP = 0.01
# Old kernels let nobody kill a process that waits for a scanner's answer.
KILLING = 1.0
TIMEOUT = "timeout"
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGALRM)


def told(act, timeout):
    """Return what ``act(tell)`` has told in a child (JSON), or "timeout", or in words that the child told nothing.

    The child does nothing but that, whatever signal or error comes meanwhile, and is gone afterwards.
    """
    reading, writing = os.pipe()
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        child = os.fork()
    except OSError:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        os.close(reading)
        os.close(writing)
        raise
    if child == 0:
        _be_child(act, writing)
    try:
        os.close(writing)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        if not _has_ended(child, timeout):
            return TIMEOUT
        child, said = None, os.read(reading, 4096)
        return json.loads(said.decode()) if said else "the reader was killed"
    finally:
        os.close(reading)
        if child is not None:
            os.kill(child, signal.SIGKILL)
            _has_ended(child, KILLING)


def _be_child(act, writing):
    try:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        act(lambda outcome: os.write(writing, json.dumps(outcome).encode()))
    finally:
        # Neither an error nor what the parent has yet to do goes on in here.
        os._exit(0)


def _has_ended(child, timeout):
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(STEP)
    return False
