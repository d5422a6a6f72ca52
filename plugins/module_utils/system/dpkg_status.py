# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Read dpkg's own database as text, which costs milliseconds where a program costs a process."""

from . import safe_paths

STATUS = "/var/lib/dpkg/status"
LISTS = "/var/lib/dpkg/info"
FIELDS = {"Package": "name", "Architecture": "architecture", "Version": "version", "Status": "status"}
LIST_LIMIT = 1 << 26
ABSENT = ("not-installed",)


def stanzas(lines):
    """Yield {name, architecture, version, status} of each package in the lines of a status file.

    Keys that a stanza lacks are missing; a stanza without a name is skipped. Never raises.
    """
    current = {}
    for line in lines:
        if line in ("", "\n"):
            if "name" in current:
                yield current
            current = {}
            continue
        key, separator, value = line.partition(":")
        if separator and key in FIELDS:
            current[FIELDS[key]] = value.strip()
    if "name" in current:
        yield current


def packages(names, root="/"):
    """Return the stanzas of the named packages that dpkg knows in any state but not-installed.

    Raises OSError if there is a dpkg database that cannot be read; none at all gives an empty list.
    """
    wanted = set(names)
    try:
        with open(root.rstrip("/") + STATUS, encoding="utf-8", errors="surrogateescape") as stream:
            return [
                found
                for found in stanzas(stream)
                if found["name"] in wanted and found.get("status", "").split(" ")[-1] not in ABSENT
            ]
    except FileNotFoundError:
        return []


def files(found, root="/"):
    """Return the paths that a package owns, by its list of files; an empty list if it has none."""
    for name in (found["name"], "%s:%s" % (found["name"], found.get("architecture", ""))):
        text = safe_paths.read_text("%s/%s.list" % (LISTS, name), root, LIST_LIMIT)
        if text is not None:
            return text.splitlines()
    return []


def is_installed(found):
    """Return True if dpkg calls a package installed and in order."""
    return found.get("status", "").split(" ")[1:] == ["ok", "installed"]
