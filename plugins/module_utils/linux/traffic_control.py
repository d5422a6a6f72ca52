# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Ask the kernel for its traffic control filters, without a program: linux/pkt_cls.h, linux/rtnetlink.h.

Filters are attached to a queueing discipline, to one of its classes, or to an interface's ingress and egress.
"""

import errno
import socket
import struct

from . import netlink

GET_DISCIPLINES, DISCIPLINE, GET_CLASSES, CLASS, GET_FILTERS, FILTER = 38, 36, 42, 40, 46, 44
# struct tcmsg: family, interface, handle, parent, further information.
GENERAL = struct.Struct("=B3xiIII")
KIND, OPTIONS = 1, 2
NUMBER = struct.Struct("=I")
# The filters of ingress and clsact are attached to these two.
INCOMING, OUTGOING = 0xFFFFFFF2, 0xFFFFFFF3
BOTH_WAYS = {"ingress": (INCOMING,), "clsact": (INCOMING, OUTGOING)}
MOST_PARENTS = 4096
# For each kind of filter, the attribute that holds its actions; kinds that are not listed are not understood.
ACTIONS = {
    "basic": 3,
    "bpf": 1,
    "cgroup": 1,
    "flow": 9,
    "flower": 3,
    "fw": 4,
    "matchall": 2,
    "route": 6,
    "rsvp": 6,
    "rsvp6": 6,
    "tcindex": 7,
    "u32": 7,
}
# Conditions on a packet's metadata, which can include a mark.
CONDITIONS = {"basic": 2, "cgroup": 3}
# Actions that set no mark of their own: nothing is known about actions that are not listed.
WITHOUT_MARK = frozenset(
    "connmark csum ct ctinfo gact gate ife mirred mpls nat pedit police sample simple skbmod tunnel_key vlan".split()
)
U32_MARK, BPF_NAME = 10, 7
ACTION_KIND, ACTION_OPTIONS, EDIT_MARK, ACTION_BPF_NAME = 1, 2, 5, 6
# struct tcf_ematch_hdr and tcf_meta_hdr: a condition's kind, and which value it compares.
EMATCH, META = struct.Struct("=HHHH"), struct.Struct("=HBB")
EMATCH_LIST, EMATCH_META, META_HEADER, META_RIGHT, META_MARK, META_ID = 2, 4, 1, 3, 12, 0x7FFF


class Filter:
    """One filter: ``place`` (interface and parent), ``kind``, ``marks`` (set of int), ``names`` of programs in it, and
    ``unknown``: the part that is not understood, '' if there is none.
    """

    def __init__(self, place, kind):
        self.place = place
        self.kind = kind
        self.marks = set()
        self.names = []
        self.unknown = ""

    def __str__(self):
        return "%s: %s" % (self.place, self.kind)


def filters():
    """Return every Filter of the host's own network. Raises OSError or ValueError if some cannot be known."""
    try:
        disciplines = list(_told(_dump(GET_DISCIPLINES, 0, 0), DISCIPLINE))
    except OSError as error:
        # A kernel without traffic control.
        if error.errno == errno.EOPNOTSUPP:
            return []
        raise
    parents = sorted(set(_parents(disciplines)))
    if len(parents) > MOST_PARENTS:
        raise ValueError("there are more than %d places for filters" % MOST_PARENTS)
    return [found for place in parents for found in filters_in(_dump(GET_FILTERS, *place))]


def filters_in(data):
    """Yield the Filter of each element in netlink messages (bytes). Never raises."""
    for general, told in _told(data, FILTER):
        _family, interface, handle, parent, _info = general
        kind = told.get(KIND, b"").rstrip(b"\0").decode("utf-8", "replace")
        if OPTIONS in told:
            found = Filter("%s parent %x:%x" % (_name(interface), parent >> 16, parent & 0xFFFF), kind)
            _read(found, handle, dict(netlink.attributes(told[OPTIONS])))
            yield found


def _parents(disciplines):
    """Yield (interface, parent) of every place where filters may be attached."""
    for interface in {general[1] for general, _told in disciplines}:
        for general, _options in _told(_dump(GET_CLASSES, interface, 0), CLASS):
            yield interface, general[2]
    for general, told in disciplines:
        kind = told.get(KIND, b"").rstrip(b"\0").decode("utf-8", "replace")
        for parent in BOTH_WAYS.get(kind, (general[2],) if general[2] else ()):
            yield general[1], parent


def _read(found, handle, options):
    if found.kind not in ACTIONS:
        found.unknown = "filters of the kind %s are not understood" % found.kind
        return
    if found.kind == "fw" and handle:
        found.marks.add(handle)
    if found.kind == "u32" and len(options.get(U32_MARK, b"")) == 3 * NUMBER.size:
        found.marks.add(NUMBER.unpack_from(options[U32_MARK])[0])
    if found.kind == "bpf" and BPF_NAME in options:
        found.names.append(options[BPF_NAME].rstrip(b"\0").decode("utf-8", "replace"))
    found.marks.update(_compared(options.get(CONDITIONS.get(found.kind), b"")))
    for _place, action in netlink.attributes(options.get(ACTIONS[found.kind], b"")):
        _read_action(found, dict(netlink.attributes(action)))


def _read_action(found, action):
    kind = action.get(ACTION_KIND, b"").rstrip(b"\0").decode("utf-8", "replace")
    options = dict(netlink.attributes(action.get(ACTION_OPTIONS, b"")))
    if kind == "skbedit" and len(options.get(EDIT_MARK, b"")) == NUMBER.size:
        found.marks.add(NUMBER.unpack(options[EDIT_MARK])[0])
    elif kind == "bpf" and ACTION_BPF_NAME in options:
        found.names.append(options[ACTION_BPF_NAME].rstrip(b"\0").decode("utf-8", "replace"))
    elif kind not in WITHOUT_MARK | {"skbedit", "bpf"}:
        found.unknown = "actions of the kind %s are not understood" % kind


def _compared(conditions):
    """Yield each mark that conditions compare packets with."""
    for _place, condition in netlink.attributes(dict(netlink.attributes(conditions)).get(EMATCH_LIST, b"")):
        if len(condition) < EMATCH.size or EMATCH.unpack_from(condition)[1] != EMATCH_META:
            continue
        told = dict(netlink.attributes(condition[EMATCH.size :]))
        header, right = told.get(META_HEADER, b""), told.get(META_RIGHT, b"")
        if len(header) >= META.size and META.unpack_from(header)[0] & META_ID == META_MARK and len(right) >= 4:
            yield NUMBER.unpack_from(right)[0]


def _told(data, wanted):
    """Yield (general part, {attribute: content}) of each message of one kind."""
    start = netlink.HEADER.size + GENERAL.size
    for kind, content in netlink.messages(data):
        if kind == wanted and len(content) >= start:
            yield GENERAL.unpack_from(content, netlink.HEADER.size), dict(netlink.attributes(content[start:]))


def _dump(kind, interface, parent):
    return netlink.dump(socket.NETLINK_ROUTE, kind, GENERAL.pack(0, interface, 0, parent, 0))


def _name(interface):
    try:
        return socket.if_indextoname(interface)
    except OSError:
        return "interface %d" % interface
