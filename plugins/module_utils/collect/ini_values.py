# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Values in configuration of INI form."""

from ..system.errors import EndpointError
from .items import not_checked, seen


def value_of(lines, key):
    """Return the value of a key in an INI file's lines, whatever its section; None if no line has it. Never raises."""
    for line in lines:
        name, separator, value = line.partition("=")
        if separator and name.strip().lower() == key.lower():
            return value.strip()
    return None


def collect(asked, look):
    """Yield an item of each value; of a file that is there without the key, an empty one. ``asked``: {file, key}."""
    for wanted in asked:
        path, key = wanted["file"], wanted["key"]
        what = "%s[%s]" % (path, key)
        try:
            text = look.tree.text(path)
        except EndpointError as error:
            yield not_checked("ini_value", what, path, error)
            continue
        if text is not None:
            yield seen("ini_value", what, path, value=value_of(text.split("\n"), key) or "")
