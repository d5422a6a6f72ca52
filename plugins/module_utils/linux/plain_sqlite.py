# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Open an SQLite database that may come from anyone: it does nothing that is not requested here.

No view, trigger, function or virtual table of the database is run, and memory and time are limited.
"""

import itertools

# SQLite VM steps after which a hostile database is given up.
STEPS = 50000000
# Memory that SQLite may use; versions before 3.31 have no such limit.
MEMORY = 1 << 24
SCHEMA = "sqlite_master"
# SQLite's number for the use of a function; Python 3.6 has no name for it.
FUNCTION = 31
DEFINITION = "SELECT type, sql FROM sqlite_master WHERE name = ?"


def module():
    """Return Python's sqlite3; ValueError if Python was built without it."""
    try:
        # Slow to import, and rarely needed.
        import sqlite3
    except ImportError:
        raise ValueError("this Python has no sqlite3")
    return sqlite3


def done(address, tables, act, busy, functions=()):
    """Return what ``act(database)`` returns for the database at an address, the part of a URI after file:.

    Only ``tables`` may be read or deleted from, and only ``functions`` of SQLite may be called; ``busy`` is the number
    of seconds that another program may hold the database. Raises ValueError with the cause.
    """
    sqlite3 = module()
    try:
        database = sqlite3.connect("file:" + address, uri=True, timeout=busy, isolation_level=None)
        try:
            database.text_factory = bytes
            # No code of Python's: SQLite would drop the error of a time limit that ends in it.
            database.set_progress_handler(itertools.repeat(1).__next__, STEPS)
            for setting in ("hard_heap_limit = %d" % MEMORY, "trusted_schema = OFF", "temp_store = MEMORY"):
                database.execute("PRAGMA " + setting)
            database.set_authorizer(_Allowed(sqlite3, tables, functions).answer)
            for table in tables:
                _refuse_odd(database, table)
            return act(database)
        finally:
            database.close()
    except sqlite3.Error as error:
        raise ValueError(error)
    except MemoryError:
        raise ValueError("it takes more than %d bytes of memory" % MEMORY)


class _Allowed:
    """What SQLite may do: only what is requested by name, nothing that the database's views or triggers request."""

    def __init__(self, sqlite3, tables, functions):
        self._sqlite3 = sqlite3
        self._tables = tables
        self._functions = functions

    def answer(self, action, first, second, _database, source):
        """Answer SQLite's question whether it may do something; ``source`` is the view or trigger that requests it."""
        known = self._sqlite3
        reads = action == known.SQLITE_READ and first in self._tables + (SCHEMA,)
        deletes = action == known.SQLITE_DELETE and first in self._tables
        calls = action == FUNCTION and second in self._functions
        checks = action == known.SQLITE_PRAGMA and first in self._functions
        plain = action in (known.SQLITE_SELECT, known.SQLITE_TRANSACTION)
        is_allowed = reads or deletes or calls or checks or plain
        return known.SQLITE_OK if source is None and is_allowed else known.SQLITE_DENY


def _refuse_odd(database, table):
    """Refuse a database whose table is a view, or belongs to an SQLite module."""
    found = [(kind, sql or b"") for kind, sql in database.execute(DEFINITION, (table,))]
    if len(found) != 1 or found[0][0] != b"table" or not found[0][1].upper().startswith(b"CREATE TABLE"):
        raise ValueError("it has no plain table %s" % table)
