# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Chains of packet filters with known names, and files that bring such chains back at boot."""

import os
import re
import stat

from ...linux import packet_chains
from ...posix.errors import EndpointError
from ..items import not_checked, seen
from .packet_rules import LARGEST

MOST_LINES = 200
# Files, and directories of files, that are read when the host or its network starts.
SAVED = (
    "/etc/iptables",
    "/etc/iptables.rules",
    "/etc/iptables.up.rules",
    "/etc/ip6tables.rules",
    "/etc/sysconfig/iptables",
    "/etc/sysconfig/ip6tables",
    "/etc/sysconfig/nftables.conf",
    "/etc/sysconfig/network-scripts",
    "/etc/nftables.conf",
    "/etc/nftables",
    "/etc/nftables.d",
    "/etc/ufw",
    "/etc/firewalld/direct.xml",
    "/etc/ferm",
    "/etc/shorewall",
    "/etc/network/interfaces",
    "/etc/network/interfaces.d",
    "/etc/network/if-pre-up.d",
    "/etc/network/if-up.d",
    "/etc/networkd-dispatcher/routable.d",
    "/etc/networkd-dispatcher/configured.d",
    "/etc/NetworkManager/dispatcher.d",
    "/etc/NetworkManager/dispatcher.d/pre-up.d",
    "/etc/rc.local",
    "/etc/rc.d/rc.local",
)
# The form of iptables-save, in which any line can be removed by itself.
TABLES = re.compile(r"^\*\w+\s*$", re.MULTILINE)
COMMIT = re.compile(r"^COMMIT\s*$", re.MULTILINE)
PLAIN_LINE = re.compile(r"(?::\S+ |(?:\[[0-9]+:[0-9]+\] )?-[AI] )")


def collect(asked, _look):
    """Yield an item of each chain of the asked names; ``asked`` is a list of names."""
    if not asked:
        return
    chains, blind = packet_chains.named(asked)
    for chain in chains:
        what = "%s %s %s" % (chain["tool"], chain["table"], chain["chain"])
        jumps = [{key: jump[key] for key in ("chain", "number", "rule")} for jump in chain["jumps"]]
        yield seen("packet_chain", what, chain["tool"], **dict(chain, jumps=jumps))
    for tool, cause in blind:
        yield not_checked("packet_chain", tool, tool, cause)


def collect_saved(asked, look):
    """Yield an item of each file that names one of the asked chains outside its comments."""
    for path in SAVED if asked else ():
        try:
            for file in files(path, look.tree):
                yield from _named_in(file, asked, look.tree)
        except EndpointError as error:
            yield not_checked("saved_chain", path, path, error)


def files(path, tree):
    """Yield the path itself if it is a file, or the files in it if it is a directory. Raises EndpointError."""
    status = tree.lstat(path)[0]
    if status is not None and stat.S_ISDIR(status.st_mode):
        yield from (os.path.join(path, name) for name, _link, folder in sorted(tree.entries(path)) if not folder)
    elif status is not None:
        yield path


def _named_in(path, names, tree):
    text = tree.text(path, LARGEST) or ""
    if text and not text.strip("\0"):
        yield not_checked("saved_chain", path, path, "it contains only zeros")
    # Text with two or four bytes per letter has a zero in each.
    text = text.replace("\0", "")
    for name in names if text else ():
        word = re.compile(r"(?<![A-Za-z0-9_.-])%s(?![A-Za-z0-9_.-])" % re.escape(name))
        lines = [line for line in text.split("\n") if not line.lstrip().startswith("#") and word.search(line)]
        if lines:
            plain = TABLES.search(text) and COMMIT.search(text) and all(map(PLAIN_LINE.match, lines))
            real = tree.lstat(path)[2]
            yield seen(
                "saved_chain",
                "%s %s" % (path, name),
                path,
                chain=name,
                lines=lines[:MOST_LINES],
                plain=bool(plain) and len(lines) <= MOST_LINES and real == path,
            )
