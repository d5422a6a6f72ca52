# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A device list as an inventory: hosts, their groups and variables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import AvshiftError
from . import names
from .device import Device, DeviceList
from .wrong import READING

MOST_GROUPS = 10_000
DAY = len("2026-11-29")


@dataclass
class Inventory:
    """{host: its devices, mostly one}, {group: hosts}, and variables of all of them."""

    hosts: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)


def of_list(found: DeviceList, prefix: str, seen_since: str = "") -> Inventory:
    """Return the inventory of a list. ``seen_since`` is a day: groups say who was seen from then on, and who was not.

    Two devices of one name are one host with both in its variable, in the group of duplicates.
    """
    made = Inventory(variables=described(found))
    spelt: dict[str, str] = {}
    for device in found.devices:
        named = names.host_of(device, prefix)
        host = named or names.made_up(device)
        host = spelt.setdefault(host.casefold(), host)
        made.hosts.setdefault(host, []).append({key: value for key, value in asdict(device).items() if value})
        for group in (*_groups(device, prefix, seen_since), *(() if named else (f"{prefix}unnamed",))):
            _add(made, group, host, found)
    for host, devices in made.hosts.items():
        if len(devices) > 1:
            _add(made, f"{prefix}duplicate", host, found)
    return made


def described(found: DeviceList) -> dict[str, Any]:
    """Return what is known of the list itself, for the inventory's variables."""
    return {
        "source": asdict(found.source),
        "is_whole": found.is_whole,
        "gaps": list(found.gaps),
        "preview": found.preview,
    }


def _add(made: Inventory, group: str, host: str, found: DeviceList) -> None:
    hosts = made.groups.setdefault(group, [])
    if len(made.groups) > MOST_GROUPS:
        cause = f"it would make more than {MOST_GROUPS:,} groups"
        raise AvshiftError("device_list_too_large", READING, found.source.name, cause, "Read it in parts.")
    if not hosts or hosts[-1] != host:
        hosts.append(host)


def _groups(device: Device, prefix: str, seen_since: str) -> Iterator[str]:
    """Yield the groups of a device: where it is managed, by what, what it runs, and when it was last seen."""
    if device.group:
        yield names.group(f"{prefix}group_", device.group)
    if device.server:
        yield names.group(f"{prefix}server_", device.server)
    if device.platform:
        yield names.group(f"{prefix}platform_", device.platform, exact=False)
    if device.agent_version:
        yield names.version_group(f"{prefix}agent_", device.agent_version)
    if device.product_version:
        product = f"{device.product} {device.product_version}".strip()
        yield names.version_group(f"{prefix}product_", product)
    seen = device.seen
    yield f"{prefix}seen_{seen[:7].replace('-', '_')}" if seen else f"{prefix}seen_unknown"
    if seen_since and seen:
        yield f"{prefix}seen_since" if seen[:DAY] >= seen_since else f"{prefix}seen_before"
