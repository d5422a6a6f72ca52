# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Values in configuration of INI form."""

import re

from ...posix.errors import EndpointError
from ..items import not_checked, seen

COMMENTS = ("#", ";")
MARK = re.compile(r"0[xX][0-9a-fA-F]{1,8}\Z")


def value_of(lines, key):
    """Return the value of a key in an INI file's lines, in any section; None if no line has it. Never raises."""
    for line in lines:
        name, separator, value = line.partition("=")
        if separator and name.strip().lower() == key.lower():
            return value.strip()
    return None


def mark_of(text, key):
    """Return the mark (0x... in lower case) that an INI file's text sets for a key, '' if it does not have the key.

    Raises ValueError if the value is something else, set more than once, or in another form: then it is not known what
    a program would read.
    """
    values, word = set(), re.compile(r"(?<![A-Za-z0-9_])%s(?![A-Za-z0-9_])" % re.escape(key), re.IGNORECASE)
    if "\0" in text:
        raise ValueError("it is not plain text")
    for line in (line.strip() for line in text.split("\n")):
        name, separator, value = line.partition("=")
        if line[:1] in COMMENTS or not word.search(name):
            continue
        if not separator or name.strip().lower() != key.lower():
            raise ValueError("a line names %s in an unknown form" % key)
        values.add(value.strip())
    found = [MARK.match(value) for value in sorted(values)]
    numbers = {int(match.group(), 16) if match else 0 for match in found}
    if 0 in numbers or len(numbers) > 1:
        raise ValueError("%s is %s, and not one mark as 0x..." % (key, " and ".join(sorted(map(repr, values)))))
    return hex(numbers.pop()) if numbers else ""


def marks_set(asked, look):
    """Return the marks that files set (set of 0x...); ``asked``: {file, key}. Unreadable files appear elsewhere."""
    found = set()
    for wanted in asked:
        try:
            found.add(mark_of(look.tree.text(wanted["file"]) or "", wanted["key"]))
        except (EndpointError, ValueError):
            # These are reported with the item of this value, which the same plan or look asks for.
            continue
    return found - {""}


def one_value(text, key):
    """Return the value of a key in an INI file's text, in any section; None if no line has it.

    Raises ValueError if the file is not plain text, or sets more than one value.
    """
    if "\0" in text:
        raise ValueError("it is not plain text")
    values = {line.partition("=")[2].strip() for line in text.split("\n") if value_of([line], key) is not None}
    if len(values) > 1:
        raise ValueError("%s is %s" % (key, " and ".join(sorted(map(repr, values)))))
    return values.pop() if values else None


def collect(asked, look):
    """Yield an item of each value; an empty one for a file that exists without the key.

    ``asked``: {file, key, is_mark}; a fwmark has to be one number, or it is not known.
    """
    for wanted in asked:
        path, key = wanted["file"], wanted["key"]
        what = "%s[%s]" % (path, key)
        try:
            text = look.tree.text(path)
            if text is not None:
                value = mark_of(text, key) if wanted["is_mark"] else one_value(text, key)
                yield seen("ini_value", what, path, value=value or "")
        except (EndpointError, ValueError) as error:
            yield not_checked("ini_value", what, path, error)
