# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Each rule of a firewall and each policy route that uses a mark, and files that bring such rules back at boot."""

from ...agreed.linux import ANY_MARK
from ...linux import packet_rules
from ...posix.errors import EndpointError
from ..items import seen
from .packet_marks import TRAFFIC, TRANSFORMS, marked, traffic_filters, transforms, wanted_marks

LARGEST = 1 << 24
SAVED = (
    "/etc/iptables/rules.v4",
    "/etc/iptables/rules.v6",
    "/etc/nftables.conf",
    "/etc/sysconfig/iptables",
    "/etc/sysconfig/ip6tables",
    "/etc/sysconfig/nftables.conf",
    "/etc/ufw/before.rules",
    "/etc/ufw/after.rules",
    "/etc/firewalld/direct.xml",
)


def collect(asked, look):
    """Yield an item of each rule that uses an asked mark; ``asked`` as packet_marks takes it."""
    wanted = wanted_marks(asked, look)
    for rule in _listed():
        if wanted & set(rule["marks"]):
            value = {key: rule[key] for key in ("tool", "table", "chain", "rule", "marks", "whole")}
            what = " ".join(word for word in (rule["tool"], rule["table"], rule["rule"]) if word)
            yield seen("packet_rule", what, rule["tool"], **value)
    for tool, lines in ((TRAFFIC, traffic_filters), (TRANSFORMS, transforms)):
        yield from _kept(tool, lines, wanted)
    for path in SAVED:
        for mark, line in _saved_in(path, look.tree):
            if mark in wanted | {ANY_MARK}:
                yield seen("saved_packet_rule", "%s %s" % (path, line), path, mark=mark, rule=line)


def _kept(tool, lines, wanted):
    """Yield an item of each line that uses a wanted mark, and that no step deletes."""
    try:
        found = lines()[0]
    except (OSError, ValueError):
        # The kind packet_mark reports that.
        return
    for mark, line in marked(found):
        if mark in wanted:
            value = {"tool": tool, "table": "", "chain": "", "rule": line, "marks": [mark], "whole": False}
            yield seen("packet_rule", "%s %s" % (tool, line), tool, **value)


def _saved_in(path, tree):
    """Yield (mark, line) of a file; an unreadable one may hold any mark, and blocks no change."""
    try:
        lines = (tree.text(path, LARGEST) or "").split("\n")
    except EndpointError as error:
        yield ANY_MARK, "could not be read: %s" % error
        return
    for mark, line in marked(lines):
        if not line.startswith("#"):
            yield mark, line


def _listed():
    """Return what can be listed. If a tool fails, the kind packet_mark reports it, and then all rules stay."""
    try:
        return list(packet_rules.listed())
    except EndpointError:
        return []
