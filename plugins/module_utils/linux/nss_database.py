# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Read the certificates of an NSS database (cert9.db) as browsers and mail programs keep them, and delete one.

Such a database is a user's file, and what lies beside it (pkcs11.txt) names libraries that NSS's own tools would load.
So none of these tools is run, and SQLite gets no view, trigger, function or virtual table of the database's to work at.
"""

import os

from ..posix.files import scratch
from ..posix.running.one_user import Unprivileged
from .certificates import name

# PKCS #11: attribute numbers as NSS names its columns; class 1 is a certificate, the other its trust.
CERTIFICATE, TRUST = b"\x00\x00\x00\x01", b"\xce\x53\x43\x53"
TABLE = "nssPublic"
QUERY = "SELECT a3, a101 FROM nssPublic WHERE a0 = ?"
OF_CLASS = "SELECT id, a3, a101, a81, a82 FROM nssPublic WHERE a0 = ?"
DELETE = "DELETE FROM nssPublic WHERE id = ?"
DEFINITION = "SELECT type, sql FROM sqlite_master WHERE name = 'nssPublic'"
SCHEMA = "sqlite_master"
MOST = 10000
# Steps of SQLite's machine after which a hostile database is given up.
STEPS = 50000000
# What SQLite may take of the memory; versions before 3.31 know no such limit.
MEMORY = 1 << 24
LONGEST = 1000
# Seconds for which another program may hold the database, and until which all has to be done.
BUSY, LIMIT = 20, 60
MAGIC = b"SQLite format 3"


def certificates(data):
    """Return [(label, subject)] of the database with this content (bytes); ValueError saying why if it cannot be read.

    SQLite opens by name whatever it is given: it gets a copy in a directory of root's own in memory, since a user may
    put anything in the place of a name of hers.
    """
    with scratch.Scratch("nss", len(data)) as folder:
        path = os.path.join(folder, "copy.db")
        with open(path, "wb") as copy:
            copy.write(data)
        return _done(path + "?mode=ro&immutable=1", _listed)


def remove(path, user, label, subject):
    """Delete the certificates of a label and subject, and their trust, from the database at a path.

    Everything is done by a child that has the rights of ``user`` (UID) and no others: where a name leads it, that user
    could have gone. It is ended after a time. Root's own database is root's to change. ValueError as above.
    """
    # The child may have no right to load it.
    _sqlite()
    Unprivileged(user).done(lambda: _deleted(path, label, subject), LIMIT, path, "Removing a certificate")


def is_database(data):
    """Return True if a file's content begins as SQLite's do."""
    return data.startswith(MAGIC)


def _sqlite():
    try:
        # Dear to import, rarely needed, and Python can be built without it.
        import sqlite3
    except ImportError:
        raise ValueError("this Python has no sqlite3")
    return sqlite3


def _deleted(path, label, subject):
    quoted = "".join("%%%02x" % octet for octet in path.encode("utf-8", "surrogateescape"))
    _done(quoted + "?mode=rw", lambda database: _delete(database, label, subject))


def _done(address, act):
    """Return what ``act(database)`` gives for an open database, in which SQLite does nothing that is not asked here."""
    sqlite3 = _sqlite()
    try:
        database = sqlite3.connect("file:" + address, uri=True, timeout=BUSY, isolation_level=None)
        try:
            database.text_factory = bytes
            database.set_progress_handler(lambda: 1, STEPS)
            for setting in ("hard_heap_limit = %d" % MEMORY, "trusted_schema = OFF", "temp_store = MEMORY"):
                database.execute("PRAGMA " + setting)
            database.set_authorizer(_Allowed(sqlite3).answer)
            _refuse_odd(database)
            return act(database)
        finally:
            database.close()
    except sqlite3.Error as error:
        raise ValueError(error)
    except MemoryError:
        raise ValueError("it takes more than %d bytes of memory" % MEMORY)


class _Allowed:
    """What SQLite may do: what is asked for by name, and nothing that a view or trigger of the database's asks for."""

    def __init__(self, sqlite3):
        self._sqlite3 = sqlite3

    def answer(self, action, first, _second, _database, source):
        """Answer SQLite's question whether it may do something; ``source`` is the view or trigger that wants it."""
        known = self._sqlite3
        reads = action == known.SQLITE_READ and first in (TABLE, SCHEMA)
        deletes = action == known.SQLITE_DELETE and first == TABLE
        plain = action in (known.SQLITE_SELECT, known.SQLITE_TRANSACTION)
        return known.SQLITE_OK if source is None and (reads or deletes or plain) else known.SQLITE_DENY


def _refuse_odd(database):
    """Refuse a database whose table is a view, or is worked by a module of SQLite's."""
    found = [(kind, sql or b"") for kind, sql in database.execute(DEFINITION)]
    if len(found) != 1 or found[0][0] != b"table" or not found[0][1].upper().startswith(b"CREATE TABLE"):
        raise ValueError("it has no plain table %s" % TABLE)


def _listed(database):
    found = []
    for label, subject in database.execute(QUERY, (CERTIFICATE,)):
        if len(found) == MOST:
            raise ValueError("it has more than %d certificates" % MOST)
        found.append((_text(label)[:LONGEST], _subject(subject)))
    return found


def _delete(database, label, subject):
    database.execute("BEGIN IMMEDIATE")
    there = database.execute(OF_CLASS, (CERTIFICATE,)).fetchmany(MOST)
    going = [row for row in there if (_text(row[1])[:LONGEST], _subject(row[2])) == (label, subject)]
    named = {row[3:] for row in going}
    for row in database.execute(OF_CLASS, (TRUST,)).fetchmany(MOST):
        if row[3:] in named:
            going.append(row)
    for row in going:
        database.execute(DELETE, row[:1])
    database.execute("COMMIT")


def _text(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")


def _subject(value):
    return name(_content(value))[:LONGEST]


def _content(value):
    """Return what is in the outer sequence of a name."""
    if not isinstance(value, bytes) or len(value) < 2:
        return b""
    more = value[1] & 0x7F if value[1] & 0x80 else 0
    return value[2 + more :]
