# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A step as Ansible's diff shows it."""

from __future__ import annotations

from typing import Any

DATA_LIMIT = 20000


def of_step(step: dict[str, Any]) -> dict[str, str]:
    """Return {before, after, before_header, after_header} of one step."""
    title = f"{step['id']}: {step['title']}"
    return {
        "before_header": title,
        "after_header": title,
        "before": _lines(step["before"]),
        "after": _lines(step["after"]),
    }


def _lines(text: str) -> str:
    shown = text[:DATA_LIMIT] + ("\n(cut off here)" if len(text) > DATA_LIMIT else "")
    return shown + "\n" if shown and not shown.endswith("\n") else shown
