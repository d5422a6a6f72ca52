# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Read dpkg's own database as bytes: this takes milliseconds, and starting a program would take longer."""

import os
import re

from ..posix import odd_lines
from ..posix.errors import EndpointError
from ..posix.files.tree import Tree

HOME = "/var/lib/dpkg"
STATUS = HOME + "/status"
BEFORE = STATUS + "-old"
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
STATE = re.compile(rb"\nStatus:[ \t]*([^\n]*)")
# dpkg logs each state change here, and merges them into its status file when it ends cleanly.
NOTES = HOME + "/updates"
NOTE_LIMIT, MOST_NOTES = 1 << 20, 1000
WORDS = re.compile(r"[A-Za-z0-9+._-]+")
STATUS_LIMIT = 1 << 28
LIST_LIMIT, FILES_LIMIT, MOST_FILES = 1 << 26, 1 << 23, 100000
# dpkg writes no longer stanza than this, and no host has this many packages from one vendor.
STANZA_LIMIT = 1 << 22
MOST_FOUND, FOUND_LIMIT = 1000, 1 << 22
# As dpkg writes it: one path per line, and at least one.
LIST = re.compile(rb"(?:/[^\0\n]*\n)+\Z")
ABSENT = "not-installed"
CONFIG_ONLY = "config-files"
SETTLED = ("installed", CONFIG_ONLY, ABSENT)
REINSTALL = "reinstreq"
DEPENDENCIES = ("depends", "pre_depends")
REMOVAL_SCRIPTS = ("prerm", "postrm")


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
    """Yield each stanza (bytes) of a chunk that contains one of the positions, once. Never raises."""
    end = -1
    for position in sorted(positions):
        if position > end:
            end = chunk.find(b"\n\n", position)
            end = len(chunk) if end < 0 else end
            yield chunk[chunk.rfind(b"\n\n", 0, position) + 1 : end]


def occurrences(text, data):
    """Yield the positions of a text (bytes) in data (bytes). Never raises."""
    position = data.find(text)
    while position >= 0:
        yield position
        position = data.find(text, position + len(text))


def fields(stanza):
    """Return {name, architecture, version, status, vendor, depends, pre_depends} of a stanza. Never raises.

    Keys that it lacks are missing; of a duplicate key, the last counts; continuation lines are skipped.
    """
    found = {}
    for line in stanza.split(b"\n"):
        key, separator, value = line.partition(b":")
        if separator and key in FIELDS:
            found[FIELDS[key]] = value.strip().decode("utf-8", "replace")
    return found


def packages(fits, word, tree, wrong=None):
    """Return the fields of packages in any state but not-installed, whose name fits or whose stanza has a word.

    ``fits`` is a test of a name (str), ``word`` lower-case text, '' for none. Raises EndpointError if dpkg's database
    exists but cannot be read; without a database the list is empty. What is wrong with a readable one is added to the
    list ``wrong``: then packages may be missing.
    """
    found, known, size, named_here = [], False, 0, set()
    for chunk in _chunks(tree):
        odd = odd_lines.in_stanzas(chunk) if wrong is not None else ""
        if odd:
            wrong.append(odd)
        names = list(NAME.finditer(chunk))
        known = known or bool(names)
        wanted = [name.start(1) for name in names if fits(name.group(1).decode("utf-8", "replace"))]
        named_here |= {name.group(1) for name in names if name.start(1) in wanted}
        wanted += occurrences(word.encode(), chunk.lower()) if word else []
        for stanza in stanzas_at(chunk, wanted):
            told, size = fields(stanza), size + len(stanza)
            if _is_known(told):
                found.append(told)
            if len(found) > MOST_FOUND or size > FOUND_LIMIT:
                raise broken("more than %d packages, or %d bytes, fit" % (MOST_FOUND, FOUND_LIMIT))
    if not known:
        _must_be_new(tree)
    if wrong is not None:
        if tree.is_of_others(STATUS):
            wrong.append("others than root may write to it")
        wrong += _gaps(found, {name.decode("utf-8", "replace") for name in named_here}, fits, tree)
    return found


def _must_be_new(tree):
    """Refuse a database without packages if dpkg has been used on the host."""
    if tree.names(LISTS):
        raise broken("it names no package, though %s holds lists" % LISTS)
    before = tree.lstat(BEFORE)[0]
    if before is not None and before.st_size:
        raise broken("it names no package, though %s is not empty" % BEFORE)


def _gaps(found, names, fits, tree):
    """Yield what is wrong: a package with a file list but without an entry, or two entries that differ."""
    listed = {name[: -len(".list")].partition(":")[0] for name in tree.names(LISTS) if name.endswith(".list")}
    lost = sorted(name for name in listed - names if fits(name))
    if lost:
        yield "%s holds a file list of %s, a package that it does not list" % (LISTS, ", ".join(lost))
    told = {}
    for entry in found:
        if told.setdefault((entry["name"], entry.get("architecture", "")), entry) != entry:
            yield "it names %s twice, with different data" % entry["name"]


