# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Run the system's own tools: arguments as a list, C locale, time limit, no shell."""

import contextlib
import fcntl
import os
import signal
import subprocess
import time

from ..errors import CutOff, EndpointError
from ..files import memory_file
from ..masks import hidden
from . import bounded
from .starting import started

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OUTPUT_SHOWN = 600
# Bytes that a command may print, and how many bytes of a lasting command's output are kept.
OUTPUT_LIMIT, KEPT = 32 << 20, 1 << 20
# Seconds during which a command's group is killed again and again.
LINGERS = 1.0
# Seconds in which a command may still end by itself after the child that waits for it was asked to end.
MOMENT = 2.0
# Seconds between two looks at a command: a part of what it has taken so far, so that looking costs little.
STEP, LONGEST_STEP, PART = 0.005, 0.025, 0.05


class Finished:
    """The result of a command: ``code`` (int), ``output`` and ``errors`` (str)."""

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


def run(argv, timeout, stdin=None, lasting=False, keep=(), **extra):
    """Run a command and return Finished, whatever its exit code. It gets the open files with the numbers in ``keep``.

    It reads from and prints to files without a name, never a pipe of this process: if this process is killed, the
    command still runs to its end. The output is limited; a ``lasting`` command must not be killed for that, so only the
    end of its output is kept.

    Raises EndpointError if it cannot be started, prints too much or does not end within ``timeout`` seconds. It is then
    killed, with everything that it has started in its group. So is one that is not ``lasting`` if the child that waits
    for it is asked to end.
    """
    files = _opened(stdin)
    try:
        process = _started(argv, files, keep, extra)
        try:
            _see_it_end(process, argv, timeout, files[1:], lasting)
        except CutOff as error:
            if error.code == "time_limit":
                _end(process)
            elif bounded.is_child() and not lasting:
                _let_end(process)
            raise
        return Finished(process.wait(), *(_text(_content(file)) for file in files[1:]))
    finally:
        for file in files:
            os.close(file)


def _opened(given):
    """Return descriptors for a command's input, output and errors."""
    files = []
    try:
        for content in ((given or "").encode("utf-8", "surrogateescape"), b"", b""):
            files.append(memory_file.opened(content))
    except OSError:
        for file in files:
            os.close(file)
        raise
    for file in files[1:]:
        # A file that is truncated while it is written to continues at its new end.
        fcntl.fcntl(file, fcntl.F_SETFL, fcntl.fcntl(file, fcntl.F_GETFL) | os.O_APPEND)
    return files


def _started(argv, files, keep, extra):
    try:
        return started(lambda: _process(argv, files, keep, extra), argv[0])
    except OSError as error:
        raise EndpointError(
            "command_missing", "Running a command", argv[0], os.strerror(error.errno), "Install it and run again."
        )


def _process(argv, files, keep, extra):
    # run_command belongs to an AnsibleModule; this code also runs where there is none.
    return subprocess.Popen(  # pylint: disable=ansible-bad-function
        argv,
        stdin=files[0],
        stdout=files[1],
        stderr=files[2],
        env=environment(**extra),
        cwd="/",
        close_fds=True,
        pass_fds=keep,
        # Its own group, so that what it starts can be killed with it; no terminal whose end would end it.
        start_new_session=True,
    )


def _see_it_end(process, argv, timeout, files, lasting):
    """Wait for a command. A service that it has started may run for as long as it likes."""
    begun = time.monotonic()
    while process.poll() is None:
        # This wait has its own limit.
        bounded.goes_on()
        passed = time.monotonic() - begun
        if passed >= timeout:
            cause, code = "no end within %d s" % timeout, "command_timeout"
        elif max(os.fstat(file).st_size for file in files) <= OUTPUT_LIMIT:
            time.sleep(min(LONGEST_STEP, max(STEP, PART * passed)))
            continue
        elif lasting:
            _shorten(files)
            continue
        else:
            cause, code = "it printed more than %d bytes" % OUTPUT_LIMIT, "command_output"
        _end(process)
        raise EndpointError(
            code,
            "Running a command",
            " ".join(argv),
            cause,
            "Check the host's load and what the command waits for, then run again.",
        )
    if not lasting and max(os.fstat(file).st_size for file in files) > OUTPUT_LIMIT:
        cause = "it printed more than %d bytes" % OUTPUT_LIMIT
        raise EndpointError("command_output", "Running a command", argv[0], cause, "Run it by hand to check.")


def _shorten(files):
    """Keep the end of the output."""
    for file in files:
        kept = _content(file)
        os.ftruncate(file, 0)
        os.write(file, kept)


def _content(file):
    """Return the content of a file; for a long one, its end."""
    size = os.fstat(file).st_size
    begin = size - KEPT if size > OUTPUT_LIMIT else 0
    blocks, place = [], begin
    while place < size:
        blocks.append(os.pread(file, size - place, place))
        if not blocks[-1]:
            break
        place += len(blocks[-1])
    return b"".join(blocks)


def _end(process):
    """Kill a command's whole group and wait until it has ended; processes that left the group may run on."""
    deadline = time.monotonic() + LINGERS
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(process.pid, signal.SIGKILL)
            process.poll()
            time.sleep(STEP)


def _let_end(process):
    """Give a command a moment to end by itself, so that it leaves nothing half done; then kill it."""
    deadline = time.monotonic() + MOMENT
    while process.poll() is None:
        if time.monotonic() >= deadline:
            _end(process)
            return
        time.sleep(STEP)


def must(argv, timeout, what, remedy, **extra):
    """Run a command that has to succeed and return Finished; otherwise raise EndpointError with its output."""
    finished = run(argv, timeout, **extra)
    if finished.code:
        cause = "exit code %d, %s" % (finished.code, finished.said())
        raise EndpointError("command_failed", what, " ".join(argv), cause, remedy)
    return finished


def _text(raw):
    return raw.decode("utf-8", "surrogateescape")
