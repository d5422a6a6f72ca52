# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The number of packages in an rpm database, read from its files without rpm.

rpm treats many damaged databases, and every format that it was built without, as a database without packages, and
does not report it. Here, a database is complete if each part is where another part says that it is.
"""

import os
import struct
import zlib

from . import plain_sqlite

BLOCK = 1 << 18
PAGE = 4096


def count(folder, name, is_copy):
    """Return how many packages (keys count as such) the database file ``name`` in ``folder`` holds; None if unknown.

    If it is not a copy, nothing is read that would need a write beside it. Raises ValueError with the cause if it is
    damaged, OSError if it cannot be read.
    """
    path = os.path.join(folder, name)
    if os.path.getsize(path) == 0:
        raise ValueError("%s is empty" % name)
    if name == "Packages.db":
        with open(path, "rb") as stream:
            return _Blobs(stream).count()
    if name == "Packages":
        from . import rpm_pages

        return rpm_pages.count(folder)
    return _of_sqlite(path, is_copy)


def _of_sqlite(path, is_copy):
    with open(path, "rb") as stream:
        if stream.read(16) != b"SQLite format 3\0":
            raise ValueError("it is not an SQLite database")
    try:
        plain_sqlite.module()
    except ValueError:
        return None
    log = path + "-wal"
    has_log = os.path.exists(log) and os.path.getsize(log)
    if has_log and not is_copy:
        return None
    address = "%s?mode=%s" % (path, "rw" if has_log else "ro&immutable=1")
    return plain_sqlite.done(address, ("Packages", "Name"), _counted, 0, ("count", "quick_check"))


def _counted(database):
    found = database.execute("PRAGMA quick_check(1)").fetchone()[0].decode("utf-8", "replace")
    if found != "ok":
        raise ValueError(found.replace("\n", " "))
    packages = database.execute("SELECT count(*) FROM Packages").fetchone()[0]
    return _alike(packages, database.execute("SELECT count(DISTINCT hnum) FROM Name").fetchone()[0])


def _alike(packages, named):
    """Return the number of packages, if the name index has as many."""
    if packages != named:
        raise ValueError("it holds %d packages, and its index names %d" % (packages, named))
    return packages


class _Blobs:
    """A file of rpm's own format, ndb: a table of slots, each with the position of a package's blob."""

    MAGIC, SLOT, HEAD, TAIL = b"RpmP", b"Slot", b"BlbS", b"BlbE"
    UNIT = 16
    MOST_SLOT_PAGES = 1 << 10

    def __init__(self, stream):
        self._stream = stream
        self._size = os.fstat(stream.fileno()).st_size

    def count(self):
        """Return the number of packages, after checking each one's checksum and the space between them."""
        head = self._stream.read(32)
        if len(head) < 32 or head[:4] != self.MAGIC:
            raise ValueError("it does not start like such a database")
        version, _generation, pages, following = struct.unpack_from("<4I", head, 4)
        if version != 0 or not 0 < pages <= self.MOST_SLOT_PAGES:
            raise ValueError("its header is not understood")
        slots = sorted(self._slots(head + self._stream.read(pages * PAGE - 32), pages, following))
        end = pages * PAGE
        for place, units, number in slots:
            self._must_hold_none(end, place * self.UNIT)
            self._check(place * self.UNIT, units * self.UNIT, number)
            end = (place + units) * self.UNIT
        self._must_hold_none(end, self._size)
        return len(slots)

    def _slots(self, table, pages, following):
        if len(table) != pages * PAGE:
            raise ValueError("it ends within its table of packages")
        known = set()
        for at in range(32, len(table), self.UNIT):
            magic, number, place, units = struct.unpack_from("<4s3I", table, at)
            if magic != self.SLOT or (number and (number in known or number >= following)):
                raise ValueError("an entry of its table of packages is not understood")
            if number:
                known.add(number)
                yield place, units, number
            elif place or units:
                raise ValueError("its table points to a place that holds no package")

    def _check(self, at, size, number):
        self._stream.seek(at)
        blob = self._stream.read(size)
        if len(blob) != size or size < 28:
            raise ValueError("it ends within package %d" % number)
        magic, own, _generation, length = struct.unpack_from("<4s3I", blob)
        total, again, end = struct.unpack_from("<2I4s", blob, size - 12)
        if (magic, own, end) != (self.HEAD, number, self.TAIL) or length != again or length > size - 28:
            raise ValueError("package %d is not where its table says" % number)
        if zlib.adler32(blob[: size - 12]) & 0xFFFFFFFF != total:
            raise ValueError("the sum of package %d is wrong" % number)

    def _must_hold_none(self, begin, end):
        """Refuse a package that no slot points to: the space of a removed package is zeroed."""
        if begin > end:
            raise ValueError("two of its packages lie in the same place")
        self._stream.seek(begin)
        while begin < end:
            block = self._stream.read(min(BLOCK, end - begin))
            if not block:
                return
            at = block.find(self.HEAD)
            while at >= 0:
                if at % self.UNIT == 0:
                    raise ValueError("it holds a package that its table does not know")
                at = block.find(self.HEAD, at + 1)
            begin += len(block)
