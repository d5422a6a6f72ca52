# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Firewall rules and policy routes that use a mark."""

import re

from ..system import packet_rules, policy_rules
from ..system.errors import EndpointError
from .ini_values import marks_set
from .items import not_checked, seen

MOST_RULES = 20
MARK = re.compile(r"\bmark\b|MARK|fwmark", re.IGNORECASE)
NUMBER = re.compile(r"\b0x[0-9a-fA-F]{1,8}\b")


def marked(lines):
    """Yield (mark as 0x..., line) of each line of a firewall's listing that uses one. Never raises."""
    for line in lines:
        if MARK.search(line):
            for number in sorted({hex(int(found, 16)) for found in NUMBER.findall(line)}):
                yield number, line.strip()


def wanted_marks(asked, look):
    """Return the marks that are looked for (set of 0x...): ``asked["marks"]``, and those that files set, which
    ``asked["set_by"]`` names as {file, key}.
    """
    return set(asked["marks"]) | marks_set(asked["set_by"], look)


def collect(asked, look):
    """Yield an item of each way in which an asked mark is used; ``asked`` as ``wanted_marks`` takes it."""
    wanted = wanted_marks(asked, look)
    for tool, answer in _tools():
        used = {}
        try:
            for mark, rule in answer():
                if mark in wanted:
                    used.setdefault(mark, []).append(rule)
        except (EndpointError, OSError) as error:
            yield not_checked("packet_mark", tool, tool, error)
        for mark, rules in sorted(used.items()):
            yield seen("packet_mark", "%s %s" % (tool, mark), tool, rules=rules[:MOST_RULES])


def _tools():
    yield "nft", _nft
    for tool, table in packet_rules.LEGACY:
        yield tool, lambda tool=tool, table=table: _legacy(tool, table)
    yield "ip rule", lambda: [(hex(mark), "table %d" % table) for mark, table in policy_rules.now()]


def _nft():
    if packet_rules.may_have_nf_tables():
        for argv in (["nft", "-nn", "list", "ruleset"], ["iptables-nft-save"]):
            if packet_rules.has(argv[0]):
                return marked(packet_rules.said(argv))
    return []


def _legacy(tool, table):
    return marked(packet_rules.said([tool + "-save"])) if packet_rules.has_legacy(table) else []
