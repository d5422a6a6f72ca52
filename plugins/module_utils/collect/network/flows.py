# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Network traffic to addresses that this host itself maps to the asked names. No name is ever resolved."""

import os
import re
import socket

from ...posix.errors import EndpointError
from ...posix.running import commands
from ..items import not_checked, seen
from .sockets import EMBEDDED, TABLES, address_of, held

HOSTS = "/etc/hosts"
RESOLVED = "/run/systemd/resolve"
CACHES = ("/var/cache/nscd/hosts", "/var/db/nscd/hosts", "/var/lib/nscd/hosts")
TRACKED, COUNTED = "/proc/net/nf_conntrack", "/proc/sys/net/netfilter/nf_conntrack_count"
LIMIT = 10
MOST_LINES = 1 << 20
MOST_ALIASES = 16
CACHE_LIMIT = 1 << 25
END = re.compile(r"\b(?:src|dst)=([0-9A-Fa-f.:]+)")
PORT = re.compile(r"\bdport=([0-9]{1,5})\b")
# Packets to these never leave the host.
NOWHERE = ("0.0.0.0", "::", "::1")
LOOPBACK = "127."
UNCONNECTED = ("0A", "07")


def collect(asked, look):
    """Yield an item of each address known for ``asked['names']``, and of each flow to one of them.

    ``asked['names']`` are domains, and names and addresses of servers. If the host knows no address for them, its flows
    are not read.
    """
    if not asked["names"]:
        return
    known, problems = {}, []
    _add(known, [(name, name) for name in asked["names"]], "asked", asked["names"])
    _add(known, hosts((look.tree.text(HOSTS) or "").split("\n")), HOSTS, asked["names"])
    if os.path.isdir(RESOLVED):
        try:
            _add(known, cached(_cache_of_resolved()), "resolver's cache", asked["names"])
        except EndpointError as error:
            problems.append(not_checked("flow", "resolver's cache", RESOLVED, error))
    problems += _of_nscd(asked["names"], look)
    for address, (names, by) in sorted(known.items()):
        yield seen("known_address", address, by, names=sorted(names))
    yield from problems
    if known:
        yield from _of_sockets(known, look)
        yield from _tracked(known)


def is_named(name, wanted):
    """Return True if a name is one of the wanted ones or lies below one. Never raises."""
    plain = name.rstrip(".").lower()
    return any(plain == one or plain.endswith("." + one) for one in wanted)


def hosts(lines):
    """Yield (name, address) of each name in the lines of a hosts file. Never raises."""
    for line in lines:
        fields = line.partition("#")[0].split()
        for name in fields[1:]:
            yield name, fields[0].partition("%")[0]


def cached(text):
    """Return [(name, address)] from resolvectl's listing of its cache, aliases followed. Never raises."""
    addresses, aliases = [], []
    for line in text.split("\n"):
        fields = line.split()
        if len(fields) == 4 and fields[1] == "IN" and fields[2] in ("A", "AAAA"):
            addresses.append((fields[0].rstrip(".").lower(), fields[3]))
        elif len(fields) == 4 and fields[1] == "IN" and fields[2] in ("CNAME", "DNAME"):
            aliases.append((fields[0].rstrip(".").lower(), fields[3].rstrip(".").lower()))
    found = list(addresses)
    for _step in range(MOST_ALIASES):
        more = [(name, where) for name, to in aliases for aim, where in found if aim == to]
        new = [pair for pair in dict.fromkeys(more) if pair not in found]
        if not new:
            break
        found += new
    return found


def flows(lines, known):
    """Yield (inode, address, port) of each socket in a table of /proc/net whose remote address is known.

    Never raises.
    """
    for line in lines:
        fields = line.split()
        if len(fields) > 9 and fields[3] not in UNCONNECTED:
            address, port = address_of(fields[2])
            if address in known:
                yield fields[9], address, port


