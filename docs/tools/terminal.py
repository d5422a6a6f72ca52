"""A page that shows what a command printed in a terminal, in the colours that it had, in the reader's light or dark."""

from __future__ import annotations

import html
import re

# The callback's block of a ring, and the last words: a table of outcomes first, the command that goes on last.
BLOCK = re.compile(r"^ring (?P<name>\S+): \d+ of \d+ hosts.*(?:\n  .+)*", re.MULTILINE)
BEGIN, LAST = "\noutcome ", "\nTo go on: "
LEFT_OUT = "   (what was done on each host is left out here)"
COLOUR = re.compile(r"\x1b\[([0-9;]*)m")
# Ansible's own: the colour's number for each of them, in the two schemes.
NAMES = {"31": "red", "32": "green", "33": "yellow", "34": "blue", "35": "magenta", "36": "cyan"}
STYLE = """
:root { color-scheme: light dark; --text: #1f2328; --back: #fff; --edge: #d0d7de; --red: #b3261e; --green: #1a6e36;
  --yellow: #7a5300; --blue: #0a53be; --magenta: #8250a8; --cyan: #0f6674; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --back: #0d1117; --edge: #3d444d; --red: #ff8a80;
  --green: #5fce80; --yellow: #e3b341; --blue: #79b8ff; --magenta: #d2a8ff; --cyan: #56d4dd; } }
body { margin: 0; background: var(--back); }
main { display: inline-block; padding: 20px 24px; background: var(--back); }
pre { margin: 0; padding: 16px 20px; border: 1px solid var(--edge); border-radius: 8px; color: var(--text);
  font: 14px/1.45 "DejaVu Sans Mono", monospace; }
"""


def page(printed: str) -> str:
    """Return the page for a capture: its command, each ring's block, and its last words."""
    command, _newline, rest = printed.partition("\n")
    words = rest[rest.index(BEGIN) : rest.index("\n", rest.index(LAST) + 1)]
    # A ring is shown as it was at its end, which comes again after hosts were tried again.
    blocks = {found["name"]: found[0] for found in BLOCK.finditer(rest)}
    shown = "\n".join([*blocks.values(), words])
    text = f"{html.escape(command)}\n{LEFT_OUT}\n\n{coloured(shown)}"
    styles = STYLE + "".join(f".{name} {{ color: var(--{name}); }}\n" for name in NAMES.values())
    head = f"<!doctype html><meta charset=utf-8><title>A rollout</title><style>{styles}</style>"
    return f"{head}<main><pre>{text}</pre></main>"


def coloured(text: str) -> str:
    """Return HTML for text with a terminal's colours; what else a terminal would do with it is dropped."""
    made, isopen = [], False
    for number, part in enumerate(COLOUR.split(text)):
        if number % 2 == 0:
            made.append(html.escape(part))
            continue
        name = NAMES.get(part.rpartition(";")[2], "")
        made.append(("</span>" if isopen else "") + (f"<span class={name}>" if name else ""))
        isopen = bool(name)
    return "".join(made) + ("</span>" if isopen else "")
