# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Read the certificates of an NSS database (cert9.db) of a browser or mail program, and delete one.

Such a database is a user's file, and the file beside it (pkcs11.txt) names libraries that NSS's own tools would load.
So none of these tools is run, and SQLite may run no view, trigger, function or virtual table of the database.
"""

import os

from ..posix.files import scratch
from ..posix.running.one_user import Unprivileged
from . import plain_sqlite
from .certificates import name

# PKCS #11: attribute numbers as NSS names its columns; class 1 is a certificate, the other its trust.
CERTIFICATE, TRUST = b"\x00\x00\x00\x01", b"\xce\x53\x43\x53"
TABLE = "nssPublic"
QUERY = "SELECT a3, a101 FROM nssPublic WHERE a0 = ?"
OF_CLASS = "SELECT id, a3, a101, a81, a82 FROM nssPublic WHERE a0 = ?"
DELETE = "DELETE FROM nssPublic WHERE id = ?"
MOST = 10000
LONGEST = 1000
# Seconds that another program may hold the database, and seconds for the whole operation.
BUSY, LIMIT = 20, 60
MAGIC = b"SQLite format 3"


def certificates(data):
    """Return [(label, subject)] of the database with this content (bytes); ValueError saying why if it cannot be read.

    SQLite opens its file by name. It gets a copy in root's own directory in memory, since a user may replace the file
    with anything.
    """
    with scratch.Scratch("nss", len(data)) as folder:
        path = os.path.join(folder, "copy.db")
        with open(path, "wb") as copy:
            copy.write(data)
        return _done(path + "?mode=ro&immutable=1", _listed)


def remove(path, user, label, subject):
    """Delete the certificates of a label and subject, and their trust, from the database at a path.

    Everything is done by a child with only the rights of ``user`` (UID): wherever a name leads, that user could go too.
    The child is killed after a time limit. Root's own database is changed as root. ValueError as above.
    """
    # The child may have no right to load it.
    plain_sqlite.module()
    Unprivileged(user).done(lambda: _deleted(path, label, subject), LIMIT, path, "Removing a certificate")


def is_database(data):
    """Return True if a file's content begins like an SQLite database."""
    return data.startswith(MAGIC)


def _deleted(path, label, subject):
    quoted = "".join("%%%02x" % octet for octet in path.encode("utf-8", "surrogateescape"))
    _done(quoted + "?mode=rw", lambda database: _delete(database, label, subject))


def _done(address, act):
    return plain_sqlite.done(address, (TABLE,), act, BUSY)


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
    """Return the content of the outer sequence of a name."""
    if not isinstance(value, bytes) or len(value) < 2:
        return b""
    more = value[1] & 0x7F if value[1] & 0x80 else 0
    return value[2 + more :]
