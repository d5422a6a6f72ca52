# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Ask the kernel for its policy routing rules, without a program: rtnetlink(7) and linux/fib_rules.h."""

import socket
import struct

GET_RULES, NEW_RULE, DUMP, DONE, FAILED = 34, 32, 0x301, 3, 2
MARK, TABLE = 10, 15
HEADER, ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=HH")
RULE_SIZE = 12
SECONDS = 10
LARGEST = 1 << 24


def marked(data):
    """Yield (mark, table) as numbers of each rule with a mark in netlink messages (bytes). Never raises."""
    for kind, content in _messages(data):
        if kind == NEW_RULE:
            told = dict(_attributes(content[RULE_SIZE:]))
            if told.get(MARK):
                yield told[MARK], told.get(TABLE, 0)


def now():
    """Return [(mark, table)] of the rules of both families. Raises OSError where the kernel does not answer."""
    return [rule for family in (socket.AF_INET, socket.AF_INET6) for rule in marked(_dump(family))]


def _dump(family):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as asking:
        asking.settimeout(SECONDS)
        asking.send(HEADER.pack(HEADER.size + RULE_SIZE, GET_RULES, DUMP, 1, 0) + struct.pack("=B11x", family))
        whole = b""
        while len(whole) < LARGEST:
            part = asking.recv(1 << 16)
            whole += part
            if not part or {kind for kind, _content in _messages(part)} & {DONE, FAILED}:
                break
        return whole


def _messages(data):
    start = 0
    while start + HEADER.size <= len(data):
        length, kind = HEADER.unpack_from(data, start)[:2]
        if length < HEADER.size:
            return
        yield kind, data[start + HEADER.size : start + length]
        start += (length + 3) & ~3


def _attributes(data):
    start = 0
    while start + ATTRIBUTE.size <= len(data):
        length, kind = ATTRIBUTE.unpack_from(data, start)
        if length < ATTRIBUTE.size:
            return
        value = data[start + ATTRIBUTE.size : start + length]
        if len(value) == 4:
            yield kind, struct.unpack("=I", value)[0]
        start += (length + 3) & ~3
