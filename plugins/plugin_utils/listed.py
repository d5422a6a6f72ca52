# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Long lists in the words of a check or a limit."""

from __future__ import annotations

from collections.abc import Sequence

MOST_TOLD = 20


def first(told: Sequence[str]) -> str:
    """Return texts in one line, and the number of those that do not fit."""
    more = len(told) - MOST_TOLD
    return ", ".join(told[:MOST_TOLD]) + (f" and {more} more" if more > 0 else "")
