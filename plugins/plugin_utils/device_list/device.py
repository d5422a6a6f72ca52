# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A device as a management server knows it, and a list of them with what is known of the list itself."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from ..visible import visible

# Longer than any name or version: anything longer is a fault or an attack, and counts as unknown.
LONGEST = 1000
MOST_DEVICES = 250_000
MOST_SHOWN = 10
NAMES = ("fqdn", "dns_name", "name", "netbios_name")


@dataclass(frozen=True)
class Device:
    """What a server says of a device. All are harmless texts, '' where the server says nothing readable.

    ``last_seen`` and ``last_connected`` are YYYY-MM-DDTHH:MM:SSZ, in UTC. ``host_id`` is the server's own.
    """

    name: str = ""
    fqdn: str = ""
    dns_name: str = ""
    dns_domain: str = ""
    netbios_name: str = ""
    windows_domain: str = ""
    address: str = ""
    group: str = ""
    server: str = ""
    platform: str = ""
    agent_version: str = ""
    product: str = ""
    product_version: str = ""
    last_seen: str = ""
    last_connected: str = ""
    host_id: str = ""

    @property
    def is_named(self) -> bool:
        """Return True if it has any name."""
        return any(getattr(self, name) for name in NAMES) or bool(self.address)

    @property
    def seen(self) -> str:
        """Return when the server last saw it in the network or connected; '' if it does not say."""
        return max(self.last_seen, self.last_connected)


FIELDS = tuple(one.name for one in fields(Device))
TIMES = ("last_seen", "last_connected")


@dataclass(frozen=True)
class Source:
    """Where a list is from: its kind (``export`` or ``server``), name, date (UTC), the SHA-256 of what was read, and
    whether the server was known by its certificate.
    """

    kind: str
    name: str
    time: str
    sha256: str
    verified: bool = True


@dataclass
class DeviceList:
    """Devices, and why there may be more of them: a list with a gap is incomplete."""

    source: Source
    devices: list[Device]
    gaps: list[str] = field(default_factory=list)
    preview: dict[str, Any] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Return True if nothing is known to be missing."""
        return not self.gaps


def text_of(value: object) -> str:
    """Return a value as text without hidden characters; '' for what is not text, or longer than any name."""
    if not isinstance(value, str) or len(value) > LONGEST:
        return ""
    return visible(value.strip(), 12 * LONGEST)


def some(names: list[str]) -> str:
    """Return the first of some texts in a line that is safe to show, and how many more there are."""
    shown = ", ".join(visible(name, 60) for name in names[:MOST_SHOWN])
    return shown + (f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else "")
