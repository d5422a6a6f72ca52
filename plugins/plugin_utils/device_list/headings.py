# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Headings of exported device lists, by language. Headings that no public source shows are not here: a site gives its
own map.

English: a script that reads the console's list (github idx 37802720838) and another that reads its export (idx
9741619354). Russian: the "Details" sheet of the report on device status, seen in public. German: labels of a device's
properties in the vendor's help (KSC 14.2, page 153888); as headings of an export they were not seen. For other
languages no source was found.
"""

from __future__ import annotations

ENGLISH = {
    "name": "name",
    "device": "name",
    "dns domain": "dns_domain",
    "dns name": "dns_name",
    "netbios name": "netbios_name",
    "windows domain": "windows_domain",
    "connection ip address": "address",
    "ip address": "address",
    "parent group": "group",
    "group": "group",
    "name of virtual or secondary administration server": "server",
    "operating system type": "platform",
    "operating system": "platform",
    "network agent version": "agent_version",
    "application version": "product_version",
    "last visible": "last_seen",
    "last connected to administration server": "last_connected",
}
RUSSIAN = {
    "устройство": "name",
    "имя": "name",
    "dns-имя": "dns_name",
    "dns-домен": "dns_domain",
    "netbios-имя": "netbios_name",
    "windows-домен": "windows_domain",
    "ip-адрес": "address",
    "группа": "group",
    "виртуальный сервер администрирования": "server",
    "операционная система": "platform",
    "последнее появление в сети": "last_seen",
    "последнее подключение к серверу администрирования": "last_connected",
}
GERMAN = {
    "netbios-name": "netbios_name",
    "dns-name": "dns_name",
    "windows-domäne": "windows_domain",
    "ip-adresse": "address",
    "gruppe": "group",
    "zuletzt im netzwerk sichtbar": "last_seen",
    "verbindung mit dem administrationsserver": "last_connected",
}
# "Name" is the device's name in both.
GERMAN["name"] = "name"
LANGUAGES = {"english": ENGLISH, "russian": RUSSIAN, "german": GERMAN}


def plain(heading: str) -> str:
    """Return a heading in the form for comparison: without case, with single blanks."""
    return " ".join(heading.replace("\ufeff", "").split()).casefold()


def recognised(headings: list[str], known: dict[str, str]) -> int:
    """Return how many of the headings are known."""
    return sum(plain(heading) in known for heading in headings)


def language_of(headings: list[str]) -> tuple[str, dict[str, str]]:
    """Return the language with the most known headings, and its map; ('', {}) if no heading is known."""
    counts = {name: recognised(headings, known) for name, known in LANGUAGES.items()}
    best = max(counts, key=lambda name: counts[name])
    return (best, LANGUAGES[best]) if counts[best] else ("", {})
