# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One self-contained HTML file: it includes its style and script, and nothing else may run or load."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..escape import visible

HOME = Path(__file__).parent
TEXT_LIMIT, DIFF_LIMIT = 2000, 20000
# Pieces of a page that are written at once.
AT_ONCE = 500
# In a script element these could end it, or begin a comment of HTML.
UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def render(template: str, **content: Any) -> str:
    """Return a page. Whatever text it is given is shown as it is, and what would be hidden in it as an escape."""
    return "".join(pieces(template, **content))


def pieces(template: str, **content: Any) -> Iterator[str]:
    """Yield a page piece by piece, for one that is too large to be held."""
    style, script = ((HOME / name).read_text(encoding="utf-8") for name in ("style.css", "script.js"))
    environment = Environment(
        loader=FileSystemLoader(HOME),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_shown,
    )
    environment.filters.update(diff=_diff, data=_data, fragment=_fragment)
    page = environment.get_template(template).stream(
        style=Markup(style),
        script=Markup(script),
        style_sum=_sum(style),
        script_sum=_sum(script),
        **content,
    )
    page.enable_buffering(AT_ONCE)
    yield from page


def _shown(value: Any) -> Any:
    return value if isinstance(value, (Markup, int)) else visible(value, TEXT_LIMIT)


def _fragment(name: str) -> str:
    """Return a name as it stands behind the # of an address."""
    return quote(visible(name, TEXT_LIMIT), safe="")


def _diff(text: str) -> Markup:
    """Return a diff with each line marked as what it is."""
    marks = {"+": "ins", "-": "del"}
    lines = []
    for line in visible(text, DIFF_LIMIT, keep="\n\t").split("\n"):
        tag = marks.get(line[:1], "span")
        lines.append(Markup("<{0}>{1}\n</{0}>").format(Markup(tag), line))
    return Markup("").join(lines)


def _data(content: Any) -> Markup:
    """Return content as JSON for a script element."""
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=True)
    return Markup("".join(UNSAFE.get(character, character) for character in text))


def _sum(text: str) -> Markup:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return Markup("sha256-" + base64.b64encode(digest).decode("ascii"))
