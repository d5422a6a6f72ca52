# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Chains of packet filters by their names, with their rules and the jumps to them.

A chain is {tool, table, chain, head, rules, jumps, plain}: ``head`` is its declaration, ``rules`` are its own rules as
its tool lists them, ``jumps`` are {chain, number, rule} of the rules elsewhere that lead to it, ``number`` their
position from 1, and ``plain`` is False if one of these does more than jump there, so that it cannot simply be removed.
"""

import re
import shlex

from . import nf_tables, packet_views

LEADS = ("-j", "-g", "--jump", "--goto")
UNKNOWN_TOOL = "nf_tables"


def named(names):
    """Return ([chain], [(tool, why it could not be read)]) of the chains that have one of the names."""
    wanted, found, blind = set(names), [], []
    try:
        there = {chain for chain in nf_tables.chains() if chain[1] in wanted}
    except OSError as error:
        there, blind = set(), [(UNKNOWN_TOOL, str(error))]
    if not there and not any(packet_views.has_legacy(table) for _tool, table in packet_views.LEGACY):
        return found, blind
    for view in packet_views.views():
        if view.tool == packet_views.NFT:
            found += nft_chains(view.lines, wanted)
        else:
            found += saved_chains(view.lines, view.tool, wanted)
        if view.unknown and (there or view.tool in dict(packet_views.LEGACY)):
            blind.append((view.tool, view.unknown))
    return found + [_bare(*chain) for chain in sorted(there - set(map(_kernel_name, found)))], blind


def saved_chains(lines, tool, names):
    """Yield each chain of these names in the output of iptables-save. Never raises."""
    by_table = {}
    table = ""
    for line in lines:
        table = line[1:].strip() if line.startswith("*") else table
        by_table.setdefault(table, []).append(line)
    for table, these in by_table.items():
        rules = [(_words(line), line) for line in these if line.startswith("-A ")]
        for line in these:
            name = line[1:].partition(" ")[0]
            if line.startswith(":") and name in names:
                yield _saved_chain(tool, table, name, line.partition(" [")[0], rules)


def nft_chains(lines, names):
    """Yield each chain of these names in the output of ``nft -a list ruleset``. Never raises."""
    for table, block in packet_views.table_blocks(lines):
        chains = dict(_chains_in(block))
        for name in chains:
            if name in names:
                yield _nft_chain(table, name, chains)


def _bare(table, name):
    """Return a chain that the kernel reports and whose content no tool shows."""
    return {"tool": UNKNOWN_TOOL, "table": table, "chain": name, "head": "", "rules": [], "jumps": [], "plain": False}


def _kernel_name(chain):
    family = {"iptables-nft": "ip ", "ip6tables-nft": "ip6 "}.get(chain["tool"], "")
    return family + chain["table"], chain["chain"]


def _saved_chain(tool, table, name, head, rules):
    own = [line for words, line in rules if words[1:2] == [name]]
    jumps, places = [], {}
    for words, line in rules:
        chain = words[1] if len(words) > 1 else ""
        places[chain] = places.get(chain, 0) + 1
        if chain != name and any(word == name and before in LEADS for before, word in zip(words, words[1:])):
            jumps.append({"chain": chain, "number": places[chain], "rule": line})
    plain = all(words for words, _line in rules)
    return {"tool": tool, "table": table, "chain": name, "head": head, "rules": own, "jumps": jumps, "plain": plain}


def _words(line):
    try:
        return shlex.split(line)
    except ValueError:
        return []


def _chains_in(block):
    """Yield (name, [its declaration], [(rule, handle)]) from pairs of name and the rest."""
    name, head, rules = "", [], []
    for line in (line.strip() for line in block):
        told = packet_views.HANDLE.match(line)
        text = told.group(1) if told else line
        if text.startswith("chain ") and text.endswith("{"):
            name, head, rules = text[len("chain ") : -1].strip(), [], []
        elif line == "}" and name:
            yield name, (head, rules)
            name = ""
        elif name and told:
            rules.append((text, told.group(2)))
        elif name and line:
            head.append(line)


def _nft_chain(table, name, chains):
    head, own = chains[name]
    leads = re.compile(r"\b(?:jump|goto) %s(?![\w/\\.-])" % re.escape(name))
    last = re.compile(r"\b(?:jump|goto) %s\Z" % re.escape(name))
    jumps, plain = [], True
    for chain, (_head, rules) in chains.items():
        for number, (text, handle) in enumerate(rules, 1):
            bare = packet_views.QUOTED.sub('""', text)
            if chain != name and leads.search(bare):
                jumps.append({"chain": chain, "number": number, "rule": text, "handle": handle})
                plain = plain and last.search(bare.partition(" comment ")[0]) is not None and "{" not in bare
    rules = [text for text, _handle in own]
    return {
        "tool": packet_views.NFT,
        "table": table,
        "chain": name,
        "head": " ".join(head),
        "rules": rules,
        "jumps": jumps,
        "plain": plain,
    }
