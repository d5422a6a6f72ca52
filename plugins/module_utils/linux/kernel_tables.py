# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Named objects in the kernel: chains, tables and sets of nf_tables, IP sets, idle control groups.

No module is loaded and no program is run: linux/netfilter/nf_tables.h, linux/netfilter/ipset/ip_set.h.
"""

import errno
import os
import struct

from . import netlink, nf_tables

TABLE, CHAIN, SET = "table", "chain", "set"
# The requests and their answers: in each, attribute 1 is the table's name (for a table, its own).
ASKED = {TABLE: (1, 0), CHAIN: (4, 3), SET: (10, 9)}
NAMES = {TABLE: 1, CHAIN: 3, SET: 2}
IP_SETS = 6 << 8
LIST_SETS = IP_SETS | 7
PROTOCOL, SET_NAME, FLAGS, NETWORK_ORDER = 1, 2, 6, 0x4000
# Protocol version 6, which kernels since 2.6.39 support, and the flag for names only.
HOW = struct.pack("=HHBxxx", 5, PROTOCOL, 6) + struct.pack("=HH", 8, FLAGS | NETWORK_ORDER) + struct.pack(">I", 2)
IP_SET_LOADED = "/sys/module/ip_set"
GROUPS = "/sys/fs/cgroup"
# The unified hierarchy has this file at its top; before it, each controller had its own hierarchy.
UNIFIED = "cgroup.controllers"
MOST_GROUPS = 20000
# Below any other group, other programs than the service manager create groups: containers, users.
SLICE = ".slice"
PROCESSES = "cgroup.procs"


def of_nf_tables():
    """Return [(kind, table with its family, name)]. Raises OSError if the kernel does not answer."""
    if not nf_tables.may_be_there():
        return []
    found = []
    for kind, (asked, _answer) in sorted(ASKED.items()):
        data = netlink.dump(nf_tables.NETFILTER, nf_tables.SUBSYSTEM | asked, b"\0" * nf_tables.GENERAL_SIZE)
        found += [(kind, table, name) for table, name in named_in(data, kind)]
    return found


def named_in(data, kind):
    """Yield (table with its family, name) of each object of a kind in netlink messages (bytes). Never raises."""
    for number, general, told in _told(data):
        if number == nf_tables.SUBSYSTEM | ASKED[kind][1]:
            family = nf_tables.FAMILIES.get(general[0], str(general[0]))
            yield "%s %s" % (family, netlink.text(told.get(1, b""))), netlink.text(told.get(NAMES[kind], b""))


def ip_sets():
    """Return the sorted names of the IP sets. Raises OSError if the kernel does not answer."""
    if not (os.path.isdir(IP_SET_LOADED) or not os.path.exists(nf_tables.MODULES)):
        return []
    try:
        data = netlink.dump(nf_tables.NETFILTER, LIST_SETS, b"\0" * nf_tables.GENERAL_SIZE + HOW)
    except OSError as error:
        # A kernel without modules and without IP sets.
        if error.errno in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOENT):
            return []
        raise
    return sorted(set(sets_in(data)))


def sets_in(data):
    """Yield the name of each IP set in netlink messages (bytes). Never raises."""
    for number, _general, told in _told(data):
        if number & ~0xFF == IP_SETS and SET_NAME in told:
            yield netlink.text(told[SET_NAME])


def idle_groups(is_wanted):
    """Yield the path of each control group with a wanted name that has no process in it or below it.

    Only groups that root made at the top, or in one of the service manager's slices there, are checked.
    """
    tops = [GROUPS] if os.path.exists(os.path.join(GROUPS, UNIFIED)) else [path for path, _name in _folders(GROUPS)]
    for top in tops:
        for path, name in _folders(top):
            below = _folders(path) if name.endswith(SLICE) else ()
            for group, called in [(path, name), *below]:
                if is_wanted(called) and not _is_used(group):
                    yield group


def _folders(folder):
    """Return [(path, name)] of root's directories in one, sorted; none if there is no such directory."""
    found = []
    for entry in os.scandir(folder) if os.path.isdir(folder) else ():
        if entry.is_dir(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_uid == 0:
            found.append((entry.path, entry.name))
            if len(found) > MOST_GROUPS:
                raise ValueError("there are more than %d control groups in %s" % (MOST_GROUPS, folder))
    return sorted(found)


def _is_used(path):
    for folder, _folders, files in os.walk(path):
        if PROCESSES in files:
            with open(os.path.join(folder, PROCESSES)) as stream:
                if stream.read(1):
                    return True
    return False


def _told(data):
    """Yield (message type, its general part, {attribute: content}) of each netfilter message."""
    for number, content in netlink.messages(data):
        general = content[netlink.HEADER.size : netlink.HEADER.size + nf_tables.GENERAL_SIZE]
        if len(general) == nf_tables.GENERAL_SIZE:
            start = netlink.HEADER.size + nf_tables.GENERAL_SIZE
            yield number, general, dict(netlink.attributes(content[start:]))
