# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The number of packages in rpm's older database: Berkeley DB's hash table ``Packages`` and its index ``Name``.

Layout: "db_page.h" of Berkeley DB 4 and 5. Numbers have the byte order of the machine that wrote them.
"""

import os
import struct

# Which page is the first, by the magic number of a table: for a hash table, or for a tree.
METAS = {0x061561: 8, 0x053162: 9}
OVERFLOW, FREE, INNER, LEAF, HASHES = 7, 0, 3, 5, (2, 13)
KEYDATA, OFFPAGE = 1, 3
HEADER = 26
SIZES = tuple(1 << power for power in range(9, 17))
PACKAGES, NAMES = "Packages", "Name"
# An index entry: the number of a package, and which of its names it is.
ENTRY = 8


def count(folder):
    """Return the number of packages. Raises ValueError if a page or the index contradicts the others."""
    with open(os.path.join(folder, PACKAGES), "rb") as stream:
        table = _Table(stream, PACKAGES)
        # One record is not a package: the highest number that was assigned.
        packages = sum(1 for key, _size in table.records() if key.strip(b"\0"))
    names = os.path.join(folder, NAMES)
    if os.path.exists(names):
        with open(names, "rb") as stream:
            index = _Table(stream, NAMES)
            named = sum(size // ENTRY for _key, size in index.records())
        if named != packages:
            raise ValueError("it holds %d packages, and its index names %d" % (packages, named))
    return packages


class _Table:
    """One file: a page with the header, and pages of records."""

    def __init__(self, stream, name):
        self._stream, self._name = stream, name
        self._length = os.fstat(stream.fileno()).st_size
        head = stream.read(72)
        if len(head) < 72:
            raise ValueError("%s ends within its first page" % name)
        self._order = next((order for order in "<>" if struct.unpack_from(order + "I", head, 12)[0] in METAS), "")
        if not self._order:
            raise ValueError("%s does not start like such a database" % name)
        _version, self._size = struct.unpack_from(self._order + "2I", head, 16)
        self._last = struct.unpack_from(self._order + "I", head, 32)[0]
        if self._size not in SIZES or head[25] not in METAS.values():
            raise ValueError("the first page of %s is not understood" % name)
        if self._length < (self._last + 1) * self._size:
            raise ValueError(
                "%s has %d bytes, but its header says %d pages of %d" % (name, self._length, self._last + 1, self._size)
            )

    def records(self):
        """Yield (key, size of its value) of every record; the keys of packages are their numbers."""
        reached = set()
        for number in range(1, self._last + 1):
            page = self._page(number)
            own, _before, _next, entries, _free, _level, kind = struct.unpack_from(self._order + "3I2H2B", page, 8)
            if kind in HASHES:
                if own != number or entries % 2:
                    raise self._wrong(number)
                items = self._of_hash(page, number, self._places(page, number, entries))
                yield from self._pairs(items, number, reached)
            elif kind == LEAF:
                if own != number or entries % 2:
                    raise self._wrong(number)
                items = [self._of_tree(page, place) for place in self._places(page, number, entries)]
                yield from self._pairs(items, number, reached)
            elif kind not in (OVERFLOW, FREE, INNER) or (own != number and any(page)):
                raise self._wrong(number)
        self._must_reach(reached)

    def _places(self, page, number, entries):
        """Return where the entries of a page begin."""
        least = HEADER + 2 * entries
        places = struct.unpack_from(self._order + "%dH" % entries, page, HEADER) if least <= self._size else ()
        if len(places) != entries or any(not least <= place < self._size - 3 for place in places):
            raise self._wrong(number)
        return places

    def _of_hash(self, page, number, places):
        """Return (kind, content) of each entry: one ends where the one before it begins."""
        ends = [self._size, *places[:-1]]
        if any(place >= end for place, end in zip(places, ends)):
            raise self._wrong(number)
        return [(page[place], page[place + 1 : end]) for place, end in zip(places, ends)]

    def _of_tree(self, page, place):
        length, kind = struct.unpack_from(self._order + "HB", page, place)
        # For a value on separate pages, the entry here has a fixed size.
        return (kind, page[place + 3 : place + 12]) if kind == OFFPAGE else (kind, page[place + 3 :][:length])

    def _pairs(self, items, number, reached):
        for (_kind, key), (kind, value) in zip(items[::2], items[1::2]):
            yield key, len(value) if kind == KEYDATA else self._far(kind, value, number, reached)

    def _far(self, kind, note, number, reached):
        """Return the size of a value on separate pages, all of which have to be there."""
        if kind != OFFPAGE or len(note) not in (9, 11):
            raise self._wrong(number)
        following, total = struct.unpack_from(self._order + "2I", note, len(note) - 8)
        left = total
        while following:
            if following in reached or following > self._last:
                raise self._wrong(number)
            reached.add(following)
            page = self._page(following)
            own, _before, after, _references, held, _level, kind = struct.unpack_from(self._order + "3I2H2B", page, 8)
            if own != following or kind != OVERFLOW or held > self._size - HEADER:
                raise self._wrong(following)
            left, following = left - held, after
        if left:
            raise self._wrong(number)
        return total

    def _must_reach(self, reached):
        """Refuse a page with a part of a record that no record leads to."""
        for number in range(1, self._last + 1):
            if number not in reached and self._page(number)[25] == OVERFLOW:
                raise self._wrong(number)

    def _page(self, number):
        self._stream.seek(number * self._size)
        page = self._stream.read(self._size)
        if len(page) != self._size:
            raise ValueError("%s ends within page %d" % (self._name, number))
        return page

    def _wrong(self, number):
        return ValueError("page %d of %s is damaged" % (number, self._name))
