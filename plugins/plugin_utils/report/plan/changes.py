# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A step's change as people read it."""

from __future__ import annotations

import difflib
from typing import Any

from ...carry_out.diff import of_step

HEADER_LINES = 2


def diff(step: dict[str, Any]) -> str:
    """Return a step's before and after as a unified diff without its header."""
    shown = of_step(step)
    before, after = (shown[side].removesuffix("\n").split("\n") if shown[side] else [] for side in ("before", "after"))
    lines = list(difflib.unified_diff(before, after, lineterm="", n=3))
    return "\n".join(line for line in lines[HEADER_LINES:] if not line.startswith("@@"))
