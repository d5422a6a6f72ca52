# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove a chain of a packet filter, with its rules and the jumps to it, if both are what the plan shows."""

from ...linux import packet_chains, packet_views
from ...posix.errors import EndpointError
from ...posix.running.commands import run

LIMIT = 60
LOCK_SECONDS = "10"


def look(target):
    """Return True if the tool's table has no such chain."""
    return _there(target) is None


def do(target):
    """Remove the chain in one transaction, or change nothing; the facts are what was there."""
    chain = _there(target)
    if chain["rules"] != target["rules"] or _leading(chain["jumps"]) != _leading(target["jumps"]):
        raise EndpointError(
            "packet_chain_drifted",
            "Removing a chain of the firewall",
            _name(target),
            "its rules, or the jumps to it, differ from the plan",
            "Plan again.",
        )
    _give(target["tool"], _removing_by_nft(chain) if target["tool"] == packet_views.NFT else _removing(chain), target)
    return {"head": chain["head"], "rules": chain["rules"], "jumps": chain["jumps"]}


def undo(target):
    """Recreate the chain with its rules, and the jumps to it in their old places."""
    chain = dict(target, **target["facts"])
    _give(target["tool"], _making_by_nft(chain) if target["tool"] == packet_views.NFT else _making(chain), target)


def _there(target):
    wanted = _name(target)
    chains, blind = packet_chains.named([target["chain"]])
    for tool, cause in blind:
        if tool in (target["tool"], packet_chains.UNKNOWN_TOOL):
            raise EndpointError("command_failed", "Listing the firewall", tool, cause, "Run it by hand.")
    return next((chain for chain in chains if _name(chain) == wanted), None)


def _name(chain):
    return "%s %s %s" % (chain["tool"], chain["table"], chain["chain"])


def _leading(jumps):
    return [(jump["chain"], jump["rule"]) for jump in jumps]


def _removing(chain):
    yield "*%s" % chain["table"]
    for jump in chain["jumps"]:
        # It reads a rule as it was listed, including quotes; "append" becomes "delete".
        yield "-D" + jump["rule"][len("-A") :]
    yield "-F %s" % chain["chain"]
    yield "-X %s" % chain["chain"]
    yield "COMMIT"


def _making(chain):
    yield "*%s" % chain["table"]
    yield "%s [0:0]" % chain["head"]
    yield from chain["rules"]
    for jump in chain["jumps"]:
        words = jump["rule"].partition("-A %s " % jump["chain"])[2]
        yield "-I %s %d %s" % (jump["chain"], jump["number"], words)
    yield "COMMIT"


def _removing_by_nft(chain):
    place = "%s %s" % (chain["table"], chain["chain"])
    for jump in chain["jumps"]:
        yield "delete rule %s %s handle %s" % (chain["table"], jump["chain"], jump["handle"])
    yield "flush chain " + place
    yield "delete chain " + place


def _making_by_nft(chain):
    place = "%s %s" % (chain["table"], chain["chain"])
    yield "add chain %s { %s }" % (place, chain["head"]) if chain["head"] else "add chain " + place
    for rule in chain["rules"]:
        yield "add rule %s %s" % (place, rule)
    for jump in chain["jumps"]:
        where = "add rule %s %s index %d" if jump["number"] > 1 else "insert rule %s %s"
        words = (chain["table"], jump["chain"]) + ((jump["number"] - 2,) if jump["number"] > 1 else ())
        yield "%s %s" % (where % words, jump["rule"])


def _give(tool, lines, target):
    argv = ["nft", "-f", "-"]
    if tool != packet_views.NFT:
        argv = [packet_views.program(tool, "-restore"), "-w", LOCK_SECONDS, "--noflush"]
    finished = run(argv, LIMIT, stdin="".join(line + "\n" for line in lines))
    if finished.code:
        raise EndpointError(
            "packet_chain_stays",
            "Changing a chain of the firewall",
            _name(target),
            "%s: exit code %d, %s" % (" ".join(argv), finished.code, finished.said()),
            "Remove it by hand and run again.",
        )
