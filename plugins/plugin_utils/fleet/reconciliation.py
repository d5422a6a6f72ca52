# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compare what a management server knows of devices with what records say of hosts. Nothing is guessed: a host that
could be several devices, or a device that could be several hosts, is ambiguous.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from ..device_list.device import Device, DeviceList
from ..device_list.inventory import DAY

RESULTS = ("never_reached", "unknown_to_server", "agent_differs", "seen_before", "ambiguous")
NEVER_REACHED, UNKNOWN, AGENT, OLD, AMBIGUOUS = RESULTS
# The kinds of names by which a host and a device are matched, the most reliable first.
WAYS = ("fqdn", "dns_name", "name", "first_label", "address")
WHOLE, LABEL, ADDRESS = WAYS[:3], WAYS[3], WAYS[4]
NETBIOS = 15
MOST_NAMED, MOST_FIRST = 10, 50
NONE = "none found"


@dataclass(frozen=True)
class Known:
    """What a record says of a host: whether it was reached, and the versions of agents on it before any change, None
    where that was not looked at.
    """

    host: str
    is_reached: bool
    agents: tuple[str, ...] | None


@dataclass
class Reconciled:
    """The rows of a reconciliation, and its head: source, counts, and the first rows of each result."""

    head: dict[str, Any]
    rows: list[dict[str, str]] = field(default_factory=list)


def reconcile(found: DeviceList, hosts: Iterable[Known], since: str = "") -> Reconciled:
    """Return how a list and records go together. ``since`` is a day: who was last seen before it is listed.

    Names are compared without case and without a dot at their end. If a host has several records, one in which it was
    reached counts.
    """
    known: dict[str, Known] = {}
    for host in hosts:
        if host.host not in known or host.is_reached:
            known[host.host] = host
    pairs = _Pairs(found.devices, sorted(known))
    rows = [*_unmatched(found.devices, known, pairs), *_ambiguous(found.devices, pairs)]
    rows += _agents(found.devices, known, pairs)
    rows += _not_seen(found.devices, pairs, since)
    rows.sort(key=lambda row: (RESULTS.index(row["result"]), row["host"], row["device"], row["fqdn"]))
    counts = Counter(row["result"] for row in rows)
    head = {
        "source": asdict(found.source),
        "is_whole": found.is_whole,
        "gaps": list(found.gaps),
        "since": since,
        "devices": len(found.devices),
        "hosts": len(known),
        "matched": len(pairs.matched),
        "matched_by": {way: pairs.ways.count(way) for way in WAYS},
        "seen_unknown": sum(not device.seen for device in found.devices),
        "counts": {result: counts[result] for result in RESULTS},
        "first": [row for result in RESULTS for row in [one for one in rows if one["result"] == result][:MOST_FIRST]],
    }
    return Reconciled(head, rows)


class _Pairs:
    """Which host is which device: ``matched`` is {host: number of its device}, ``ambiguous`` {host: numbers}."""

    def __init__(self, devices: list[Device], hosts: list[str]) -> None:
        names = (_fqdns, _dns_names, _names, _labels, _addresses)
        self._indexes = {way: _index(devices, named) for way, named in zip(WAYS, names, strict=True)}
        self._bare = {number for number, device in enumerate(devices) if not any("." in name for name in _full(device))}
        self.matched: dict[str, int] = {}
        self.ambiguous: dict[str, list[int]] = {}
        self.ways: list[str] = []
        way_of: dict[str, str] = {}
        claims: dict[int, list[str]] = {}
        for host in hosts:
            way, numbers = self._candidates(host)
            if len(numbers) == 1:
                claims.setdefault(numbers[0], []).append(host)
                way_of[host] = way
            elif numbers:
                self.ambiguous[host] = numbers
        contested = {number for numbers in self.ambiguous.values() for number in numbers}
        for number, claimed in claims.items():
            if len(claimed) == 1 and number not in contested:
                self.matched[claimed[0]] = number
                self.ways.append(way_of[claimed[0]])
            else:
                self.ambiguous.update({host: [number] for host in claimed})
        self.taken = {*self.matched.values(), *(number for numbers in self.ambiguous.values() for number in numbers)}

    def _candidates(self, host: str) -> tuple[str, list[int]]:
        """Return the surest way in which a host could be a device, and the devices that it could be.

        All whole names count: where one device has a host's name as its FQDN and another as its own, it could be both.
        """
        name = _plain(host)
        found = {way: self._indexes[way].get(name, []) for way in WHOLE}
        whole = sorted({number for numbers in found.values() for number in numbers})
        if whole:
            return next(way for way in WHOLE if found[way]), whole
        label, dot, _domain = name.partition(".")
        numbers = _labelled(self._indexes[LABEL], label)
        # A host with a domain cannot be a device of another domain, but may be one whose domain is unknown.
        numbers = [number for number in numbers if number in self._bare] if dot else numbers
        return (LABEL, numbers) if numbers else (ADDRESS, self._indexes[ADDRESS].get(name, []))


