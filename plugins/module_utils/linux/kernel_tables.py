# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""What has a name in the kernel's tables: chains, tables and sets of nf_tables, IP sets, idle control groups.

Nothing is loaded and no program is run for it: linux/netfilter/nf_tables.h, linux/netfilter/ipset/ip_set.h.
"""

import errno
import os
import struct

from . import netlink, nf_tables

TABLE, CHAIN, SET = "table", "chain", "set"
# What is asked, and what an answer is: in each, attribute 1 is the table's name (of a table, its own).
ASKED = {TABLE: (1, 0), CHAIN: (4, 3), SET: (10, 9)}
NAMES = {TABLE: 1, CHAIN: 3, SET: 2}
IP_SETS = 6 << 8
LIST_SETS = IP_SETS | 7
PROTOCOL, SET_NAME, FLAGS, NETWORK_ORDER = 1, 2, 6, 0x4000
# Version 6 of the protocol, which kernels since 2.6.39 speak, and the flag for names alone.
HOW = struct.pack("=HHBxxx", 5, PROTOCOL, 6) + struct.pack("=HH", 8, FLAGS | NETWORK_ORDER) + struct.pack(">I", 2)
IP_SET_LOADED = "/sys/module/ip_set"
GROUPS = "/sys/fs/cgroup"
# The unified hierarchy has this file at its top; before it each controller had a hierarchy of its own.
UNIFIED = "cgroup.controllers"
MOST_GROUPS = 20000
# Others than the system's own service manager make groups below anything else: containers, users.
SLICE = ".slice"
PROCESSES = "cgroup.procs"


def of_nf_tables():
    """Return [(kind, table with its family, name)]. Raises OSError where the kernel does not answer."""
    if not nf_tables.may_be_there():
        return []
    found = []
    for kind, (asked, _answer) in sorted(ASKED.items()):
        data = netlink.dump(nf_tables.NETFILTER, nf_tables.SUBSYSTEM | asked, b"\0" * nf_tables.GENERAL_SIZE)
        found += [(kind, table, name) for table, name in named_in(data, kind)]
    return found


def named_in(data, kind):
    """Yield (table with its family, name) of each thing of a kind in netlink messages (bytes). Never raises."""
    for number, general, told in _told(data):
        if number == nf_tables.SUBSYSTEM | ASKED[kind][1]:
            family = nf_tables.FAMILIES.get(general[0], str(general[0]))
            yield "%s %s" % (family, _text(told.get(1, b""))), _text(told.get(NAMES[kind], b""))


def ip_sets():
    """Return the sorted names of the IP sets. Raises OSError where the kernel does not answer."""
    if not (os.path.isdir(IP_SET_LOADED) or not os.path.exists(nf_tables.MODULES)):
        return []
    try:
        data = netlink.dump(nf_tables.NETFILTER, LIST_SETS, b"\0" * nf_tables.GENERAL_SIZE + HOW)
    except OSError as error:
        # A kernel without modules that has none of this.
        if error.errno in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOENT):
            return []
        raise
    return sorted(set(sets_in(data)))


def sets_in(data):
    """Yield the name of each IP set in netlink messages (bytes). Never raises."""
    for number, _general, told in _told(data):
        if number & ~0xFF == IP_SETS and SET_NAME in told:
            yield _text(told[SET_NAME])


def idle_groups(is_wanted):
    """Yield the path of each control group of a wanted name in which, and below which, no process is.

    Only what root made at the top or in one of the service manager's slices there is looked at.
    """
    tops = [GROUPS] if os.path.exists(os.path.join(GROUPS, UNIFIED)) else [path for path, _name in _folders(GROUPS)]
    for top in tops:
        for path, name in _folders(top):
            below = _folders(path) if name.endswith(SLICE) else ()
            for group, called in [(path, name), *below]:
                if is_wanted(called) and not _is_used(group):
                    yield group


def _folders(folder):
    """Return [(path, name)] of root's directories in one, sorted; none where there is no such directory."""
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
    """Yield (kind of message, its general part, {attribute: content}) of each message of netfilter's."""
    for number, content in netlink.messages(data):
        general = content[netlink.HEADER.size : netlink.HEADER.size + nf_tables.GENERAL_SIZE]
        if len(general) == nf_tables.GENERAL_SIZE:
            start = netlink.HEADER.size + nf_tables.GENERAL_SIZE
            yield number, general, dict(netlink.attributes(content[start:]))


def _text(raw):
    return raw.rstrip(b"\0").decode("utf-8", "replace")
