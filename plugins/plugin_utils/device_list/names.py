# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names for an inventory, made of what a server says: nothing in them is an option, a path, a pattern or a template."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterator

from .device import Device

LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST = re.compile(rf"{LABEL}(?:\.{LABEL})*", re.ASCII)
# If the last label is a number, resolvers read the name as an address: 2130706433 is 127.0.0.1, and so is 0x7f.1.
NUMBER = re.compile(r"(?:0[xX][0-9A-Fa-f]*|[0-9]+)", re.ASCII)
LONGEST_HOST, LONGEST_GROUP = 253, 80
# Names that mean this machine, or every host, in an inventory.
RESERVED = frozenset(
    ("all", "ungrouped", "_meta", "localhost", "localdomain", "ip6-localhost", "ip6-loopback", "broadcasthost")
)
OF_THIS_MACHINE = (".localhost", ".localdomain")
ODD = re.compile(r"[^A-Za-z0-9_]+", re.ASCII)
HASH = 8


def host_of(device: Device, group_prefix: str) -> str:
    """Return a device's name for an inventory, '' if none of its names is usable there.

    In this order: FQDN, DNS name with domain, DNS name or name as they are, NetBIOS name, address.
    """
    return next((name for name in _choices(device) if is_host(name, group_prefix)), "")


def _choices(device: Device) -> Iterator[str]:
    yield device.fqdn
    if device.dns_name and device.dns_domain and "." not in device.dns_name:
        yield f"{device.dns_name}.{device.dns_domain}"
    yield from (device.dns_name, device.name, device.netbios_name, device.address)


def is_host(name: str, group_prefix: str = "") -> bool:
    """Return True for the name or the address of another machine that has no other meaning in an inventory."""
    address = _address(name)
    if address is not None:
        return _is_usable(address)
    folded = name.casefold()
    if len(name) > LONGEST_HOST or not HOST.fullmatch(name) or NUMBER.fullmatch(name.rpartition(".")[2]):
        return False
    if folded in RESERVED or folded.endswith(OF_THIS_MACHINE):
        return False
    return not (group_prefix and folded.startswith(group_prefix.casefold()))


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _is_usable(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None) or address
    odd = mapped.is_loopback or mapped.is_link_local or mapped.is_multicast or mapped.is_unspecified
    return not odd and not getattr(mapped, "scope_id", None) and not mapped.is_reserved


def made_up(device: Device) -> str:
    """Return a name for a device without a safe one: the host is listed under it, but cannot be reached by it."""
    told = "\0".join((device.host_id, device.name, device.fqdn, device.dns_name, device.netbios_name, device.address))
    return f"unnamed-{_hash(told)}.invalid"


def version_group(prefix: str, version: str) -> str:
    """Return a group's name for a version, with the same separator everywhere: 15.1-2 is 15.1.2."""
    return group(prefix, version, exact=False)


def group(prefix: str, text: str, exact: bool = True) -> str:
    """Return a group's name for a text. Other texts have other names: where characters were replaced, it ends in a
    part of the text's SHA-256; if not ``exact``, only where that was not ASCII, or too long.
    """
    plain = ODD.sub("_", text).strip("_")[:LONGEST_GROUP]
    changed = plain != text if exact else not text.isascii() or len(text) > LONGEST_GROUP
    if changed or not plain:
        plain = f"{plain}_{_hash(text)}" if plain else _hash(text)
    return f"{prefix}{plain}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:HASH]
