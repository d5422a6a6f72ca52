# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make all characters of a text visible: nothing in it acts on a terminal or hides from a reader."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

CELL_LIMIT = 300
# Characters of the longest escape of one.
LONGEST_ESCAPE = len("\\U00000000")
# What no reader can see; those without a character (Cn) cannot stand in XML either.
HIDDEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
# Letters and marks that are drawn as nothing, or only choose among the forms of what is before them.
BLANK = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def visible(text: object, limit: int = CELL_LIMIT, keep: str = "") -> str:
    """Return text with every control, direction mark and surrogate shown as an escape, shortened to a limit."""
    shown = str(text)[: limit + 1]
    # What is printable holds nothing of these categories, which is so of nearly all text.
    if not shown.isprintable():
        shown = "".join(
            character if character in keep or unicodedata.category(character) not in HIDDEN else _escaped(character)
            for character in shown
        )
    if not shown.isascii():
        shown = BLANK.sub(lambda found: _escaped(found[0]), shown)
    return shown[:limit] + "…" if len(shown) > limit else shown


def all_visible(content: Any) -> Any:
    """Return JSON content with every text in it visible and whole: Ansible shows a task's result as it is."""
    if isinstance(content, dict):
        return {all_visible(key): all_visible(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [all_visible(value) for value in content]
    return visible(content, len(content) * LONGEST_ESCAPE, keep="\n\t") if isinstance(content, str) else content


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
