# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The tools' listings of the kernel's packet filters: one tool cannot fully list a table that another one wrote."""

import os
import re
import shutil

from ..posix.errors import EndpointError
from ..posix.running.commands import SEARCH_PATH, run
from . import nf_tables

LIMIT = 20
NFT = "nft"
LIST_NFT = ["nft", "-nn", "-s", "-a", "list", "ruleset"]
# The kernel lists the legacy tables here; asking for one that is not there would load its module.
LEGACY = (("iptables-legacy", "/proc/net/ip_tables_names"), ("ip6tables-legacy", "/proc/net/ip6_tables_names"))
IN_PLACE_OF_NFT = ("iptables-nft", "ip6tables-nft")
# Which of these tools may have written a table of a family, and the tables that it has.
WRITER = {"ip": IN_PLACE_OF_NFT[0], "ip6": IN_PLACE_OF_NFT[1]}
WRITTEN = ("filter", "mangle", "nat", "raw", "security")
# For such a rule, nft lists a name and no number.
OPAQUE = re.compile(r"\bxt (?:target|match) |managed by (?:ip6?tables|ebtables|arptables)-nft")
SAVED = re.compile(r"(?:#.*|\*\w+|:\S+ .*|COMMIT|(?:\[[0-9]+:[0-9]+\] )?-A .*)?\Z")
INCOMPATIBLE = re.compile(r"# Table `([^']*)' is incompatible")
# In nft's listing: a rule and its handle, a text in quotes, and a number as marks are written.
HANDLE = re.compile(r"^(.*\S) # handle ([0-9]+)$")
QUOTED = re.compile(r'"[^"]*"')
NUMBER = re.compile(r"\b0x[0-9a-fA-F]{1,8}\b")
ENDS = "the listing ends too early"
# What a chain contains besides rules; each rule has a handle.
NO_RULE = ("type ", "policy ", "comment ", "flags ", "devices ", "#")


class View:
    """The listing of one tool: ``tool``, ``lines``, and ``unknown``: why it is incomplete, '' if it is not."""

    def __init__(self, tool, lines, unknown=""):
        self.tool = tool
        self.lines = lines
        self.unknown = unknown


def views():
    """Yield the View of each tool that has something to list, so that together they show each table once."""
    if nf_tables.may_be_there():
        yield from _of_nft() if has(NFT) else _without_nft()
    for tool, table in LEGACY:
        if has_legacy(table):
            yield saved(tool)


def has(program):
    """Return True if a program is installed."""
    return shutil.which(program, path=SEARCH_PATH) is not None


def has_legacy(table):
    """Return True if the kernel lists legacy tables in a file."""
    if not os.path.exists(table):
        return False
    with open(table, encoding="utf-8", errors="replace") as stream:
        return bool(stream.read().strip())


def program(tool, ending):
    """Return the name of a tool's program with a suffix; before iptables 1.8 the legacy ones had no separate name."""
    plain = tool.replace("-legacy", "")
    if tool == plain or has(tool + ending) or not has(plain):
        return tool + ending
    return tool + ending if "nf_tables" in run([plain, "-V"], LIMIT).output else plain + ending


def said(argv):
    """Return the lines that a tool prints; EndpointError if its listing fails."""
    finished = run(argv, LIMIT)
    if finished.code:
        raise EndpointError(
            "command_failed", "Listing the firewall", " ".join(argv), finished.said(), "Run it by hand."
        )
    return finished.output.split("\n")


def saved(tool, tables=None):
    """Return the View of iptables-save of one kind, of these tables or of all."""
    try:
        lines = said([program(tool, "-save")])
    except EndpointError as error:
        return View(tool, [], str(error))
    beyond = [name for name in map(_incompatible, lines) if name and (tables is None or name in tables)]
    if beyond:
        return View(tool, [], "%s cannot read the table %s" % (tool, ", ".join(beyond)))
    odd = next((line for line in lines if not SAVED.match(line) or "\0" in line), "")
    begun = [line[1:].strip() for line in lines if line.startswith("*")]
    is_whole = len(begun) == lines.count("COMMIT") and set(tables or ()) <= set(begun)
    return View(tool, list(_of_tables(lines, tables)), _odd(odd) if odd or is_whole else ENDS)


def table_blocks(lines):
    """Yield (table with its family, its lines) of a listing by nft; lines before a table count as part of it.

    Never raises.
    """
    block, name = [], ""
    for line in lines:
        block.append(line)
        bare = line.partition(" # handle ")[0].strip()
        if line.startswith("table ") and bare.endswith("{"):
            name = bare[len("table ") : -1].strip()
        elif line.rstrip() == "}":
            yield name, block
            block, name = [], ""
    if any(line.strip() for line in block):
        yield name, block


def odd_line(lines):
    """Return a line of nft's listing that is not text, or that is in a chain but is neither a rule nor anything else
    known there; '' if there is none. Never raises.
    """
    inside = False
    for line in (line.strip() for line in lines):
        if line.startswith("chain ") and "{" in line:
            inside = True
        elif line == "}":
            inside = False
        elif "\0" in line or (inside and line and " # handle " not in line and not line.startswith(NO_RULE)):
            return line
    return ""


def _incompatible(line):
    found = INCOMPATIBLE.match(line)
    return found.group(1) if found else ""


def _of_tables(lines, tables):
    table = ""
    for line in lines:
        table = line[1:].strip() if line.startswith("*") else table
        if tables is None or table in tables:
            yield line


def _of_nft():
    try:
        blocks = list(table_blocks(said(LIST_NFT)))
    except EndpointError as error:
        yield View(NFT, [], str(error))
        return
    read, own = set(), []
    opaque = [table for table, block in blocks if any(OPAQUE.search(line) for line in block)]
    for tool in sorted({_writer(table) for table in opaque} - {""}):
        mine = {table for table in opaque if _writer(table) == tool}
        view = saved(tool, {table.split(" ")[1] for table in mine})
        read |= set() if view.unknown else mine
        yield view
    for table, block in blocks:
        if table not in read:
            own += block
    blind = sorted(set(opaque) - read)
    yield View(NFT, own, "it cannot read all of the table %s" % ", ".join(blind) if blind else _not_whole(blocks, own))


def _missing(blocks):
    """Return the tables in which the kernel has chains and which nft did not list."""
    try:
        there = {table for table, _chain in nf_tables.chains()}
    except OSError:
        # The code that asks the kernel reports that itself.
        return []
    return sorted(there - {table for table, _block in blocks})


def _not_whole(blocks, lines):
    if any(not table and not line.startswith("#") for table, block in blocks for line in block if line.strip()):
        return ENDS
    missing = _missing(blocks)
    return "it did not list the table %s" % ", ".join(missing) if missing else _odd(odd_line(lines))


def _odd(line):
    return "a line cannot be parsed: %s" % line if line else ""


def _writer(table):
    """Return the tool that can read what nft cannot read in a table, '' if there is none."""
    family, _blank, name = table.partition(" ")
    return WRITER.get(family, "") if name in WRITTEN else ""


def _without_nft():
    tools = [tool for tool in IN_PLACE_OF_NFT if has(tool + "-save")]
    try:
        beyond = sorted({table for table, _chain in nf_tables.chains() if _writer(table) not in tools})
    except OSError as error:
        beyond = [str(error)]
    for tool in tools:
        yield saved(tool)
    if beyond:
        yield View(NFT, [], "no program here can list %s. Install nft and run again." % ", ".join(beyond))
