"""Watches from inside a host whether a scanner stands between a file and its reader. It is no part of the collection.

    observer.py FILE FOLDER...

In each folder it puts the industry's test file and keeps reading it, every 20 ms. FILE gets a line of JSON for each
time in which the outcome was the same: {folder, outcome, first, last, reads, slowest}. ``first`` is when the first of
these reads began, ``last`` when the last ended, in seconds since 1970; ``slowest`` is the longest of them in seconds.
``outcome`` is ``read`` (it was not refused), ``refused`` or what the system said. SIGTERM ends it, and the files go.

It reads files itself: a scanner answers it like any process, and is asked nothing else. Each
folder has a process of its own, so that one that waits for a scanner's answer keeps no other waiting.
"""

import errno
import json
import os
import signal
import sys
import time

PAUSE = 0.02
NAME = ".observed-test-file"
REFUSED = (errno.EPERM, errno.EACCES)
# In pieces, so that no scanner finds it in this file.
PIECES = ("X5O!P%@AP[4", "\\PZX54(P^)7CC)7", "}$EICAR-STAND", "ARD-ANTIV", "IRUS-TEST-", "FILE!$H+H*")


class Ended(Exception):
    """The observer was asked to end."""


def main():
    """Observe every folder until asked to end."""
    log, folders = sys.argv[1], sys.argv[2:]
    signal.signal(signal.SIGTERM, _end)
    stream = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
    children = [_child(stream, folder) for folder in folders]
    try:
        for pid in children:
            os.waitpid(pid, 0)
    except Ended:
        for pid in children:
            os.kill(pid, signal.SIGTERM)
        for pid in children:
            os.waitpid(pid, 0)


def _end(_number, _frame):
    # Both systemd and the parent end a child.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Ended


def _child(stream, folder):
    pid = os.fork()
    if pid == 0:
        _observe(stream, folder)
        os._exit(0)
    return pid


def _observe(stream, folder):
    path = os.path.join(folder, NAME)
    span = None
    try:
        _put(path)
        while True:
            begun = time.time()
            outcome = _read(path)
            ended = time.time()
            if span is None or span["outcome"] != outcome:
                _tell(stream, span)
                span = {"folder": folder, "outcome": outcome, "first": begun, "reads": 0, "slowest": 0.0}
            span.update(last=ended, reads=span["reads"] + 1, slowest=max(span["slowest"], ended - begun))
            time.sleep(PAUSE)
    except Ended:
        _tell(stream, span)
        os.unlink(path)


def _put(path):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.write(descriptor, "".join(PIECES).encode("ascii"))
    os.close(descriptor)


def _read(path):
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        return _word(error)
    try:
        return "read" if os.read(descriptor, 128) else "empty"
    except OSError as error:
        return _word(error)
    finally:
        os.close(descriptor)


def _word(error):
    return "refused" if error.errno in REFUSED else os.strerror(error.errno)


def _tell(stream, span):
    if span is not None:
        os.write(stream, (json.dumps(span, sort_keys=True) + "\n").encode("ascii"))


if __name__ == "__main__":
    main()
