"""Draws docs/plan.svg, the README's picture of a plan, from the plan that `make demo` wrote."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.terminal_theme import DEFAULT_TERMINAL_THEME

HOST = "full"
WIDTH = 112
# Rich's own format would fetch a font from the network.
FORMAT = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="-12 -12 {width} {height}">
<style>
.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs>{lines}</defs>
<rect x="-12" y="-12" width="100%" height="100%" rx="8" fill="#ffffff" stroke="#c8ccd0"/>
<g>
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


def excerpt(text: str) -> str:
    """Return the plan's head, and of one host the findings and the steps that say the most."""
    head, _separator, _hosts = text.partition("\n## ")
    host = re.split(r"^## ", text, flags=re.MULTILINE)
    mine = next(part for part in host if part.startswith(HOST + "\n"))
    findings = mine[mine.index("### Findings") : mine.index("### Preflight")]
    handover = mine[mine.index("### Handover") : mine.index("### Remove")]
    retain = re.search(r"^\*\*\d+-remove-retain\*\*.*?^```$", mine, flags=re.MULTILINE | re.DOTALL)
    packages = re.search(r"^\*\*\d+-remove-packages.*?^```$", mine, flags=re.MULTILINE | re.DOTALL)
    steps = "\n\n".join(match.group(0) for match in (retain, packages) if match)
    return f"{head}\n\n## {HOST}\n\n{findings}\n{handover}\n{steps}\n\n…"


def main() -> int:
    """Draw the picture; return an exit code."""
    plan = Path("avshift/demo/plan/plan.md")
    if not plan.exists():
        print(f"Drawing a plan: {plan}: there is none. Run 'make demo' first.", file=sys.stderr)
        return 1
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Markdown(excerpt(plan.read_text(encoding="utf-8")), code_theme="default"))
    console.save_svg("docs/plan.svg", title="", code_format=FORMAT, theme=DEFAULT_TERMINAL_THEME)
    return 0


if __name__ == "__main__":
    sys.exit(main())
