# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Where a line of a shell's file stands: what may be taken out there without an error in what is left."""

import re

from ...agreed.linux import OPENED, PLAIN, UNSURE

# A condition, a loop, a function or a branch that such a line ends needs a command behind it.
OPENS = re.compile(rb"(?:(?:^|[\s;])(?:then|do|else|elif)|[{(|)]|&&|\|\|)\s*(?:#.*)?\Z")
COMMENT = re.compile(rb"\s*(?:#|\Z)")
HERE_DOCUMENT = re.compile(rb"(?<!<)<<(?!<)")
ESCAPED = re.compile(rb"\\.")


def context(logical, number):
    """Return how the line with a number stands among all [(number, [lines of bytes])]: plain, opened or unsure.

    ``opened``: what stands before it needs a command after it. ``unsure``: it may be part of a text. Never raises.
    """
    before = [line for first, lines in logical if first < number for line in lines if not COMMENT.match(line)]
    if any(HERE_DOCUMENT.search(line) for line in before) or _is_in_quotes(before):
        return UNSURE
    return OPENED if before and OPENS.search(before[-1]) else PLAIN


def _is_in_quotes(lines):
    """Return True if a quote is open at the end of the lines, as a shell that knows no more than quotes reads them."""
    quote = b""
    text = ESCAPED.sub(b"", b"\n".join(lines))
    for mark in re.findall(rb"['\"`]", text):
        if not quote:
            quote = mark
        elif mark == quote:
            quote = b""
    return bool(quote)
