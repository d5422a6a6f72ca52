# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Read which directories a scanner leaves out, from its settings in INI form.

Each exclusion is a section: ``Path``, ``UseScanArea`` (Yes or No), and ``AreaMask.item_0000`` and following for the
names of files that it is about. Spaces around names and values do not count, nor do quotation marks around a value.
"""

import re

SECTION = re.compile(r"\s*\[(?P<name>[^\[\]]+)\]\s*")
SETTING = re.compile(r"\s*(?P<key>[A-Za-z][A-Za-z0-9_.]*)\s*=\s*(?P<value>.*?)\s*")
MOST = 1 << 20
EVERYTHING = "*"


def parsed(text, section):
    """Return {directory: whether nothing in it is intercepted} of the sections whose names begin so.

    Raises ValueError for a text that is no settings.
    """
    if len(text) > MOST:
        raise ValueError("its settings are longer than %d characters" % MOST)
    found, any_setting = {}, False
    for name, settings in sections(text.splitlines()):
        any_setting = any_setting or bool(settings)
        path = settings.get("path", [""])[0]
        if name.lower().startswith(section.lower()) and path:
            path = path.rstrip("/") or "/"
            found[path] = found.get(path, False) or _is_whole(settings)
    if not any_setting:
        raise ValueError("what it prints is not in the documented form of settings")
    return found


def sections(lines):
    """Yield (name, {key in lower case: [values]}) of each section, with the name '' of what stands before the first."""
    name, settings = "", {}
    for line in lines:
        begun, told = SECTION.fullmatch(line), SETTING.fullmatch(line)
        if begun:
            yield name, settings
            name, settings = begun.group("name").strip(), {}
        elif told:
            settings.setdefault(told.group("key").lower(), []).append(_plain(told.group("value")))
    yield name, settings


def _plain(value):
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def _is_whole(settings):
    masks = [value for key, values in settings.items() if key.startswith("areamask") for value in values]
    is_used = settings.get("usescanarea", ["yes"])[0].lower() == "yes"
    return is_used and all(mask == EVERYTHING for mask in masks)
