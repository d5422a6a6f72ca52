# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The form of one piece of evidence."""

from ..posix import names

MOST_LEVELS = 40


def seen(kind, what, where, **value):
    """Return an evidence item: id (str), kind, what was asked about, where it was seen, and what was seen."""
    return {"id": "%s:%s" % (kind, what), "kind": kind, "what": what, "where": where, "value": value}


def not_checked(kind, what, where, cause):
    """Return the item of something that could not be checked: it is never taken for absent."""
    return {"id": "%s:%s" % (kind, what), "kind": kind, "what": what, "where": where, "unknown": str(cause)}


def printable(content, levels=MOST_LEVELS):
    """Return content with all bytes that are not UTF-8 written as \\xNN, so that every reader accepts it.

    Steps use the result to find the path again.

    Raises ValueError for content that is nested too deep for a reader.
    """
    if isinstance(content, str):
        return names.written(content) if content.startswith("/") else names.text(content)
    if not isinstance(content, (dict, list)):
        return content
    if not levels:
        raise ValueError("it is nested more than %d levels deep" % MOST_LEVELS)
    if isinstance(content, dict):
        return {printable(key): printable(value, levels - 1) for key, value in content.items()}
    return [printable(value, levels - 1) for value in content]
