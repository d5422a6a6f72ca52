# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts that share a plan are one class: the plan is kept once, and for each host only its own details."""

from __future__ import annotations

from typing import Any

from ..plan.model import BY_ITSELF

OWN = ("host", "shown", "carried", "digest", "preflight")
# Keys that a host's entry copies from its plan unchanged.
KEPT = ("digest", "shown", "carried")


class Classes:
    """Plans of hosts, added one by one.

    Memory grows with the number of classes, and little with the number of hosts.
    """

    def __init__(self) -> None:
        self._classes: dict[str, _Class] = {}
        self._hosts: dict[str, dict[str, Any]] = {}

    def add(self, host: str, plan: dict[str, Any]) -> None:
        """Add the written plan of one host."""
        known = self._classes.setdefault(plan["digest"], _Class(plan))
        self._hosts[host] = {**{key: plan[key] for key in KEPT}, "preflight": known.particular(plan)}

    def to_json(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return (classes by digest, hosts by name) as a document has them, sorted."""
        hosts = {}
        for host, entry in sorted(self._hosts.items()):
            own = self._classes[entry["digest"]].differing(entry["preflight"])
            hosts[host] = {**entry, "preflight": {str(place): check for place, check in sorted(own.items())}}
        return {digest: self._classes[digest].to_json() for digest in sorted(self._classes)}, hosts


class _Class:
    """One class. Preflight results that are the same on all its hosts belong to the class, all others to each host."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._content = {key: value for key, value in plan.items() if key not in OWN}
        self._first = [check for check in plan["preflight"] if check["id"] not in BY_ITSELF]
        self._unlike: set[int] = set()

    def particular(self, plan: dict[str, Any]) -> dict[str, Any]:
        """Return where a host's preflight differs from the first host's: by its place in both."""
        by_itself, unlike, places, number = {}, {}, [], 0
        for place, check in enumerate(plan["preflight"]):
            if check["id"] in BY_ITSELF:
                by_itself[place] = check
                continue
            if check != self._first[number]:
                unlike[number] = check
            places.append(place)
            number += 1
        self._unlike |= set(unlike)
        return {"by_itself": by_itself, "unlike": unlike, "places": places if by_itself else None}

    def differing(self, particular: dict[str, Any]) -> dict[int, Any]:
        """Return the results that are a host's own by their place, now that all hosts are known."""
        own: dict[int, Any] = dict(particular["by_itself"])
        for number in self._unlike:
            place = particular["places"][number] if particular["places"] else number
            own[place] = particular["unlike"].get(number, self._first[number])
        return own

    def to_json(self) -> dict[str, Any]:
        shared = [check for number, check in enumerate(self._first) if number not in self._unlike]
        return {**self._content, "preflight": shared}


def whole(host: str, entry: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    """Return the plan of one host as it was made, from its entry and its class's."""
    preflight = list(shared["preflight"])
    for place in sorted(entry["preflight"], key=int):
        preflight.insert(int(place), entry["preflight"][place])
    return {**shared, **{key: entry[key] for key in KEPT}, "host": host, "preflight": preflight}