def _index(devices: list[Device], names: Callable[[Device], Iterable[str]]) -> dict[str, list[int]]:
    index: dict[str, list[int]] = {}
    for number, device in enumerate(devices):
        for name in {_plain(name) for name in names(device)} - {""}:
            index.setdefault(name, []).append(number)
    return index


def _plain(name: str) -> str:
    return name.strip().rstrip(".").casefold()


def _fqdns(device: Device) -> Iterator[str]:
    yield device.fqdn


def _dns_names(device: Device) -> Iterator[str]:
    if "." in device.dns_name:
        yield device.dns_name
    elif device.dns_name and device.dns_domain:
        yield f"{device.dns_name}.{device.dns_domain}"


def _names(device: Device) -> Iterator[str]:
    yield device.name


def _full(device: Device) -> tuple[str, ...]:
    return (*_fqdns(device), *_dns_names(device), *_names(device))


def _labels(device: Device) -> Iterator[str]:
    yield from (name.partition(".")[0] for name in (*_full(device), device.dns_name) if not _is_address(name))
    yield device.netbios_name


def _addresses(device: Device) -> Iterator[str]:
    yield device.address


def _is_address(name: str) -> bool:
    return bool(re.fullmatch(r"[0-9.]+|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*", name, re.ASCII))


def _labelled(index: dict[str, list[int]], label: str) -> list[int]:
    """Return the devices of a first label. The Windows name of one ends after 15 characters."""
    cut = index.get(label[:NETBIOS], []) if len(label) > NETBIOS else []
    return sorted({*index.get(label, []), *cut})


def _row(result: str, device: Device | None, host: str = "", why: str = "", agents: str = "") -> dict[str, str]:
    told = device or Device()
    return {
        "result": result,
        "host": host,
        "device": told.name or told.fqdn or told.dns_name or told.netbios_name or told.address,
        "fqdn": told.fqdn,
        "group": told.group,
        "server": told.server,
        "agent_by_server": told.agent_version,
        "agent_on_host": agents,
        "last_seen": told.seen,
        "why": why,
    }


def _unmatched(devices: list[Device], known: dict[str, Known], pairs: _Pairs) -> Iterator[dict[str, str]]:
    """Yield devices that no run reached, and hosts that the server does not know."""
    for number, device in enumerate(devices):
        if number not in pairs.taken:
            yield _row(NEVER_REACHED, device, why="no record")
    for host, number in pairs.matched.items():
        if not known[host].is_reached:
            yield _row(NEVER_REACHED, devices[number], host, "its record has no answer")
    for host, one in known.items():
        if one.is_reached and host not in pairs.matched and host not in pairs.ambiguous:
            yield _row(UNKNOWN, None, host)


def _ambiguous(devices: list[Device], pairs: _Pairs) -> Iterator[dict[str, str]]:
    claimed = Counter(number for numbers in pairs.ambiguous.values() for number in numbers)
    for host, numbers in pairs.ambiguous.items():
        why = f"it could be {len(numbers)} devices"
        if len(numbers) == 1:
            why = f"{claimed[numbers[0]]} hosts could be this device"
        for number in numbers[:MOST_NAMED]:
            yield _row(AMBIGUOUS, devices[number], host, why)


def _agents(devices: list[Device], known: dict[str, Known], pairs: _Pairs) -> Iterator[dict[str, str]]:
    """Yield the hosts on which another agent was found than the server knows."""
    for host, number in pairs.matched.items():
        said, seen = devices[number].agent_version, known[host].agents
        if not said or seen is None or "" in seen:
            continue
        if not any(_are_alike(said, one) for one in seen):
            yield _row(AGENT, devices[number], host, agents=", ".join(seen) or NONE)


def _are_alike(one: str, other: str) -> bool:
    """Return True for versions that agree as far as both are known, such as 15.1 and 15.1.0-123."""
    numbers = [[int(part) for part in re.findall(r"[0-9]{1,18}", text)] for text in (one, other)]
    shortest = min(map(len, numbers))
    return bool(shortest) and numbers[0][:shortest] == numbers[1][:shortest]


def _not_seen(devices: list[Device], pairs: _Pairs, since: str) -> Iterator[dict[str, str]]:
    """Yield the devices that were last seen before a day, with the hosts that they are."""
    hosts = {number: host for host, number in pairs.matched.items()}
    for number, device in enumerate(devices):
        if since and device.seen and device.seen[:DAY] < since:
            yield _row(OLD, device, hosts.get(number, ""), f"before {since}")
