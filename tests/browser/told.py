"""Reports as their page takes them, from the content of a report.json."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "documents" / "report.json"
# These count, sort or refer: they are not a host's text.
OWN = {"class", "id", "part", "kind", "force", "verdict", "mode", "time", "confidence"}


class Loaded:
    """A report that was read; its classes and hosts can be iterated any number of times."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.head = {key: value for key, value in content.items() if key not in ("classes", "hosts")}
        self._content = content

    def classes(self) -> Iterator[dict[str, Any]]:
        """Yield the classes."""
        yield from self._content["classes"]

    def hosts(self) -> Iterator[dict[str, Any]]:
        """Yield the hosts."""
        yield from self._content["hosts"]


def report(poison: str = "") -> Loaded:
    """Return the report of eleven hosts; each text of them ends in the poison."""
    return Loaded(_poisoned(json.loads(FIXTURE.read_text(encoding="utf-8")), poison))


def _poisoned(content: Any, poison: str, key: str = "") -> Any:
    if isinstance(content, dict):
        return {name: _poisoned(value, poison, name) for name, value in content.items()}
    if isinstance(content, list):
        return [_poisoned(value, poison, key) for value in content]
    return f"{content}{poison}" if isinstance(content, str) and content and key not in OWN else content
