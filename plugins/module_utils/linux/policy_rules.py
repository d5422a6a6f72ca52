# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Ask the kernel for its policy routing rules, without a program: rtnetlink(7) and linux/fib_rules.h."""

import socket
import struct

from . import netlink

GET_RULES, NEW_RULE = 34, 32
MARK, TABLE = 10, 15
RULE_SIZE = 12


def marked(data):
    """Yield (mark, table) as numbers of each rule with a mark in netlink messages (bytes). Never raises."""
    for kind, content in netlink.messages(data):
        if kind == NEW_RULE:
            told = dict(_numbers(content[netlink.HEADER.size + RULE_SIZE :]))
            if told.get(MARK):
                yield told[MARK], told.get(TABLE, 0)


def now():
    """Return [(mark, table)] of the rules of both families. Raises OSError if the kernel does not answer."""
    return [rule for family in (socket.AF_INET, socket.AF_INET6) for rule in marked(_dump(family))]


def _dump(family):
    return netlink.dump(socket.NETLINK_ROUTE, GET_RULES, struct.pack("=B11x", family))


def _numbers(data):
    return ((kind, struct.unpack("=I", value)[0]) for kind, value in netlink.attributes(data) if len(value) == 4)
