# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Read dpkg's own database as bytes, which costs milliseconds where a program costs a process."""

import os
import re

from .errors import EndpointError
from .tree import Tree

HOME = "/var/lib/dpkg"
STATUS = HOME + "/status"
LISTS = HOME + "/info"
NATIVE = HOME + "/arch"
FIELDS = {
    b"Package": "name",
    b"Architecture": "architecture",
    b"Version": "version",
    b"Status": "status",
    b"Maintainer": "vendor",
    b"Depends": "depends",
    b"Pre-Depends": "pre_depends",
}
NAME = re.compile(rb"\nPackage:[ \t]*([^\s]+)")
WORDS = re.compile(r"[A-Za-z0-9+._-]+")
STATUS_LIMIT = 1 << 28
LIST_LIMIT, FILES_LIMIT, MOST_FILES = 1 << 26, 1 << 23, 100000
# A stanza longer than this is none that dpkg wrote, and no host has so many packages of one maker.
STANZA_LIMIT = 1 << 22
MOST_FOUND, FOUND_LIMIT = 1000, 1 << 22
ABSENT = "not-installed"
CONFIG_ONLY = "config-files"
DEPENDENCIES = ("depends", "pre_depends")


def chunks(blocks):
    """Yield bytes that begin with a line end and end where a stanza ends, from a file's blocks.

    Raises ValueError for too long a stanza.
    """
    rest = b""
    for block in blocks:
        whole, _empty, rest = (rest + block).rpartition(b"\n\n")
        if whole:
            yield b"\n" + whole
        if len(rest) > STANZA_LIMIT:
            raise ValueError("a stanza of more than %d bytes" % STANZA_LIMIT)
    yield b"\n" + rest


def stanzas_at(chunk, positions):
    """Yield each stanza (bytes) of a chunk in which one of the positions lies, once. Never raises."""
    end = -1
    for position in sorted(positions):
        if position > end:
            end = chunk.find(b"\n\n", position)
            end = len(chunk) if end < 0 else end
            yield chunk[chunk.rfind(b"\n\n", 0, position) + 1 : end]


def occurrences(text, data):
    """Yield where a text (bytes) stands in data (bytes). Never raises."""
    position = data.find(text)
    while position >= 0:
        yield position
        position = data.find(text, position + len(text))


def fields(stanza):
    """Return {name, architecture, version, status, vendor, depends, pre_depends} of a stanza. Never raises.

    Keys that it lacks are missing; of a key that stands twice, the last counts; continued lines are passed over.
    """
    found = {}
    for line in stanza.split(b"\n"):
        key, separator, value = line.partition(b":")
        if separator and key in FIELDS:
            found[FIELDS[key]] = value.strip().decode("utf-8", "replace")
    return found


def packages(fits, word, tree):
    """Return the fields of packages in any state but not-installed: those whose name fits or whose stanza has a word.

    ``fits`` is a test of a name (str), ``word`` lower-case text, '' for none. Raises EndpointError if there is a
    database of dpkg's that cannot be read; none at all gives an empty list.
    """
    found, known, size = [], False, 0
    for chunk in _chunks(tree):
        names = list(NAME.finditer(chunk))
        known = known or bool(names)
        wanted = [name.start(1) for name in names if fits(name.group(1).decode("utf-8", "replace"))]
        wanted += occurrences(word.encode(), chunk.lower()) if word else []
        for stanza in stanzas_at(chunk, wanted):
            told, size = fields(stanza), size + len(stanza)
            if _is_known(told):
                found.append(told)
            if len(found) > MOST_FOUND or size > FOUND_LIMIT:
                raise _broken("more than %d packages, or %d bytes, fit" % (MOST_FOUND, FOUND_LIMIT))
    if not known and tree.names(LISTS):
        raise _broken("it names no package, though %s holds lists" % LISTS)
    return found


def named(names, tree=None):
    """Return the fields of the packages of these names that dpkg knows in any state but not-installed."""
    return packages(set(names).__contains__, "", tree or Tree())


def dependents(names, tree):
    """Return {name: sorted names of the installed packages that depend on it} of the names that have any."""
    found = {}
    for chunk in _chunks(tree):
        for name in names:
            for told in map(fields, stanzas_at(chunk, occurrences(name.encode(), chunk))):
                if _is_known(told) and not told["status"].endswith(CONFIG_ONLY) and name in _needed_by(told):
                    found.setdefault(name, set()).add(told["name"])
    return {name: sorted(others - {name}) for name, others in found.items()}


def _needed_by(told):
    return {word for key in DEPENDENCIES for word in WORDS.findall(told.get(key, ""))}


def _is_known(told):
    return bool(told.get("name")) and told.get("status", "").split(" ")[-1] not in ("", ABSENT)


def native_architecture(tree):
    """Return the architecture that dpkg calls its own, else the one of dpkg itself; '' where neither is told."""
    told = (tree.text(NATIVE) or "").partition("\n")[0].strip()
    return told or next((found.get("architecture", "") for found in named(["dpkg"], tree)), "")


def qualified(found, native):
    """Return a package's name, with its architecture where that is not the native one, as dpkg and apt take it."""
    architecture = found.get("architecture", "")
    return found["name"] if architecture in (native, "all", "") else "%s:%s" % (found["name"], architecture)


def files(found, tree):
    """Return the paths that a package owns, by its list of files; an empty list if it has none.

    Raises EndpointError for a list that is larger than any that dpkg wrote.
    """
    for name in (found["name"], "%s:%s" % (found["name"], found.get("architecture", ""))):
        if "/" not in name:
            path = "%s/%s.list" % (LISTS, name)
            data = tree.data(path, FILES_LIMIT)
            if data is not None:
                if data.count(b"\n") > MOST_FILES:
                    raise _broken("%s has more than %d lines" % (path, MOST_FILES))
                return data.decode("utf-8", "surrogateescape").split("\n")
    return []


def owner(path, tree):
    """Return the name of the package whose list of files names a path; '' if none does."""
    line = b"\n" + path.encode("utf-8", "surrogateescape") + b"\n"
    for name in tree.names(LISTS):
        if name.endswith(".list") and has_line(tree.blocks(os.path.join(LISTS, name), LIST_LIMIT), line):
            return name[: -len(".list")].partition(":")[0]
    return ""


def has_line(blocks, line):
    """Return True if a file's blocks (bytes) hold a line, which is given with the line ends on both sides of it."""
    rest = b"\n"
    for block in blocks:
        rest = rest + block
        if line in rest:
            return True
        rest = rest[-len(line) :]
    return rest + b"\n" == line or (rest + b"\n").endswith(line)


def is_installed(found):
    """Return True if dpkg calls a package installed and in order, whether it is held or not."""
    return found.get("status", "").split(" ")[1:] == ["ok", "installed"]


def _chunks(tree):
    try:
        yield from chunks(tree.blocks(STATUS, STATUS_LIMIT))
    except ValueError as error:
        raise _broken(error)


def _broken(cause):
    return EndpointError("dpkg_broken", "Reading dpkg's database", STATUS, cause, "Restore it from /var/backups.")
