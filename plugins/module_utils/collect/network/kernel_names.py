# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Names in the kernel's tables that start like a product's, and files that bring such names back at boot."""

import os
import re

from ...linux import kernel_tables, packet_views, traffic_control
from ...posix.errors import EndpointError
from ..items import not_checked, seen
from . import packet_chains

SAVED = (*packet_chains.SAVED, "/etc/ipset.conf", "/etc/ipset", "/etc/sysconfig/ipset", "/etc/sysconfig/ipset.d")
# What creates a chain, table or set: for iptables-save, ipset, nft, and commands in scripts.
DECLARED = re.compile(
    r"(?:^:|^\s*(?:chain|set|map|create)\s+|^\s*table\s+\w+\s+|\bipset\s+(?:create|-N)\s+|\s(?:-N|--new-chain)\s+"
    r"|\badd\s+table\s+\w+\s+|\badd\s+(?:chain|set)\s+\w+\s+\S+\s+)([A-Za-z0-9_.-]+)"
)
MOST_LINES = 20
IP_SET, GROUP, INTERFACE, TRAFFIC = "ipset", "cgroup", "interface", "tc"
INTERFACES = "/sys/class/net"
NF_TABLES, LEGACY = "nf_tables", "iptables-legacy"


def begins_as(prefixes):
    """Return a function that says whether a name is one of the prefixes, or continues after it with something other
    than a letter or digit.
    """
    words = "|".join(re.escape(prefix) for prefix in prefixes)
    expression = re.compile(r"(?:%s)(?![A-Za-z0-9])" % words, re.IGNORECASE)
    return lambda name: bool(prefixes) and expression.match(name) is not None


def collect(asked, _look):
    """Yield an item of each such name; ``asked`` is ``prefixes``, and ``but``: names that another kind reports."""
    fits, own = begins_as(asked["prefixes"]), set(asked["but"])
    if not asked["prefixes"]:
        return
    for source, names in SOURCES.items():
        try:
            found = sorted(set(names(fits)))
        except (OSError, ValueError) as error:
            yield not_checked("kernel_name", source, source, error)
            continue
        for kind, place, name in found:
            if name not in own:
                what = " ".join(word for word in (kind, place, name) if word)
                yield seen("kernel_name", what, source, type=kind, name=name)


def declared_in(line):
    """Return the names that a line of saved rules or of a script creates; none from a comment. Never raises."""
    return [] if line.lstrip().startswith("#") else DECLARED.findall(line)


def collect_saved(asked, look):
    """Yield an item of each such name that a file brings back; ``asked`` as ``collect`` takes it."""
    fits, own = begins_as(asked["prefixes"]), set(asked["but"])
    for path in SAVED if asked["prefixes"] else ():
        try:
            for file in packet_chains.files(path, look.tree):
                lines = (look.tree.text(file, packet_chains.LARGEST) or "").replace("\0", "").split("\n")
                found = [(name, line.strip()) for line in lines for name in declared_in(line)]
                for name in sorted({name for name, _line in found if fits(name) and name not in own}):
                    mine = [line for this, line in found if this == name]
                    yield seen("saved_name", "%s %s" % (file, name), file, name=name, lines=mine[:MOST_LINES])
        except EndpointError as error:
            yield not_checked("saved_name", path, path, error)


def _of_nf_tables(fits):
    for kind, table, name in kernel_tables.of_nf_tables():
        if fits(name):
            yield kind, table if kind != kernel_tables.TABLE else table.partition(" ")[0], name


def _of_legacy(fits):
    for tool, table in packet_views.LEGACY:
        if packet_views.has_legacy(table):
            view = packet_views.saved(tool)
            if view.unknown:
                raise ValueError("%s: %s" % (tool, view.unknown))
            for line in view.lines:
                name = line[1:].partition(" ")[0]
                if line.startswith(":") and fits(name):
                    yield kernel_tables.CHAIN, tool, name


def _of_sets(fits):
    return ((IP_SET, "", name) for name in kernel_tables.ip_sets() if fits(name))


def _of_groups(fits):
    for path in kernel_tables.idle_groups(fits):
        yield GROUP, path.rpartition("/")[0], path.rpartition("/")[2]


def _of_interfaces(fits):
    return ((INTERFACE, "", name) for name in os.listdir(INTERFACES) if fits(name))


def _of_traffic(fits):
    """Yield the names of programs that traffic control filters run: filters have no other names."""
    for one in traffic_control.filters():
        for name in one.names:
            # A program that was loaded from a file is named after it: kesl.o:[section].
            if fits(name) or fits(os.path.basename(name.partition(":[")[0])):
                yield TRAFFIC, one.place, name


SOURCES = {
    NF_TABLES: _of_nf_tables,
    LEGACY: _of_legacy,
    IP_SET: _of_sets,
    GROUP: _of_groups,
    INTERFACE: _of_interfaces,
    TRAFFIC: _of_traffic,
}
