# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Read a registry hive: the file format that begins with "regf".

A hive is untrusted input: every offset, size and count in it may be wrong on purpose. Nothing is read outside the file,
no key is followed to itself, and an inconsistency raises ValueError and never gives an answer.

Layout: "Windows registry file format specification" by M. Suhanov.
"""

import struct

from .blocks import Blocks
from .letters import folded, wide

BASE = 0x1000
HEADER = struct.Struct("<4sIIQIIIIIII")
KEY = struct.Struct("<2sHQIIIIIIIIIIIIIIIHH")
VALUE = struct.Struct("<2sHIIIHH")
NOTHING = 0xFFFFFFFF
IS_LINK, SHORT_KEY_NAME, SHORT_VALUE_NAME = 0x10, 0x20, 0x01
# A value of more bytes is stored in several cells.
SEGMENT = 16344
INLINE = 0x80000000
LEAVES = {b"li": 4, b"lf": 8, b"lh": 8}
LARGEST_VALUE, LARGEST_CELL = 1 << 20, 1 << 24
MOST_VALUES = 1 << 16


class Key:
    """One key: ``name`` (str), ``count`` (int, of keys below), ``is_link`` (bool), ``place`` (offset of its cell)."""

    __slots__ = ("above", "count", "is_link", "keys", "name", "parent", "place", "values")

    def __init__(self, place, cell):
        if len(cell) < KEY.size:
            raise ValueError("the key at %#x is incomplete" % place)
        told = KEY.unpack_from(cell)
        if told[0] != b"nk":
            raise ValueError("there is no key at %#x" % place)
        self.place, self.above = place, ()
        self.is_link = bool(told[1] & IS_LINK)
        self.parent, self.count, self.keys = told[4], told[5], told[7]
        # How many values there are, and where their list is.
        self.values = told[9], told[10]
        raw = cell[KEY.size : KEY.size + told[18]]
        if len(raw) != told[18]:
            raise ValueError("the name of the key at %#x is incomplete" % place)
        self.name = _name(raw, told[1] & SHORT_KEY_NAME)


class Hive:
    """One open hive. ``sequences`` are the two numbers of its last write; ``is_torn`` means that it was incomplete."""

    def __init__(self, descriptor, room):
        self._room = room
        self.blocks = Blocks(descriptor)
        try:
            self._begin()
        except (ValueError, OSError):
            self.close()
            raise

    def close(self):
        """Close the file."""
        self.blocks.close()

    def root(self):
        """Return the root key."""
        return Key(self._root, self._cell(self._root))

    def below(self, key):
        """Yield the keys directly below one, as they are stored."""
        found = 0
        for place in self._places(key):
            found += 1
            if found > key.count:
                raise ValueError("more keys are listed below %s than it says" % key.name)
            yield self._child(key, place)
        if found != key.count:
            raise ValueError("fewer keys are listed below %s than it says" % key.name)

    def child(self, key, name):
        """Return the key with a name directly below one, ignoring case, or None."""
        wanted = folded(name)
        return next((child for child in self.below(key) if folded(child.name) == wanted), None)

    def values(self, key):
        """Yield (name, type, a function that returns the bytes) for every value of a key."""
        count, place = key.values
        if count == 0:
            return
        if count > MOST_VALUES:
            raise ValueError("%s claims to have %d values" % (key.name, count))
        places = self._cell(place)
        if len(places) < 4 * count:
            raise ValueError("the list of values of %s is incomplete" % key.name)
        for (at,) in struct.iter_unpack("<I", places[: 4 * count]):
            self._room.step()
            yield self._value(at)

    def _begin(self):
        head = self.blocks.read(0, 512)
        magic, first, second, _time, _major, minor, _kind, _format, root, size, _cluster = HEADER.unpack_from(head)
        if magic != b"regf":
            raise ValueError("it does not start like a hive")
        if BASE + size > self.blocks.length:
            raise ValueError("it has %d bytes, but its header says %d" % (self.blocks.length, BASE + size))
        self._end, self._root = size, root
        self._has_segments = minor > 3
        self.sequences = first, second
        self.is_torn = first != second or checksum(head) != struct.unpack_from("<I", head, 508)[0]

    def _cell(self, place):
        """Return the content of the cell in use at an offset."""
        if place % 8 or place > self._end - 8:
            raise ValueError("there can be no cell at %#x" % place)
        size = -struct.unpack("<i", self.blocks.read(BASE + place, 4))[0]
        if size < 8 or size > LARGEST_CELL or place + size > self._end:
            raise ValueError("the cell at %#x is free, or has a wrong size" % place)
        return self.blocks.read(BASE + place + 4, size - 4)

    def _child(self, key, place):
        child = Key(place, self._cell(place))
        if child.parent != key.place or place == key.place or place in key.above:
            raise ValueError("the key at %#x is not below %s, which lists it" % (place, key.name))
        if not child.name:
            raise ValueError("the key at %#x has no name" % place)
        child.above = key.above + (key.place,)
        self._room.step()
        return child

    def _places(self, key):
        """Yield the places of the keys that the lists place below one."""
        if key.count == 0:
            return
        cell = self._cell(key.keys)
        if cell[:2] != b"ri":
            yield from self._leaf(cell, key)
            return
        for number, place in enumerate(_entries(cell, 4, key)):
            if number >= key.count:
                raise ValueError("the index of %s has more lists than keys" % key.name)
            self._room.step()
            yield from self._leaf(self._cell(place), key)

    def _leaf(self, cell, key):
        width = LEAVES.get(cell[:2])
        if width is None:
            raise ValueError("the list of keys below %s is not understood" % key.name)
        return _entries(cell, width, key)

    def _value(self, place):
        cell = self._cell(place)
        if len(cell) < VALUE.size or cell[:2] != b"vk":
            raise ValueError("there is no value at %#x" % place)
        _magic, length, size, data, kind, flags, _spare = VALUE.unpack_from(cell)
        raw = cell[VALUE.size : VALUE.size + length]
        if len(raw) != length:
            raise ValueError("the name of the value at %#x is incomplete" % place)
        return _name(raw, flags & SHORT_VALUE_NAME), kind, lambda: self._data(size, data, cell)

    def _data(self, size, place, cell):
        if size & INLINE:
            if size & ~INLINE > 4:
                raise ValueError("a value of %d bytes is said to fit into four" % (size & ~INLINE))
            return cell[8 : 8 + (size & ~INLINE)]
        if size > LARGEST_VALUE:
            raise ValueError("a value has %d bytes, and no more than %d are read" % (size, LARGEST_VALUE))
        if size == 0:
            return b""
        found = self._cell(place)
        if size > SEGMENT and self._has_segments:
            found = self._joined(found, size)
        if len(found) < size:
            raise ValueError("the value at %#x is incomplete" % place)
        return found[:size]

    def _joined(self, cell, size):
        """Return the content of the segments of a large value."""
        magic, count, place = struct.unpack_from("<2sHI", cell)
        if magic != b"db" or count * SEGMENT < size:
            raise ValueError("a value of %d bytes is not in as many segments as it needs" % size)
        places = self._cell(place)
        if len(places) < 4 * count:
            raise ValueError("the list of segments at %#x is incomplete" % place)
        parts, left = [], size
        for (at,) in struct.iter_unpack("<I", places[: 4 * count]):
            if left > 0:
                parts.append(self._cell(at)[: min(SEGMENT, left)])
                left -= len(parts[-1])
        return b"".join(parts)


def checksum(head):
    """Return the checksum of a header's first 508 bytes, which is stored after them."""
    total = 0
    for (word,) in struct.iter_unpack("<I", head[:508]):
        total ^= word
    return {NOTHING: NOTHING - 1, 0: 1}.get(total, total)


def _entries(cell, width, key):
    """Yield the first number of every entry of a list."""
    if len(cell) < 4 or len(cell) < 4 + width * struct.unpack_from("<H", cell, 2)[0]:
        raise ValueError("the list of keys below %s is incomplete" % key.name)
    for number in range(struct.unpack_from("<H", cell, 2)[0]):
        yield struct.unpack_from("<I", cell, 4 + width * number)[0]


def _name(raw, is_short):
    """Return a name; an unpaired surrogate in it is written as everywhere."""
    return raw.decode("latin-1") if is_short else wide(raw)
