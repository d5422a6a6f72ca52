# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Test detection on demand through the engine's socket, with bytes that are never on a disk.

The bytes are in an anonymous file in memory whose descriptor is passed to the engine: clamd(8), FILDES. INSTREAM does
not work while another scanner is active: the engine writes the stream to a file in its temporary directory, where the
other scanner refuses access to the test string, so that the engine calls it clean.
"""

import array
import ctypes
import os
import socket

from ..posix.errors import EndpointError
from .checks import BAD, OK, UNKNOWN, check
from .samples import CLEAN, detectable

ANSWER_LIMIT = 4096
FOUND, CLEAN_SAID = " FOUND", ": OK"


def in_memory(data):
    """Return the descriptor of an anonymous file in memory with the data; EndpointError if the kernel has none."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("avshift")
    else:
        create = getattr(ctypes.CDLL(None, use_errno=True), "memfd_create", None)
        descriptor = create(b"avshift", 1) if create else -1
    if descriptor < 0:
        raise EndpointError(
            "no_memory_file", "Making a file in memory", "memfd_create", "the system has none", "Linux 3.17 has it."
        )
    os.write(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def scan(path, data, timeout):
    """Return the engine's answer (str) to the bytes; OSError if it does not answer."""
    descriptor = in_memory(data)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(path)
            connection.sendall(b"zFILDES\0")
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))
            connection.sendmsg([b"\0"], [rights])
            return _answer(connection)
    finally:
        os.close(descriptor)


def reload(path, timeout):
    """Have the engine reload its signatures; it answers before it is done. OSError if it does not answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        connection.connect(path)
        connection.sendall(b"zRELOAD\0")
        _answer(connection)


def _answer(connection):
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < ANSWER_LIMIT:
        received = connection.recv(ANSWER_LIMIT)
        if not received:
            break
        answer += received
    return answer.rstrip(b"\0").decode("utf-8", "replace")


def prove(path, timeout=30):
    """Return two checks: the test string is found, and clean bytes are not. No answer gives unknown."""
    return [
        _judge("on_demand_detects", path, detectable(), timeout, FOUND),
        _judge("on_demand_clean", path, CLEAN, timeout, CLEAN_SAID),
    ]


def _judge(name, path, data, timeout, right):
    try:
        answer = scan(path, data, timeout)
    except socket.timeout:
        return check(name, UNKNOWN, "%s: no answer within %d s" % (path, timeout))
    except (OSError, EndpointError) as error:
        return check(name, UNKNOWN, "%s: %s" % (path, error))
    if not answer:
        return check(name, UNKNOWN, "%s: closed without an answer" % path)
    return check(name, OK if answer.endswith(right) else BAD, answer)
