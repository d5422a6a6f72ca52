# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A fleet's report: its head in memory, and its hosts on the disk, as there may be a hundred thousand of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from ...catalog.packs import Pack
from ...fleet.reconciliation import Reconciled
from ...record.quick import loads
from .tally import Tally

FORMAT_VERSION = 1
KIND = "avshift.endpoint report"


class Store(Protocol):
    """Keeps lines and gives each again as often as it is asked for."""

    def lines(self, remarkable: bool = False) -> Iterator[bytes]:
        """Yield the lines of all hosts or of the remarkable ones, by the name of their hosts."""


class Report:
    """What report.json holds. ``head`` is all of it but for the classes and the hosts, which are given one by one."""

    def __init__(
        self,
        tally: Tally,
        store: Store,
        twice: list[str],
        damaged: list[dict[str, str]],
        policies: tuple[Pack, ...],
        console: dict[str, Any] | None = None,
        compared: Reconciled | None = None,
    ) -> None:
        """Take what gather made; ``twice`` are hosts with several records, ``console`` is what ``Console.told``
        gives, ``compared`` what a device list does.
        """
        self._tally, self._store, self._compared = tally, store, compared
        self.head: dict[str, Any] = {
            "format_version": FORMAT_VERSION,
            "kind": KIND,
            "policies": [pack.told for pack in policies],
            "totals": {**tally.totals(), "named_twice": twice},
            "products": tally.found(policies),
            "exceptions": [exception for _id, exception in sorted(tally.exceptions.items())],
            "limits": tally.not_looked_at(),
            "damaged": damaged,
            "console": console,
            "device_list": None if compared is None else compared.head,
        }

    def classes(self) -> Iterator[dict[str, Any]]:
        """Yield the classes of plans, those with most hosts first."""
        return self._tally.grouped()

    def compared(self) -> Iterator[dict[str, str]]:
        """Yield what a comparison with a device list found, a row each; nothing where there was no list."""
        yield from [] if self._compared is None else self._compared.rows

    def hosts(self, remarkable: bool = False) -> Iterator[dict[str, Any]]:
        """Yield the hosts by name, or those only that are not clean, or deviate, or need something still."""
        return map(loads, self._store.lines(remarkable))

    def text(self) -> Iterator[str]:
        """Yield the text of report.json: a line for each class and for each host."""
        yield "{\n"
        for name, value in self.head.items():
            yield f"{encode(name)}: {encode(value)},\n"
        yield '"classes": [\n'
        yield from listed(encode(entry) for entry in self.classes())
        yield '],\n"hosts": [\n'
        yield from listed(line.decode("ascii") for line in self._store.lines())
        yield "]\n}\n"


class Each(list[Any]):
    """A list with items, for a document: they are made as they are written, so that no fleet is in memory."""

    def __init__(self, make: Callable[[], Iterable[Any]]) -> None:
        """Take what gives the items; it is called as often as they are asked for."""
        super().__init__()
        self._make = make

    def __bool__(self) -> bool:
        """Return True: there are items."""
        return True

    def __iter__(self) -> Iterator[Any]:
        """Yield the items."""
        return iter(self._make())


def written(document: dict[str, Any]) -> Iterator[str]:
    """Yield a document as JSON, in ASCII and with an indent; ValueError of numbers that JSON does not have."""
    yield from json.JSONEncoder(indent=1, allow_nan=False).iterencode(document)
    yield "\n"


# One line with sorted keys, in ASCII. ValueError of numbers that JSON does not have.
encode = json.JSONEncoder(sort_keys=True, allow_nan=False).encode


def named_twice(hosts: Iterator[str]) -> list[str]:
    """Return the names that come more than once."""
    return sorted(name for name, count in Counter(hosts).items() if count > 1)


def listed(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines as the items of a list."""
    before = ""
    for line in lines:
        yield before + line
        before = ",\n"
    yield "\n" if before else ""
