# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Delete firewall rules and policy routes that the plan names word for word; all others stay, however similar."""

from ...linux import packet_rules, packet_views
from ...posix.errors import EndpointError
from ...posix.running.commands import run
from .packet_chains_remove import LOCK_SECONDS

LIMIT = 60
NAMED_BY = ("tool", "table", "chain", "rule")


def look(target):
    """Return True if none of the rules is there."""
    return not _there(target["rules"])


def do(target):
    """Delete those that are listed now: a handle or position from an earlier listing may now belong to another rule."""
    deleted = []
    for tool in sorted({rule["tool"] for rule in target["rules"]}):
        there = [rule for rule in _there(target["rules"]) if rule["tool"] == tool]
        for argv, text in _commands(tool, there):
            finished = run(argv, LIMIT, stdin=text)
            if finished.code:
                raise EndpointError(
                    "packet_rule_stays",
                    "Deleting firewall rules",
                    "; ".join(rule["rule"] for rule in there),
                    "%s: exit code %d, %s" % (" ".join(argv), finished.code, finished.said()),
                    "Delete them by hand and run again.",
                )
        deleted += [rule["rule"] for rule in there]
    return {"deleted": deleted}


def _there(rules):
    named = {_key(rule) for rule in rules}
    return [rule for rule in packet_rules.listed() if _key(rule) in named]


def _key(rule):
    return tuple(rule[name] for name in NAMED_BY)


def _commands(tool, rules):
    """Yield (arguments, standard input) of what deletes the rules of one tool, all in one transaction if it can."""
    if not rules:
        return
    if tool in packet_rules.ROUTES:
        for rule in rules:
            priority, _colon, words = rule["rule"].partition(": ")
            yield ["ip", tool.split(" ")[1], "rule", "del", "priority", priority] + words.split(" "), None
    elif tool == packet_rules.NFT:
        place = "delete rule {table} {chain} handle {handle}\n"
        yield ["nft", "-f", "-"], "".join(place.format(**rule) for rule in rules)
    else:
        # It reads a rule as it was listed, including quotes; "append" becomes "delete".
        yield [packet_views.program(tool, "-restore"), "-w", LOCK_SECONDS, "--noflush"], "".join(_tables(rules))


def _tables(rules):
    for table in sorted({rule["table"] for rule in rules}):
        yield "*%s\n" % table
        for rule in rules:
            if rule["table"] == table:
                yield "-D" + rule["rule"][len("-A") :] + "\n"
        yield "COMMIT\n"