def tracked(lines, known):
    """Yield (address, port) of each connection with a known address in the lines of conntrack's table. Never raises."""
    texts = {_in_full(address): address for address in known}
    for line in lines:
        if any(text in line for text in texts):
            for text in END.findall(line):
                address = texts.get(text) or _canonical(text)
                if address in known:
                    port = PORT.search(line)
                    yield address, int(port.group(1)) if port else 0


def _add(known, pairs, by, wanted):
    for name, text in pairs:
        address = _canonical(text)
        nowhere = address in NOWHERE or address.startswith(LOOPBACK)
        if address and not nowhere and is_named(name, wanted):
            known.setdefault(address, (set(), by))[0].add(name.rstrip(".").lower())


def _canonical(text):
    """Return an address as the system writes it, an embedded IPv4 address as such; '' if it is not one."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            address = socket.inet_ntop(family, socket.inet_pton(family, text))
        except (OSError, ValueError):
            continue
        return address[len(EMBEDDED) :] if address.startswith(EMBEDDED) and "." in address else address
    return ""


def _in_full(address):
    """Return an address as conntrack writes it: IPv6 with all its digits."""
    if ":" not in address:
        return address
    packed = socket.inet_pton(socket.AF_INET6, address)
    return ":".join("%02x%02x" % pair for pair in zip(packed[::2], packed[1::2]))


def _cache_of_resolved():
    finished = commands.run(["resolvectl", "show-cache"], LIMIT)
    if finished.code:
        raise EndpointError(
            "cache_unreadable",
            "Reading the resolver's cache",
            "resolvectl show-cache",
            finished.said(),
            "It can be read with systemd 254 or newer.",
        )
    return finished.output


def _of_nscd(names, look):
    """Yield an item, unknown, of each nscd cache that holds one of the names: this code cannot read it."""
    wanted = [name.encode("utf-8") for name in names]
    for path in CACHES:
        try:
            data = look.tree.data(path, CACHE_LIMIT) or b""
        except EndpointError as error:
            yield not_checked("flow", path, path, error)
            continue
        if any(name in data.lower() for name in wanted):
            yield not_checked(
                "flow", path, path, "nscd has one of the names in its cache, but its addresses are not read"
            )


def _of_sockets(known, look):
    found = []
    for protocol, table in TABLES:
        if os.path.exists(table):
            with open(table, encoding="utf-8", errors="surrogateescape") as stream:
                found += [(inode, protocol, table, *aim) for inode, *aim in flows(_limited(stream), known)]
    # To find the owners, every process is checked, so this is done only if there is such a socket.
    holders = {inode: process.path for process in look.processes() for inode in held(process.pid)} if found else {}
    for inode, protocol, table, address, port in found:
        what = "%s %s port %d" % (protocol, address, port)
        yield seen("flow", what, table, process=holders.get(inode, ""), names=sorted(known[address][0]))


def _tracked(known):
    if os.path.exists(TRACKED):
        with open(TRACKED, encoding="utf-8", errors="surrogateescape") as stream:
            found = set(tracked(_limited(stream), known))
    elif _is_tracking():
        try:
            finished = commands.run(["conntrack", "-L", "-o", "extended"], LIMIT)
            if finished.code:
                raise EndpointError(
                    "connections_unreadable", "Listing connections", "conntrack", finished.said(), "Check its message."
                )
            found = set(tracked(finished.output.split("\n"), known))
        except EndpointError as error:
            yield not_checked("flow", "tracked connections", COUNTED, error)
            return
    else:
        return
    for address, port in sorted(found):
        what = "tracked %s port %d" % (address, port)
        yield seen("flow", what, TRACKED, process="", names=sorted(known[address][0]))


def _is_tracking():
    if not os.path.exists(COUNTED):
        return False
    with open(COUNTED) as stream:
        return stream.read().strip() != "0"


def _limited(stream):
    for number, line in enumerate(stream):
        if number > MOST_LINES:
            raise ValueError("it has more than %d lines" % MOST_LINES)
        yield line
