# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Read the certificates of an NSS database (cert9.db) as browsers and mail programs keep them."""

import os

from .certificates import name

# PKCS #11: attribute numbers as NSS names its columns; class 1 is a certificate.
QUERY = "SELECT a3, a101 FROM nssPublic WHERE a0 = x'00000001'"
MOST = 10000
# Steps of SQLite's machine after which a hostile database is given up.
STEPS = 50000000
# What SQLite may take of the memory; versions before 3.31 know no such limit.
MEMORY = 1 << 24
LONGEST = 1000


def certificates(descriptor):
    """Return [(label, subject)] of the database that is open as a descriptor; ValueError saying why if it cannot be.

    The file is declared immutable, so that nothing is written beside it.
    """
    try:
        # Dear to import, rarely needed, and Python can be built without it.
        import sqlite3
    except ImportError:
        raise ValueError("this Python has no sqlite3")
    try:
        database = sqlite3.connect("file:/proc/self/fd/%d?mode=ro&immutable=1" % descriptor, uri=True)
        try:
            database.set_progress_handler(lambda: 1, STEPS)
            database.execute("PRAGMA hard_heap_limit = %d" % MEMORY)
            return list(_rows(database.execute(QUERY)))
        finally:
            database.close()
    except sqlite3.Error as error:
        raise ValueError(error)
    except MemoryError:
        raise ValueError("it takes more than %d bytes of memory" % MEMORY)


def _rows(rows):
    for number, (label, subject) in enumerate(rows):
        if number == MOST:
            raise ValueError("it has more than %d certificates" % MOST)
        yield _text(label)[:LONGEST], name(_content(subject))[:LONGEST]


def is_database(descriptor):
    """Return True if a file begins as SQLite's do."""
    return os.pread(descriptor, 15, 0) == b"SQLite format 3"


def _text(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")


def _content(value):
    """Return what is in the outer sequence of a name."""
    if not isinstance(value, bytes) or len(value) < 2:
        return b""
    more = value[1] & 0x7F if value[1] & 0x80 else 0
    return value[2 + more :]