def named(names, tree=None):
    """Return the fields of the packages of these names that dpkg knows in any state but not-installed."""
    return packages(set(names).__contains__, "", tree or Tree())


def dependents(names, tree):
    """Return {name: sorted names of the installed packages that depend on it} for those names that have any."""
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
    """Return the architecture that dpkg calls its own, else that of the package dpkg; '' if neither is known."""
    told = (tree.text(NATIVE) or "").partition("\n")[0].strip()
    return told or next((found.get("architecture", "") for found in named(["dpkg"], tree)), "")


def qualified(found, native):
    """Return a package's name, with its architecture if that is not the native one, as dpkg and apt take it."""
    architecture = found.get("architecture", "")
    return found["name"] if architecture in (native, "all", "") else "%s:%s" % (found["name"], architecture)


def files(found, tree):
    """Return the paths that a package owns, from its file list; an empty list if it has none.

    Raises EndpointError for a list that is larger than dpkg writes.
    """
    for name in (found["name"], "%s:%s" % (found["name"], found.get("architecture", ""))):
        if "/" not in name:
            path = "%s/%s.list" % (LISTS, name)
            data = tree.data(path, FILES_LIMIT)
            if data is not None:
                if data.count(b"\n") > MOST_FILES:
                    raise broken("%s has more than %d lines" % (path, MOST_FILES))
                if not LIST.match(data):
                    raise broken("%s is empty, ends within a line, or holds what is no path" % path)
                return data.decode("utf-8", "surrogateescape").split("\n")
    return []


def owners(paths, tree):
    """Yield (path, name of the package whose file list names it) of the paths, in one pass.

    Raises EndpointError for a list that cannot be read, if a path was not found before.
    """
    wanted = {path.encode("utf-8", "surrogateescape"): path for path in paths}
    for name in tree.names(LISTS) if wanted else ():
        if name.endswith(".list"):
            for line in lines_among(tree.blocks(os.path.join(LISTS, name), LIST_LIMIT), set(wanted)):
                yield wanted.pop(line), name[: -len(".list")].partition(":")[0]
            if not wanted:
                return


def lines_among(blocks, wanted):
    """Return which of the lines (a set of bytes, none empty) a file's blocks (bytes) contain."""
    longest = max(map(len, wanted))
    found, rest = set(), b""
    for block in blocks:
        whole, _end, rest = (rest + block).rpartition(b"\n")
        found |= wanted.intersection(whole.split(b"\n"))
        # Of a line longer than any wanted one, enough is kept to show that it is longer.
        rest = rest[: longest + 1]
    return found | wanted.intersection([rest])


def unsettled(tree):
    """Return the fields of the packages with an interrupted or pending operation."""
    found = []
    for chunk in _chunks(tree):
        at = [state.start(1) for state in STATE.finditer(chunk) if not _is_settled(state.group(1))]
        found += [told for told in map(fields, stanzas_at(chunk, at)) if _is_known(told)]
        if len(found) > MOST_FOUND:
            raise broken("more than %d packages are in an unfinished state" % MOST_FOUND)
    return found


def _is_settled(state):
    words = state.decode("utf-8", "replace").split()
    return len(words) == 3 and words[1] == "ok" and words[2] in SETTLED


def noted(tree):
    """Return the names of the packages whose latest state changes dpkg has not yet merged into its status file."""
    notes = [name for name in tree.names(NOTES) if name.isdigit()]
    if len(notes) > MOST_NOTES:
        raise broken("more than %d notes in %s" % (MOST_NOTES, NOTES))
    texts = (tree.data(os.path.join(NOTES, name), NOTE_LIMIT) or b"" for name in notes)
    return sorted({name.group(1).decode("utf-8", "replace") for text in texts for name in NAME.finditer(b"\n" + text)})


def scripts(found, tree):
    """Return {script, such as prerm: its path} of a package's removal scripts."""
    present = set(tree.names(LISTS))
    names = ("%s:%s" % (found["name"], found.get("architecture", "")), found["name"])
    return {
        script: "%s/%s.%s" % (LISTS, name, script)
        for script in REMOVAL_SCRIPTS
        for name in names
        if "%s.%s" % (name, script) in present
    }


def insisting(found):
    """Return what dpkg has to be asked for to remove these packages, some of which it wants to reinstall first."""
    again = any(told.get("status", "").split(" ")[1:2] == [REINSTALL] for told in found)
    return ["--force-remove-reinstreq"] if again else []


def is_held(found):
    """Return True if a package is on hold in dpkg."""
    return found.get("status", "").startswith("hold ")


def is_installed(found):
    """Return True if dpkg calls a package installed and in order, held or not."""
    return found.get("status", "").split(" ")[1:] == ["ok", "installed"]


def _chunks(tree):
    try:
        yield from chunks(tree.blocks(STATUS, STATUS_LIMIT))
    except ValueError as error:
        raise broken(error)


def broken(cause):
    """Return the error for a damaged database."""
    return EndpointError("dpkg_broken", "Reading dpkg's database", STATUS, cause, "Restore it from /var/backups.")
