# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Sockets on which a product's processes listen, and local sockets with a product's path."""

import os
import re
import socket
import struct

from ...linux import interception
from ...posix.names import below_any
from ..items import seen

TABLES = (("tcp", "/proc/net/tcp"), ("tcp6", "/proc/net/tcp6"), ("udp", "/proc/net/udp"), ("udp6", "/proc/net/udp6"))
LOCAL = "/proc/net/unix"
# See proc(5): the state of a listening TCP socket, and of an unconnected UDP socket.
LISTENING = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}
DESCRIPTOR = re.compile(r"socket:\[([0-9]+)\]")
EMBEDDED = "::ffff:"
HEXADECIMAL = re.compile(r"[0-9A-Fa-f]+\Z")


def listening(lines, state):
    """Yield (inode as text, address:port) of each socket in a state, from /proc/net/tcp and the like. Never raises."""
    for line in lines:
        fields = line.split()
        if len(fields) > 9 and fields[3] == state:
            address, _colon, port = fields[1].partition(":")
            if HEXADECIMAL.match(address) and HEXADECIMAL.match(port) and len(address) in (8, 32):
                yield fields[9], "%s:%d" % (_address(address), int(port, 16))


def address_of(text):
    """Return (address, port) of one end of a connection in /proc/net/tcp and the like; ('', 0) if it is not one.

    An IPv4 address embedded in an IPv6 address is returned as IPv4. Never raises.
    """
    address, _colon, port = text.partition(":")
    if not (HEXADECIMAL.match(address) and HEXADECIMAL.match(port) and len(address) in (8, 32)):
        return "", 0
    plain = _address(address).strip("[]")
    return plain[len(EMBEDDED) :] if plain.startswith(EMBEDDED) and "." in plain else plain, int(port, 16)


def local(lines):
    """Yield the path of each named socket in the lines of /proc/net/unix. Never raises."""
    for line in lines:
        fields = line.rstrip("\n").split(None, 6)
        path = fields[6].partition(" ")[2] if len(fields) == 7 else ""
        if path.startswith("/"):
            yield path


def collect(asked, look):
    """Yield sockets with listeners below ``asked['held_below']``, and local sockets below ``asked['paths']``."""
    holders, name_of, is_asked = {}, look.name_below(asked["held_below"]), below_any(asked["paths"])
    for process in look.processes():
        name = name_of(process.path)
        if name is not None and process.is_hosts:
            for inode in held(process.pid):
                holders[inode] = name
    if holders:
        for protocol, table in TABLES:
            for inode, address in _lines(table, lambda lines, of=protocol: listening(lines, LISTENING[of])):
                if inode in holders:
                    yield seen("socket", "%s %s" % (protocol, address), table, process=holders[inode])
    for path in sorted(set(_lines(LOCAL, local))):
        if is_asked(path):
            yield seen("socket", "unix " + path, LOCAL, process="")


def _address(text):
    """Return an address as people write it; the kernel prints words of four bytes as numbers in its own byte order."""
    words = [int(text[start : start + 8], 16) for start in range(0, len(text), 8)]
    packed = struct.pack("=%dI" % len(words), *words)
    if len(words) == 1:
        return socket.inet_ntop(socket.AF_INET, packed)
    return "[%s]" % socket.inet_ntop(socket.AF_INET6, packed)


def held(pid):
    """Return the inodes, as text, of a process's sockets; an empty list if the process is gone."""
    named = [DESCRIPTOR.match(opened) for _number, opened in interception.open_files(pid)]
    return [found.group(1) for found in named if found]


def _lines(table, parser):
    if not os.path.exists(table):
        return []
    with open(table, encoding="utf-8", errors="surrogateescape") as stream:
        return list(parser(stream))
