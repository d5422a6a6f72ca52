# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Firewall rules, policy routes, filters of traffic control, and IPsec policies and states that use a mark."""

import re

from ...linux import packet_views, policy_rules, traffic_control, xfrm
from ..files.ini_values import marks_set
from ..items import not_checked, seen

MOST_RULES = 20
ROUTES, TRAFFIC, TRANSFORMS = "ip rule", "tc", "ip xfrm"
HANDLE = " # handle "
MARK = re.compile(r"\bmark\b|MARK|fwmark", re.IGNORECASE)


def marked(lines):
    """Yield (mark as 0x..., line) of each line of a firewall's listing that uses a mark. Never raises."""
    for line in lines:
        if MARK.search(line):
            for number in sorted({hex(int(found, 16)) for found in packet_views.NUMBER.findall(line)}):
                yield number, line.strip()


def wanted_marks(asked, look):
    """Return the wanted marks (set of 0x...): ``asked["marks"]``, and those that files set, which
    ``asked["set_by"]`` names as {file, key}.
    """
    return set(asked["marks"]) | marks_set(asked["set_by"], look)


def collect(asked, look):
    """Yield an item of each use of an asked mark; ``asked`` as ``wanted_marks`` takes it."""
    wanted = wanted_marks(asked, look)
    for view in _views():
        used = {}
        for mark, rule in marked(view.lines):
            if mark in wanted:
                used.setdefault(mark, []).append(rule.partition(HANDLE)[0])
        if view.unknown:
            yield not_checked("packet_mark", view.tool, view.tool, view.unknown)
        for mark, rules in sorted(used.items()):
            yield seen("packet_mark", "%s %s" % (view.tool, mark), view.tool, rules=rules[:MOST_RULES])


def _views():
    yield from packet_views.views()
    for tool, lines in TABLES.items():
        try:
            found, unknown = lines()
        except (OSError, ValueError) as error:
            found, unknown = [], str(error)
        yield packet_views.View(tool, found, unknown)


def _routes():
    return ["fwmark %s table %d" % (hex(mark), table) for mark, table in policy_rules.now()], ""


def traffic_filters():
    """Return (lines with each mark that a traffic control filter uses, what is not understood, '' if everything is)."""
    found = traffic_control.filters()
    lines = ["%s mark %s" % (one, hex(mark)) for one in found for mark in sorted(one.marks)]
    return lines, "; ".join(sorted({"%s: %s" % (one.place, one.unknown) for one in found if one.unknown}))


def transforms():
    """Return (lines with each mark that an IPsec policy or state uses, '')."""
    return sorted({"%s mark %s" % (what, hex(mark)) for mark, what in xfrm.marked()}), ""


# What the kernel is asked directly, by the name of the tool that would list it.
TABLES = {ROUTES: _routes, TRAFFIC: traffic_filters, TRANSFORMS: transforms}
