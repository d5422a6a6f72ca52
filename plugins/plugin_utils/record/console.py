# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a replacement's console says of hosts: the part of their protection that they cannot check themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .. import schema, yaml_text
from ..errors import AvshiftError
from ..fleet import document
from .verdict import is_for_the_console

READING = "Reading the console's answer"
REMEDY = "Correct the file: docs/providers.md has an example."
TOLD = ("provider", "time", "source")
MOST_NAMES = 50


@dataclass(frozen=True)
class Console:
    """The hosts that a console saw protected, when (UTC), by which provider, and where that was read."""

    provider: str
    time: str
    source: str
    hosts: frozenset[str]

    def saw(self, host: str, provider: str | None, since: str) -> bool:
        """Return True if it saw a host protected by a provider at a time (or on a day) or later.

        Names are compared without case. If nothing says which provider it is, no console counts as its own.
        """
        return host.casefold() in self.hosts and provider == self.provider and self.time >= since

    def told(self, hosts: Iterable[str], closed: int) -> dict[str, Any]:
        """Return what a report says of it: whose and from when it is, how many of its names and of the hosts met.

        ``hosts`` are the names of all records, ``closed`` is how many of them it closed.
        """
        unknown = sorted(self.hosts - {host.casefold() for host in hosts})
        counts = {"hosts": len(self.hosts), "closed": closed, "without_record": len(unknown)}
        return {**{key: getattr(self, key) for key in TOLD}, **counts, "names_without_record": unknown[:MOST_NAMES]}

    def confirmed(self, proof: dict[str, Any], host: str, provider: str | None, since: str) -> dict[str, Any]:
        """Return a result of antivirus_selftest with the console's answer for what only the console shows."""
        if not self.saw(host, provider, since):
            return proof
        told = {"result": "ok", "detail": f"the console showed the host as protected at {self.time}: {self.source}"}
        checks = [{**check, **told} if is_for_the_console(check) else check for check in proof["checks"]]
        results = {check["result"] for check in checks}
        return {**proof, "checks": checks, "result": "bad" if "bad" in results else max(results, default="unknown")}


def since(mode: str, time: str) -> str:
    """Return from when a console's answer counts for a record: after a migration, or on a verification's day (UTC)."""
    return time if mode == "migrate" else time[: len("YYYY-MM-DD")]


def read(path: str | None, now: str) -> Console | None:
    """Return what a file says; None without a file. Raises AvshiftError if it cannot be read or anything is wrong."""
    return parse(document.raw(path, READING), path, now) if path else None


def parse(raw: bytes, path: str, now: str) -> Console:
    """Return what a file says (YAML or JSON). Raises AvshiftError naming what is wrong in it."""
    try:
        content = yaml_text.parse(raw, texts=True)
    except ValueError as error:
        raise _wrong(path, str(error)) from error
    broken = schema.violations("console", content)
    if broken:
        raise _wrong(path, "; ".join(schema.lines(broken)))
    if content["time"] > now:
        raise _wrong(path, f"$.time: {content['time']} is in the future")
    hosts = frozenset(name.strip().casefold() for name in content["hosts"])
    return Console(content["provider"], content["time"], content["source"], hosts)


def _wrong(path: str, cause: str) -> AvshiftError:
    return AvshiftError("console_wrong", READING, path, cause, REMEDY)
