# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Find lines of a database that are not understood. A reader that skips a line reports it: its answer is incomplete."""

import re

# Comments, and what includes entries of a name service.
ACCOUNTS_OF_OTHERS = ("#", "+", "-")
SHOWN = 60
PACKAGE = re.compile(rb"\nPackage:")
# As dpkg writes it: the wanted state, whether it is in order, and the state.
STATUS = re.compile(
    rb"\nStatus: (?:unknown|install|hold|deinstall|purge) (?:ok|reinstreq|hold|hold-reinstreq) "
    rb"(?:not-installed|config-files|half-installed|unpacked|half-configured|triggers-awaited|triggers-pending|installed)"
    rb"[ \t]*(?=\n|\Z)"
)


def in_accounts(lines, understood):
    """Return what is wrong with the first odd line of an account or group file, '' if there is none. Never raises.

    ``understood`` are the lines that the reader parsed.
    """
    known = set(understood)
    if lines and not any(line.strip() for line in lines):
        return "it is there, but empty"
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\n")
        passed = not line.strip() or line.lstrip().startswith(ACCOUNTS_OF_OTHERS)
        if "\0" in line or not (passed or line in known):
            return _wrong(number, line)
    return ""


def in_sections(lines):
    """Return what is wrong with the first odd line of a registry in INI form, '' if there is none. Never raises.

    A duplicate key in a section, or a key in none, shows that the header of another section is lost.
    """
    keys, inside = set(), False
    for number, line in enumerate((line.strip() for line in lines), 1):
        name, separator, _value = line.partition("=")
        if line.startswith("[") or line.endswith("]") and not separator:
            is_header = line.startswith("[") and line.endswith("]") and len(line) > 2
            keys, inside = set(), True
        else:
            is_header = not line or line[:1] in ("#", ";") or (bool(separator) and inside and name.strip() not in keys)
            keys.add(name.strip())
        if "\0" in line or not is_header:
            return _wrong(number, line)
    return ""


def in_stanzas(chunk):
    """Return what is wrong with a chunk (bytes) of dpkg's database, '' if all is well. Never raises."""
    if b"\0" in chunk:
        return "it contains bytes that are not text"
    stanzas = sum(1 for part in chunk.split(b"\n\n") if part.strip())
    for told, line in (("a name", PACKAGE), ("a status", STATUS)):
        found = len(line.findall(chunk))
        if found != stanzas:
            return "of %d packages in one part of it %d have %s" % (stanzas, found, told)
    return ""


def _wrong(number, line):
    return "line %d cannot be parsed: %r" % (number, line[:SHOWN])
