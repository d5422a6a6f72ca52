# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Lines of the system's configuration that name one of the asked domains or servers."""

import os
import re

from ...posix.errors import EndpointError
from ..items import not_checked, seen
from .mentions import LIMIT, MOST_LINES, files_of, lines_naming

PLACES = (
    ("hosts", ("/etc/hosts",)),
    ("repository", ("/etc/apt/sources.list", "/etc/apt/sources.list.d", "/etc/apt/mirrors", "/etc/apt/mirror.list")),
    ("repository", ("/etc/yum.repos.d", "/etc/yum.conf", "/etc/dnf/dnf.conf", "/etc/dnf/repos.override.d")),
    ("repository", ("/etc/zypp/repos.d", "/etc/zypp/services.d", "/etc/zypp/zypp.conf", "/etc/debmirror.conf")),
    ("fetching", ("/etc/apt/apt.conf", "/etc/apt/apt.conf.d", "/etc/wgetrc", "/etc/curlrc", "/etc/sysconfig/proxy")),
    ("environment", ("/etc/environment", "/etc/environment.d", "/etc/profile", "/etc/profile.d", "/etc/bash.bashrc")),
    ("environment", ("/etc/bashrc", "/etc/systemd/system.conf", "/etc/systemd/system.conf.d", "/etc/default")),
    ("squid", ("/etc/squid", "/etc/squid/conf.d", "/etc/squid3")),
    ("web", ("/etc/nginx", "/etc/nginx/conf.d", "/etc/nginx/sites-enabled", "/etc/haproxy", "/etc/haproxy/conf.d")),
    ("web", ("/etc/apache2/conf-enabled", "/etc/apache2/sites-enabled", "/etc/httpd/conf.d", "/etc/varnish")),
    ("routing", ("/etc/privoxy", "/etc/tinyproxy", "/etc/tinyproxy.conf", "/etc/proxychains.conf")),
    ("resolver", ("/etc/resolv.conf", "/etc/systemd/resolved.conf", "/etc/systemd/resolved.conf.d")),
    ("resolver", ("/etc/dnsmasq.conf", "/etc/dnsmasq.d", "/etc/unbound", "/etc/unbound/unbound.conf.d", "/etc/bind")),
    ("firewall", ("/etc/nftables.conf", "/etc/nftables.d", "/etc/ufw", "/etc/firewalld/ipsets", "/etc/shorewall")),
    ("firewall", ("/etc/hosts.allow", "/etc/hosts.deny", "/etc/iptables", "/etc/csf")),
    ("scheduled", ("/etc/crontab", "/etc/anacrontab", "/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily")),
    ("scheduled", ("/etc/cron.weekly", "/etc/cron.monthly", "/var/spool/cron", "/var/spool/cron/crontabs")),
    ("scheduled", ("/var/spool/cron/tabs", "/etc/rc.local", "/etc/systemd/system", "/usr/local/lib/systemd/system")),
    ("sending", ("/etc/rsyslog.conf", "/etc/rsyslog.d", "/etc/syslog-ng", "/etc/chrony.conf", "/etc/chrony")),
    ("sending", ("/etc/ntp.conf", "/etc/snmp", "/etc/zabbix", "/etc/fstab", "/etc/auto.master", "/etc/rsyncd.conf")),
)


def expression_of(names):
    """Return the expression that finds lines with any of the names (text), in any case, even if dots are escaped.

    It may find a longer name too; the caller has to check again.
    """
    words = [re.escape(name).replace(r"\.", r"\\?\.").replace(r"\-", "-").encode("utf-8") for name in sorted(names)]
    return re.compile(rb"(?<![A-Za-z0-9_-])(?:" + b"|".join(words) + rb")(?![A-Za-z0-9_-])", re.IGNORECASE)


def collect(asked, look):
    """Yield an item of each file that names one of ``asked['names']``: domains, or names and addresses of servers."""
    if not asked["names"]:
        return
    expression = expression_of(asked["names"])
    for place, folders in PLACES:
        for path in folders:
            try:
                for file in files_of(path, look):
                    yield from _item(file, place, expression, look)
            except EndpointError as error:
                yield not_checked("named_domain", path, path, error)


def _item(path, place, expression, look):
    try:
        data = look.tree.data(path, LIMIT) or b""
    except EndpointError as error:
        yield not_checked("named_domain", path, path, error)
        return
    lines = list(lines_naming(data, expression)) if expression.search(data) else []
    if lines:
        told = ["%d: %s" % line for line in lines[:MOST_LINES]]
        more = max(0, len(lines) - MOST_LINES)
        yield seen("named_domain", path, os.path.dirname(path), place=place, lines=told, more=more)
