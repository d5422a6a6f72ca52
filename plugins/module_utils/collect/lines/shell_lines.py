# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""How a line of a shell's file is placed: which lines can be removed without an error in the rest."""

import re

from ...agreed.linux import OPENED, PLAIN, UNSURE

COMMENT = re.compile(rb"\s*(?:#|\Z)")
# A line that ends like this opens a condition, loop, function or branch: a command has to follow.
OPENS = re.compile(rb"(?:(?:^|[\s;])(?:then|do|else|elif)|[{(|)]|&&|\|\|)\s*(?:#.*)?\Z")
HERE_DOCUMENT = re.compile(rb"(?<!<)<<(?!<)")
ESCAPED = re.compile(rb"\\.")


def context(logical, number):
    """Return how the line with a number is placed among all [(number, [lines of bytes])]: plain, opened or unsure.

    ``opened``: the line before it needs a command after it. ``unsure``: it may be part of a string. Never raises.
    """
    before = [line for first, lines in logical if first < number for line in lines if not COMMENT.match(line)]
    if any(HERE_DOCUMENT.search(line) for line in before) or _is_in_quotes(before):
        return UNSURE
    return OPENED if before and OPENS.search(before[-1]) else PLAIN


def _is_in_quotes(lines):
    """Return True if a quote is open at the end of the lines, read by a shell that knows only quotes."""
    quote = b""
    text = ESCAPED.sub(b"", b"\n".join(lines))
    for mark in re.findall(rb"['\"`]", text):
        if not quote:
            quote = mark
        elif mark == quote:
            quote = b""
    return bool(quote)
