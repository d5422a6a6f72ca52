# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find the reason in the output of a failed module: the cause, not just the last line."""

from __future__ import annotations

import re
from itertools import chain
from typing import Any

LONGEST = 600
# What connections say of themselves, after and before the cause.
NOISE = re.compile(
    r"(Shared connection|Connection) to \S+ closed\.?|Warning: Permanently added .*|Pseudo-terminal will not .*"
    r"|OpenSSH_\S.*|debug\d: .*|\*\* .*|Killed by signal \d+\.?|mesg: .*"
)
TRACEBACK = "Traceback (most recent call last):"
# The line that ends a traceback: an exception's name, perhaps with its message.
RAISED = re.compile(r"[A-Za-z_][\w.]*(: .*)?")
NONE_TOLD = "the module gave no result"


def of(result: dict[str, Any]) -> str:
    """Return in one line why a module failed, from its result: {module_stderr, module_stdout, msg}, none of which has
    to be there. On a terminal the host's two streams are one, and what its server says to all who log in is the other.
    """
    told = [_telling(result.get(name)) for name in ("module_stderr", "module_stdout", "msg")]
    raised = (_exception(lines) for lines in told)
    spoken = ("; ".join(line.strip() for line in lines) for lines in told)
    return _cut(next(filter(None, chain(raised, spoken)), NONE_TOLD))


def _telling(text: Any) -> list[str]:
    """Return the lines of a text that say something."""
    lines = text.splitlines() if isinstance(text, str) else []
    return [line.rstrip() for line in lines if line.strip() and not NOISE.fullmatch(line.strip())]


def _exception(lines: list[str]) -> str:
    """Return what the first traceback among some lines ends with, and its message whole; '' where there is none.

    Where one exception came of another, the first is the cause.
    """
    begins = next((number for number, line in enumerate(lines) if line.strip() == TRACEBACK), None)
    if begins is None:
        return ""
    after = lines[begins + 1 :]
    ends = next((n for n, line in enumerate(after) if not line[0].isspace() and RAISED.fullmatch(line)), None)
    if ends is None:
        return ""
    message = []
    for line in after[ends:]:
        if line.startswith(("During handling of", "The above exception", TRACEBACK)):
            break
        message.append(line.strip())
    return " ".join(message)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
