# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Send a signal to the process that was checked, and to no other that has its PID by then."""

import ctypes
import errno
import os
import platform
import signal

from . import interception

# pidfd_open(2) and pidfd_send_signal(2) of Linux 5.3 have these numbers on all architectures but alpha.
PIDFD_SEND_SIGNAL, PIDFD_OPEN = 424, 434
OTHER_NUMBERS = ("alpha",)
NOT_HERE = (errno.ENOSYS, errno.EPERM, errno.EINVAL)


def send(pid, sign, is_meant):
    """Send a signal if ``is_meant()`` says that the PID is still that of the process; return whether it was sent.

    If the kernel supports process descriptors, one is opened first, so that the PID cannot be reused. Otherwise the
    start time and the executable are compared right before the signal is sent.
    """
    try:
        descriptor = _opened(pid)
    except ProcessLookupError:
        return False
    if descriptor is None:
        return _by_number(pid, sign, is_meant)
    try:
        if not is_meant():
            return False
        _send(descriptor, sign)
        return True
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)


def _by_number(pid, sign, is_meant):
    before = _identity(pid)
    if before is None or not is_meant() or _identity(pid) != before:
        return False
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        return False
    return True


def _identity(pid):
    """Return what distinguishes a process from a later one with its PID: start in ticks, executable; None if it is
    gone.
    """
    try:
        with open("/proc/%d/stat" % pid, "rb") as stream:
            start = stream.read().rpartition(b")")[2].split()[19]
        return start, interception.executable(pid)
    except (OSError, IndexError):
        return None


def _opened(pid):
    """Return a descriptor of a process; None if the kernel has none, ProcessLookupError if it is gone."""
    try:
        if hasattr(os, "pidfd_open"):
            return os.pidfd_open(pid)
        return _call(PIDFD_OPEN, ctypes.c_int(pid), ctypes.c_uint(0))
    except OSError as error:
        if error.errno in NOT_HERE:
            return None
        raise


def _send(descriptor, sign):
    if hasattr(signal, "pidfd_send_signal"):
        signal.pidfd_send_signal(descriptor, sign)
    else:
        _call(PIDFD_SEND_SIGNAL, ctypes.c_int(descriptor), ctypes.c_int(sign), None, ctypes.c_uint(0))


def _call(number, *arguments):
    if platform.machine() in OTHER_NUMBERS:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    result = library.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
