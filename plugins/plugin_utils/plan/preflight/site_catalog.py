# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which entries of a site's own catalog are used."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Check
from .case import Case


def _site_catalog(case: Case) -> Iterator[Check]:
    catalog = case.catalog
    changes = (("added", catalog.added), ("replaced", catalog.replaced))
    named = [f"{word}: {', '.join(names)}" for word, names in changes if names]
    if named:
        yield Check(
            "site_catalog",
            "info",
            "Entries from your own catalog are used",
            "; ".join(named),
            "Nothing to do if you named these folders in avshift_catalog_dirs.",
        )


CHECKS = (_site_catalog,)
