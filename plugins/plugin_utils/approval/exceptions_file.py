# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the file of exceptions and accepted checks."""

from __future__ import annotations

from typing import Any

from ..catalog.model import Catalog
from ..fleet import document
from ..plan import exceptions


def of_host(path: str | None, catalog: Catalog, host: str, now: str) -> list[dict[str, Any]]:
    """Return what the file grants for a host, each with its status; nothing without a file.

    Raises AvshiftError if the file cannot be read, or if anything in it is wrong, even an entry for another host.
    """
    if not path:
        return []
    raw = document.raw(path, exceptions.READING)
    granted = exceptions.parse(raw, path, [product.id for product in catalog.products])
    return exceptions.of_host(granted, host, now)
