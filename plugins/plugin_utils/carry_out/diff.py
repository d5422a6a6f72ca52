# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A step as Ansible's diff shows it."""

from __future__ import annotations

from typing import Any

from ..visible import visible

DATA_LIMIT = 20000
# An escape has up to ten characters and stands for one.
LONGEST = 10 * DATA_LIMIT


def of_step(step: dict[str, Any]) -> dict[str, str]:
    """Return {before, after, before_header, after_header} of one step.

    Ansible shows it unchanged, so text from a host is made harmless for terminals here.
    """
    title = visible(f"{step['id']}: {step['title']}")
    return {
        "before_header": title,
        "after_header": title,
        "before": _lines(step["before"]),
        "after": _lines(step["after"]),
    }


def _lines(text: str) -> str:
    more = "\n(shortened here)" if len(text) > DATA_LIMIT else ""
    shown = visible(text[:DATA_LIMIT], LONGEST, keep="\n\t") + more
    return shown + "\n" if shown and not shown.endswith("\n") else shown
