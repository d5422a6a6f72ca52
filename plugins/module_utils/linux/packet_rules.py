# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Firewall rules and policy routes that use a mark, one by one, in the syntax of the tool that lists and deletes them.

A rule is {tool, table, chain, rule, marks, whole}: ``marks`` are the numbers as 0x..., and ``whole`` is True if each
is compared or set as a whole, without a mask, a negation or anything else that may make it part of another mark.
"""

import re
import shlex

from ..posix.errors import EndpointError
from . import packet_views

NFT, ROUTES = packet_views.NFT, ("ip -4 rule", "ip -6 rule")
LIST_ROUTES = {"ip -4 rule": ["ip", "-4", "rule", "show"], "ip -6 rule": ["ip", "-6", "rule", "show"]}
FULL = 0xFFFFFFFF
VALUE = re.compile(r"(0x[0-9a-fA-F]{1,8})(?:/(0x[0-9a-fA-F]{1,8}))?\Z")
PLAIN_OPTIONS = ("--mark", "--set-mark", "--set-xmark")
NFT_MARK = re.compile(r"\b(?:meta |ct )?mark (?:== |set )?(0x[0-9a-fA-F]{1,8})(?=\s|\Z)(?! [&|^])")
WORD = re.compile(r"\bmark\b")
# The fields that together identify one policy route, so that only that one is deleted.
ROUTE_KEYS = frozenset("from to iif oif fwmark lookup tos ipproto sport dport uidrange".split())


def listed():
    """Yield every rule that uses a mark. Raises EndpointError if an installed tool cannot list them all."""
    for view in packet_views.views():
        if view.unknown:
            raise EndpointError("command_failed", "Listing the firewall", view.tool, view.unknown, "Run it by hand.")
        yield from nft_rules(view.lines) if view.tool == NFT else saved_rules(view.lines, view.tool)
    if packet_views.has("ip"):
        for tool in ROUTES:
            yield from route_rules(packet_views.said(LIST_ROUTES[tool]), tool)


def saved_rules(lines, tool):
    """Yield the rules that use a mark in the output of iptables-save. Never raises."""
    table = ""
    for line in lines:
        if line.startswith("*"):
            table = line[1:].strip()
        elif line.startswith("-A "):
            marks, whole = _of_options(line)
            if marks:
                chain = line.split(" ")[1]
                yield {"tool": tool, "table": table, "chain": chain, "rule": line, "marks": marks, "whole": whole}


def nft_rules(lines):
    """Yield the rules that use a mark in the output of ``nft -a list ruleset``, each with its handle. Never raises."""
    table = chain = ""
    for line in lines:
        told = packet_views.HANDLE.match(line.strip())
        text = told.group(1) if told else ""
        if text.startswith("table ") and text.endswith("{"):
            table = text[len("table ") : -1].strip()
        elif text.startswith("chain ") and text.endswith("{"):
            chain = text[len("chain ") : -1].strip()
        elif text.endswith("{") or line.strip() == "}":
            chain = ""
        elif text and chain:
            marks, whole = _of_expression(text)
            if marks:
                rule = {"tool": NFT, "table": table, "chain": chain, "rule": text, "marks": marks, "whole": whole}
                yield dict(rule, handle=told.group(2))


def route_rules(lines, tool):
    """Yield the rules that use a mark in the output of ``ip rule show``. Never raises."""
    for line in lines:
        priority, _colon, rest = line.strip().partition(":")
        words = rest.split()
        if "fwmark" in words[:-1] and priority.isdigit():
            value = VALUE.match(words[words.index("fwmark") + 1])
            if value:
                known = len(words) % 2 == 0 and set(words[::2]) <= ROUTE_KEYS
                rule = "%s: %s" % (priority, " ".join(words))
                marks, whole = [hex(int(value.group(1), 16))], known and _is_whole(value)
                yield {"tool": tool, "table": "", "chain": "", "rule": rule, "marks": marks, "whole": whole}


def _of_options(line):
    try:
        words = shlex.split(line)
    except ValueError:
        return [], False
    marks, whole = set(), True
    for place, word in enumerate(words[:-1]):
        if not (word.startswith("--") and word.endswith("mark")):
            continue
        value = VALUE.match(words[place + 1])
        if value:
            marks.add(hex(int(value.group(1), 16)))
        plain = word in PLAIN_OPTIONS and words[place - 1] != "!" and value
        whole = whole and bool(plain) and _is_whole(value)
    return sorted(marks), whole


def _is_whole(value):
    return value.group(2) is None or int(value.group(2), 16) == FULL


def _of_expression(text):
    """Return (marks, whether all are whole) of an nft rule; quoted texts in it, such as comments, do not count."""
    bare = packet_views.QUOTED.sub('""', text)
    uses = len(WORD.findall(bare))
    whole = NFT_MARK.findall(bare)
    numbers = whole if len(whole) == uses else packet_views.NUMBER.findall(bare)
    return sorted({hex(int(number, 16)) for number in numbers}) if uses else [], len(whole) == uses
