# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names and their pseudonyms: the same original has the same pseudonym in all documents that are redacted together."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

HOST, USER, ADDRESS, DOMAIN, OTHER = "host", "user", "address", "domain", "name"
PSEUDONYM = re.compile(r"\b[a-z]+-\d+\b")
# Where a document names hosts, as the keys of a mapping or as the members of a list.
HOSTS = ("hosts", "not_planned", "names_without_record")
HOST_KEYS = ("host", "hostname", "fqdn", "nodename")
USER_KEYS = ("user", "account", "owner", "login", "approver")
HOMES = re.compile(r"(?P<before>(?:/home|/Users|[A-Za-z]:\\+Users)[/\\]+)(?P<name>[^/\\\s\"':;,\]]+)")


class Pseudonyms:
    """Pseudonyms by kind, numbered in order of use. None of them is a text that a document already holds."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._taken: set[str] = set()

    def avoid(self, text: str) -> None:
        """Use no pseudonym that a document's text holds."""
        self._taken.update(PSEUDONYM.findall(text.casefold()))

    def of(self, original: str, kind: str) -> str:
        """Return the pseudonym of an original, whatever its case."""
        known = self._given.get(original.casefold())
        return known or self.also(original, self._next(kind))

    def also(self, original: str, pseudonym: str) -> str:
        """Have an original be called by a pseudonym, unless it has one; return the one that it has."""
        return self._given.setdefault(original.casefold(), pseudonym)

    def known(self, original: str) -> str | None:
        """Return the pseudonym of an original that has one."""
        return self._given.get(original.casefold())

    def many_words(self) -> list[str]:
        """Return the originals that are more than one word, the longest first."""
        return sorted((name for name in self._given if not re.fullmatch(r"\w+", name)), key=len, reverse=True)

    def _next(self, kind: str) -> str:
        while True:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            pseudonym = f"{kind}-{self._counts[kind]}"
            if pseudonym not in self._taken:
                return pseudonym


class Names:
    """What documents name in so many words: hosts, and users by their accounts and homes."""

    def __init__(self, pseudonyms: Pseudonyms, words: frozenset[str]) -> None:
        """``words`` are those that a name is not taken for, wherever it stands, only because it has their form."""
        self._pseudonyms, self._words = pseudonyms, words

    def look(self, content: Any, key: str = "") -> None:
        """Take the names out of a document."""
        if isinstance(content, dict):
            for name, value in content.items():
                self._take(name, HOST if key in HOSTS else "")
                self.look(value, "" if key in HOSTS else name)
        elif isinstance(content, list):
            for value in content:
                self.look(value, "" if isinstance(value, dict) else key)
        elif isinstance(content, str):
            kind = HOST if key in (*HOSTS, *HOST_KEYS) else USER if key in USER_KEYS else ""
            self._take(content, kind)

    def _take(self, text: str, kind: str) -> None:
        if kind == HOST:
            self._host(text)
        elif kind == USER and text.strip() and text.casefold() not in self._words:
            self._pseudonyms.of(text, USER)
        for home in HOMES.finditer(text):
            if home["name"].casefold() not in self._words:
                self._pseudonyms.of(home["name"], USER)

    def _host(self, name: str) -> None:
        """Take a host's name; its first label is called as the host is, and its domain has a pseudonym of its own."""
        if not name.strip() or name in ("*", "all"):
            return
        if _is_address(name):
            self._pseudonyms.of(name, ADDRESS)
            return
        pseudonym = self._pseudonyms.of(name, HOST)
        label, _dot, domain = name.partition(".")
        if label and domain and label.casefold() not in self._words and not label.isdigit():
            self._pseudonyms.also(label, pseudonym)
        if domain and "." in domain and domain.casefold() not in self._words:
            self._pseudonyms.of(domain, DOMAIN)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
