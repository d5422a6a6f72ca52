# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make text from hosts harmless: names and files on an endpoint may hold anything."""

from __future__ import annotations

import functools
import html
import re

from ..visible import CELL_LIMIT, visible

__all__ = ["CELL_LIMIT", "FORMULA", "cell", "fenced", "harmless", "in_csv", "no_template", "visible"]

MARKUP = re.compile(r"([\\`*_{}\[\]|#~!])")
# Where GitHub and others make links, mail addresses and mentions of text without markup; entities do not stop them.
LINKED = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=@)(?=\S)", re.IGNORECASE)
NOTHING = "<!-- -->"
# Characters that make a spreadsheet read text as a formula, with their wide forms.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
# Where programs expect semicolons between cells, one in a text ends a cell, and what is behind it begins the next one.
NEXT_CELL = re.compile(rf";(?=[\s\"]*[{re.escape(''.join(FORMULA))}])")
# Characters that begin an expression, a statement or a comment in Jinja.
OPENING = re.compile(r"\{(?=[{%#]|$)")


def cell(text: object) -> str:
    """Return text for a cell or a line of Markdown, with all markup escaped, and nothing in it that becomes a link."""
    escaped = html.escape(visible(text), quote=False)
    return LINKED.sub(NOTHING, MARKUP.sub(r"\\\1", escaped))


def harmless(value: object, limit: int) -> object:
    """Return a value for a cell of a spreadsheet: text is never a formula there, and numbers stay numbers."""
    if isinstance(value, str):
        return _no_formula(value, limit)
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    return value if isinstance(value, int | float) else _no_formula(str(value), limit)


def in_csv(value: object, limit: int) -> object:
    """Return a value for a cell of CSV as ``harmless`` does, also for readers that take a semicolon for the comma."""
    made = harmless(value, limit)
    return NEXT_CELL.sub(";'", made) if isinstance(made, str) and ";" in made else made


# Most cells of a fleet's table repeat those above them.
@functools.lru_cache(maxsize=1024)
def _no_formula(text: str, limit: int) -> str:
    shown = visible(text, limit)
    return f"'{shown}" if shown.lstrip().startswith(FORMULA) else shown


def no_template(text: str) -> str:
    """Return text in which nothing is a template of Ansible's, also where another text is put behind it: its braces are
    broken up by a space.

    A document that Ansible reads again is code: what a host chose must be none, whichever release reads it, and also
    where a tag such as ``!unsafe`` has got lost on the way.
    """
    return OPENING.sub("{ ", text)


def fenced(text: str, language: str = "", limit: int = 20000) -> str:
    """Return text as a fenced block of Markdown that nothing in the text can end."""
    shown = visible(text, limit, keep="\n\t")
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{shown.rstrip()}\n{fence}"
