# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Ask the kernel for the chains of nf_tables, without a program: linux/netfilter/nf_tables.h."""

import os

from . import netlink

NETFILTER = 12
SUBSYSTEM = 10 << 8
GET_CHAIN, NEW_CHAIN = SUBSYSTEM | 4, SUBSYSTEM | 3
TABLE, NAME = 1, 3
# struct nfgenmsg: family, version and a number, for any family.
GENERAL_SIZE = 4
FAMILIES = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}
MODULES = "/proc/modules"
LOADED = "/sys/module/nf_tables"


def may_be_there():
    """Return False if the kernel's module list shows that there are no chains; asking would load the module."""
    if not os.path.exists(MODULES):
        return True
    with open(MODULES, encoding="utf-8", errors="replace") as stream:
        modules = stream.read()
    return not modules or "nf_tables " in modules or os.path.isdir(LOADED)


def chains():
    """Return [(table with its family as nft names it, chain)]. Raises OSError if the kernel does not answer."""
    return list(chains_in(netlink.dump(NETFILTER, GET_CHAIN, b"\0" * GENERAL_SIZE))) if may_be_there() else []


def chains_in(data):
    """Yield (table with its family, chain) of each chain in netlink messages (bytes). Never raises."""
    for kind, content in netlink.messages(data):
        general = content[netlink.HEADER.size : netlink.HEADER.size + GENERAL_SIZE]
        if kind == NEW_CHAIN and len(general) == GENERAL_SIZE:
            told = dict(netlink.attributes(content[netlink.HEADER.size + GENERAL_SIZE :]))
            family = FAMILIES.get(general[0], str(general[0]))
            yield "%s %s" % (family, netlink.text(told.get(TABLE, b""))), netlink.text(told.get(NAME, b""))
