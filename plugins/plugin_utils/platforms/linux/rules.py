# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a line that names a domain only allows, blocks or routes what others would open, or makes a connection."""

from __future__ import annotations

import re

# Places that name hosts without opening a connection to them.
RULES_ONLY = ("hosts", "resolver", "firewall", "routing")
# Directives of proxies and web servers that lead to another server.
CONNECTING = {
    "squid": (
        "cache_peer",
        "url_rewrite_program",
        "redirect_program",
        "store_id_program",
        "icap_service",
        "ecap_service",
    ),
    "web": (
        "proxy_pass",
        "fastcgi_pass",
        "grpc_pass",
        "server",
        "balancermember",
        "proxypass",
        "proxyremote",
        "rewriterule",
    ),
}
# Blocks of nginx and others in which a server is not a target.
SERVER_OF_NGINX = re.compile(r"server\s*\{", re.IGNORECASE)
EXEMPT = re.compile(r"\s*(?:export\s+)?(?:DefaultEnvironment\s*=\s*)?[\"']?(?:no_proxy|noproxy)\b", re.IGNORECASE)
DIRECT = re.compile(r"Acquire::\w+::Proxy::[^\s\"]+\s+[\"']?DIRECT\b", re.IGNORECASE)


def is_rule(place: str, line: str) -> bool:
    """Return True for a line of a place, as the collector calls it, that makes nothing connect by itself."""
    if place in RULES_ONLY:
        return True
    words = line.split()
    if place in CONNECTING:
        first = words[0].lower() if words else ""
        return first not in CONNECTING[place] or SERVER_OF_NGINX.match(line.strip()) is not None
    if place == "environment":
        return EXEMPT.match(line) is not None
    return place == "fetching" and (DIRECT.search(line) is not None or EXEMPT.match(line) is not None)
