# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documents of a plan. Every one of them is made from plan.json's content and nothing else."""

from __future__ import annotations

from typing import Any

from ...canonical import encode
from .. import words
from ..table import table
from . import apart, change_form, comma, html, markdown, view
from .forecasts import FORECAST

HEADER = ["class", "hosts", "found", "to do", "which", "digest"]
MOST_NAMED = 3


def files(document: dict[str, Any]) -> dict[str, str]:
    """Return {file name: text} of a document."""
    seen = view.of(document)
    return {
        "plan.json": encode(document),
        "plan.html": html.render(seen),
        "plan.md": markdown.render(seen),
        "plan.csv": comma.render(seen),
        "servicenow.yml": change_form.servicenow(seen),
    }


def lines(document: dict[str, Any]) -> list[str]:
    """Return a document's classes as a table for a terminal."""
    seen = view.of(document)
    rows: list[list[object]] = [
        [
            group.number,
            len(group.entries),
            words.findings(group.plan),
            words.to_do(group.plan),
            ", ".join([*list(group.entries)[:MOST_NAMED], *(["…"] if len(group.entries) > MOST_NAMED else [])]),
            words.digest(group.plan),
        ]
        for group in seen.groups
    ]
    rows += [
        [one.label, len(one.hosts), one.found, f"{FORECAST}: {one.settle}", words.some(one.hosts), "-"]
        for one in seen.forecasts
    ]
    silent = document["not_planned"]
    rows += [[0, 1, "not known", f"not planned: {why}", host, "-"] for host, why in silent.items()]
    total = len(document["hosts"]) + len(silent)
    if silent and not document["hosts"] and not seen.forecasts:
        return [f"No host could be planned: none of {total} gave an answer.", "", *table(HEADER, rows)]
    whole = ["", f"{len(document['hosts'])} of {total} hosts could be planned."] if silent else []
    others = ["", apart.platforms_of(seen), apart.foretold(seen)] if seen.forecasts else []
    return [*table(HEADER, rows), *whole, *others]
