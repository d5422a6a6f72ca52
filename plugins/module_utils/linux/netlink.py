# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Read one of the kernel's tables without a program: netlink(7)."""

import os
import socket
import struct

DUMP, FAILED, DONE = 0x301, 2, 3
HEADER, ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=HH")
ERROR = struct.Struct("=i")
SECONDS = 10
LARGEST = 1 << 24
PART = 1 << 17
# The upper bits of an attribute's type say how it is encoded.
TYPE = 0x3FFF


def dump(protocol, kind, content):
    """Return all messages (bytes) of the kernel's answer. Raises OSError if there is none, or if it is incomplete."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as asking:
        asking.settimeout(SECONDS)
        asking.send(HEADER.pack(HEADER.size + len(content), kind, DUMP, 1, 0) + content)
        parts, size = [], 0
        while size < LARGEST:
            part = asking.recv(PART)
            if not part:
                raise OSError("the kernel's answer ends too early")
            parts.append(part)
            size += len(part)
            if _is_last(part):
                return b"".join(parts)
    raise OSError("the kernel's answer is longer than %d bytes" % LARGEST)


def _is_last(part):
    for kind, content in messages(part):
        if kind == FAILED and len(content) >= HEADER.size + ERROR.size:
            number = -ERROR.unpack_from(content, HEADER.size)[0]
            raise OSError(number, os.strerror(number))
        if kind in (DONE, FAILED):
            return True
    return False


def messages(data):
    """Yield (kind, whole message) of each message in data (bytes); an incomplete one ends it. Never raises."""
    start = 0
    while start + HEADER.size <= len(data):
        length, kind = HEADER.unpack_from(data, start)[:2]
        if length < HEADER.size:
            return
        yield kind, data[start : start + length]
        start += (length + 3) & ~3


def attributes(data):
    """Yield (type, content) of each attribute in data (bytes); an incomplete one ends it. Never raises."""
    start = 0
    while start + ATTRIBUTE.size <= len(data):
        length, kind = ATTRIBUTE.unpack_from(data, start)
        if length < ATTRIBUTE.size:
            return
        yield kind & TYPE, data[start + ATTRIBUTE.size : start + length]
        start += (length + 3) & ~3


def text(raw):
    """Return a name as the kernel gives it: bytes that end with a zero."""
    return raw.rstrip(b"\0").decode("utf-8", "replace")
