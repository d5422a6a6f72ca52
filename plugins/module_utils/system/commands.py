# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Run the system's own tools: arguments as a list, C locale, time limit, no shell."""

import contextlib
import os
import signal
import subprocess
import time

from .errors import CutOff, EndpointError
from .masks import hidden

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OUTPUT_SHOWN = 600
# Seconds for which output is read on after a command has ended.
LINGERS = 1.0
PIPE = 1 << 15
STEP = 0.01


class Finished:
    """What a command gave: ``code`` (int), ``output`` and ``errors`` (str)."""

    def __init__(self, code, output, errors):
        self.code = code
        self.output = output
        self.errors = errors

    def said(self):
        """Return the last part of what the command printed, for an error message."""
        text = hidden(self.errors.strip() or self.output.strip()).replace("\n", "; ")
        return text[-OUTPUT_SHOWN:] or "no output"


def environment(**extra):
    """Return the environment of every command: the caller's own is not inherited, so that none depends on it."""
    values = {"PATH": SEARCH_PATH, "LC_ALL": "C", "LANG": "C", "HOME": "/root"}
    values.update(extra)
    return values


def run(argv, timeout, stdin=None, **extra):
    """Run a command and return Finished, whatever its exit code.

    Raises EndpointError if it cannot be started or does not end within ``timeout`` seconds; it is killed
    then, and what it has started in its group.
    """
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(**extra),
            cwd="/",
            close_fds=True,
            # A group of its own, so that what it starts can be ended with it.
            start_new_session=True,
        )
    except OSError as error:
        raise EndpointError(
            "command_missing", "Running a command", argv[0], os.strerror(error.errno), "Install it and run again."
        )
    try:
        output, errors = _printed(process, stdin.encode() if stdin is not None else None, timeout)
    except CutOff as error:
        if error.code == "time_limit":
            _end(process)
        raise
    if process.returncode is None:
        _end(process)
        raise EndpointError(
            "command_timeout",
            "Running a command",
            " ".join(argv),
            "no end within %d s" % timeout,
            "Look at the host's load and at what the command waits for, then run again.",
        )
    return Finished(process.returncode, _text(output), _text(errors))


def _printed(process, given, timeout):
    """Return what a command has printed, (output, errors), once it has ended or its time is over.

    A service that a package's script starts may keep the output open for as long as it runs. It is not waited for: what
    the command has printed has come by then.
    """
    deadline = time.monotonic() + timeout
    # What does not fit into a pipe is given by one call, since Python gives no more of it in a second.
    step = LINGERS if given is None or len(given) < PIPE else timeout
    while True:
        has_ended = process.poll() is not None
        try:
            return process.communicate(given, timeout=min(step, max(deadline - time.monotonic(), 0.01)))
        except subprocess.TimeoutExpired as error:
            given = None
            if has_ended or (process.poll() is None and time.monotonic() >= deadline):
                _close(process)
                return error.output or b"", error.stderr or b""


def _end(process):
    """Kill a command's whole group and see it end; what has left the group is not waited for."""
    deadline = time.monotonic() + LINGERS
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(process.pid, signal.SIGKILL)
            process.poll()
            time.sleep(STEP)
    _close(process)


def _close(process):
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def must(argv, timeout, what, remedy, **extra):
    """Run a command that has to succeed and return Finished; raise EndpointError with what it printed if not."""
    finished = run(argv, timeout, **extra)
    if finished.code:
        cause = "exit code %d, %s" % (finished.code, finished.said())
        raise EndpointError("command_failed", what, " ".join(argv), cause, remedy)
    return finished


def _text(raw):
    return raw.decode("utf-8", "surrogateescape")
