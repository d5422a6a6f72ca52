# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make text from hosts harmless: names and files on an endpoint may hold anything."""

from __future__ import annotations

import functools
import html
import re
import unicodedata

CELL_LIMIT = 300
MARKUP = re.compile(r"([\\`*_{}\[\]|#~!])")
# What no reader can see; those without a character (Cn) cannot stand in XML either.
HIDDEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
# What makes a spreadsheet take a text for a formula; its wide forms are taken for them too.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def visible(text: object, limit: int = CELL_LIMIT, keep: str = "") -> str:
    """Return text with every control, direction mark and surrogate shown as an escape, cut off at a limit."""
    shown = str(text)[: limit + 1]
    # What is printable holds nothing that is hidden, which is so of nearly all text.
    if not shown.isprintable():
        shown = "".join(
            character if character in keep or unicodedata.category(character) not in HIDDEN else _escaped(character)
            for character in shown
        )
    return shown[:limit] + "…" if len(shown) > limit else shown


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def cell(text: object) -> str:
    """Return text for a cell or a line of Markdown: no markup in it has a meaning."""
    escaped = html.escape(visible(text), quote=False)
    return MARKUP.sub(r"\\\1", escaped)


def harmless(value: object, limit: int) -> object:
    """Return a value for a cell of a spreadsheet: text is never a formula there, and numbers stay numbers."""
    if isinstance(value, str):
        return _no_formula(value, limit)
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    return value if isinstance(value, int | float) else _no_formula(str(value), limit)


# Most cells of a fleet's table say what those above them do.
@functools.lru_cache(maxsize=1024)
def _no_formula(text: str, limit: int) -> str:
    shown = visible(text, limit)
    return f"'{shown}" if shown.lstrip().startswith(FORMULA) else shown


def fenced(text: str, language: str = "", limit: int = 20000) -> str:
    """Return text as a fenced block of Markdown that nothing in the text can end."""
    shown = visible(text, limit, keep="\n\t")
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{shown.rstrip()}\n{fence}"
