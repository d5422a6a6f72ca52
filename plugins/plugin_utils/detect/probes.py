# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compile questions for an endpoint. Probes know kinds, not products."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


def as_text(probes: dict[str, Any]) -> str:
    """Return probes as an endpoint's collector takes them."""
    return json.dumps(probes, separators=(",", ":"), sort_keys=True)


def merged(*several: dict[str, Any]) -> dict[str, Any]:
    """Return one set of probes that asks everything that several ask."""
    result: dict[str, Any] = {}
    for probes in several:
        for kind, asked in probes.items():
            result[kind] = _both(result[kind], asked) if kind in result else asked
    return result


def _both(first: Any, second: Any) -> Any:
    if isinstance(second, dict):
        return {key: _both(first[key], second[key]) for key in second}
    return unique(first + second) if isinstance(second, list) else first or second


def unique(values: Iterable[Any]) -> list[Any]:
    """Return values in their order without duplicates; some of them cannot be hashed."""
    return list({repr(value): value for value in values}.values())
