# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make text from hosts harmless: names and files on an endpoint may hold anything."""

from __future__ import annotations

import html
import re
import unicodedata

CELL_LIMIT = 300
# What spreadsheets begin a formula with; the last four are of full width.
FORMULA = ("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠")
HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def visible(text: object, limit: int = CELL_LIMIT, keep: str = "") -> str:
    """Return text with every control, direction mark and surrogate shown as an escape, cut off at a limit."""
    cut = str(text)[: limit + 1]
    # What is printable has none of these, and is nearly all that there is.
    shown = cut if cut.isprintable() else "".join(_shown(character, keep) for character in cut)
    return shown[:limit] + "…" if len(shown) > limit else shown


def _shown(character: str, keep: str) -> str:
    if character in keep or unicodedata.category(character) not in HIDDEN:
        return character
    return character.encode("unicode_escape").decode("ascii")


def cell(text: object) -> str:
    """Return text for a cell or a line of Markdown: no markup in it has a meaning."""
    escaped = html.escape(visible(text), quote=False)
    return re.sub(r"([\\`*_{}\[\]|#~!])", r"\\\1", escaped)


def guarded(value: object) -> str:
    """Return a value as a quoted cell of comma-separated values, which no spreadsheet takes for a formula."""
    shown = visible(value)
    formula = not isinstance(value, int) and shown.lstrip()[:1] in FORMULA
    return '"' + ("'" if formula else "") + shown.replace('"', '""') + '"'


def fenced(text: str, language: str = "", limit: int = 20000) -> str:
    """Return text as a fenced block of Markdown that nothing in the text can end."""
    shown = visible(text, limit, keep="\n\t")
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{shown.rstrip()}\n{fence}"
