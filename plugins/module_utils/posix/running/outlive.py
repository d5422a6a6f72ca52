# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Do in a separate process what has to continue when the connection ends, and with it the terminal or the session."""

import fcntl
import json
import os
import re
import signal
import sys
import traceback

from ..errors import EndpointError
from ..files import memory_file
from .commands import run
from .init_system import is_systemd
from .starting import started

BLOCK = 1 << 20
LOWEST = 3
MOST_OPEN = 1 << 16
OWN_CGROUP = "/proc/self/cgroup"
# What systemd ends as a whole: a login session, if configured (KillUserProcesses in logind.conf), and a service, which
# may be that of a single SSH connection, of a timer or of an agent.
ENDS_AS_A_WHOLE = re.compile(r"/user\.slice/|\.service(/|$)", re.MULTILINE)
MOVE_LIMIT = 15
MANAGER = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")


def answer_of(act):
    """Return what ``act()`` returns (JSON), from a child that survives the end of the connection, terminal or session.

    If the child is killed, or the host has no room for it, the answer is a failure that says so.
    """
    unplaced = memory_file.opened()
    # Not a number that belongs to a standard stream, in case one of them is closed.
    answer = fcntl.fcntl(unplaced, fcntl.F_DUPFD_CLOEXEC, LOWEST)
    os.close(unplaced)
    try:
        sys.stdout.flush()
        child = started(os.fork, "a child of this run")
        if child == 0:
            _be_child(act, answer)
        status = _awaited(child)
        said = _content(answer)
        return json.loads(said.decode("utf-8")) if said else _killed(status)
    except EndpointError as error:
        return _failed(error)
    finally:
        os.close(answer)


def _failed(error):
    return {"failed": True, "msg": str(error), "code": error.code}


def _awaited(child):
    """Return the status with which a child has ended; 0 if whoever started this process had it ignored."""
    try:
        return os.waitpid(child, 0)[1]
    except ChildProcessError:
        return 0


def _be_child(act, answer):
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number in (signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        _leave_streams(answer)
        _leave_unit()
        _write(answer, act())
    except Exception:
        cause = traceback.format_exc()
        error = EndpointError("internal_error", "Carrying out a plan", "this host", cause, "Report it.")
        _write(answer, _failed(error))
    finally:
        os._exit(0)


def _leave_streams(answer):
    """Close everything of the connection's: it would wait for this process, or kill it when it writes."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(LOWEST):
        os.dup2(nothing, descriptor)
    os.closerange(LOWEST, answer)
    os.closerange(answer + 1, min(os.sysconf("SC_OPEN_MAX"), MOST_OPEN))


def _leave_unit():
    """Move to a separate system scope, if systemd can do it: it may end what has started this run as a whole."""
    if not is_systemd() or not ENDS_AS_A_WHOLE.search(_text(OWN_CGROUP)):
        return
    pid = str(os.getpid())
    argv = ["busctl", "call", *MANAGER, "StartTransientUnit", "ssa(sv)a(sa(sv))", "avshift-%s.scope" % pid, "fail"]
    argv += ["3", "PIDs", "au", "1", pid, "Description", "s", "endpoint migration", "Slice", "s", "system.slice", "0"]
    try:
        run(argv, MOVE_LIMIT)
    except EndpointError:
        # It continues where it is.
        return


def _text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


def _write(answer, content):
    data = json.dumps(content).encode("utf-8")
    os.ftruncate(answer, 0)
    os.lseek(answer, 0, os.SEEK_SET)
    memory_file.add(answer, data)


def _content(answer):
    os.lseek(answer, 0, os.SEEK_SET)
    return b"".join(iter(lambda: os.read(answer, BLOCK), b""))


def _killed(status):
    cause = "it was ended by signal %d" % os.WTERMSIG(status) if os.WIFSIGNALED(status) else "it gave no answer"
    error = EndpointError(
        "run_killed", "Carrying out a plan", "this host", cause, "Run again; it continues from there."
    )
    return _failed(error)
