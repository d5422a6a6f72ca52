# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""A key's values and the keys below it, as many as were asked for."""

import re

from .letters import folded
from .room import EACH, MOST_BYTES, OutOfRoom
from .unanswered import LONGEST
from .values import answered, texts_of


class Wanted:
    """The wanted data of keys: ``values`` (names or None), ``match`` (pattern or None), ``names`` (bool), ``depth``."""

    def __init__(self, read):
        values = read.get("values")
        self.names, self.depth = bool(read.get("names")), read.get("depth", 0)
        self.values = None if values is None else {folded(name): name for name in values}
        match = read.get("match")
        self.match = None if match is None else re.compile(match, re.IGNORECASE)


class Reader:
    """Answers what is wanted from one hive."""

    def __init__(self, hive, wanted, room):
        self._hive, self._wanted, self._room = hive, wanted, room

    def key(self, key, depth=None):
        """Return {values, count, names or below} of a key; {failed} and what could be read, if it is damaged."""
        depth = self._wanted.depth if depth is None else depth
        answer = {}
        try:
            answer.update(values=self._answered(self._values(key)), count=key.count)
            if depth > 0:
                self._below(key, depth, answer)
            elif self._wanted.names:
                answer["names"] = [self._taken(child.name) for child in self._children(key)]
        except OutOfRoom:
            answer.setdefault("values", {})
            answer["cut"] = True
        except (ValueError, OSError) as error:
            answer["failed"] = _damaged(error)
        return answer

    def _below(self, key, depth, answer):
        """Add the keys below to an answer one by one: those before a damaged one are then known."""
        below = answer["below"] = {}
        for child in self._children(key):
            found = self._child(child, depth)
            if found is not None:
                self._taken(child.name)
                # Names that differ only in surrogates are written the same.
                below[child.name] = {"failed": "several keys have this name"} if child.name in below else found

    def _children(self, key):
        for child in self._hive.below(key):
            self._room.one()
            yield child

    def _taken(self, name):
        self._room.take(len(name) + EACH)
        return name

    def _child(self, child, depth):
        if child.is_link:
            return {"failed": "it is a link to another key, and none is followed"}
        if self._wanted.match is None or depth > 1:
            return self.key(child, depth - 1)
        try:
            values = self._values(child)
        except (ValueError, OSError) as error:
            return {"failed": _damaged(error)}
        if not self._is_met(child.name, values):
            return None
        return {"values": self._answered(values), "count": child.count}

    def _is_met(self, name, values):
        """Return whether the pattern is found in a key's name, or in a text of a wanted value."""
        search = self._wanted.match.search
        return bool(search(name)) or any(search(text) for value, _size in values.values() for text in texts_of(value))

    def _answered(self, values):
        """Return {name: value} of what was read, and take the room that it needs: what is not answered needs none."""
        self._room.take(sum(size for _value, size in values.values()))
        return {name: value for name, (value, _size) in values.items()}

    def _values(self, key):
        """Return {name: (value, how much room it takes)} of the values that are wanted."""
        wanted, found, taken = self._wanted.values, {}, 0
        for name, kind, raw in self._hive.values(key):
            name = name if wanted is None else wanted.get(folded(name))
            if name is None or name in found:
                continue
            data = raw()
            value = answered(kind, data)
            # For a value that is requested by name, .NET returns the same for no data and for no value.
            if wanted is None or value["data"] is not None:
                size = len(name) + len(data) + EACH * max(1, len(texts_of(value)))
                found[name], taken = (value, size), taken + size
            if taken > MOST_BYTES:
                raise OutOfRoom()
        return found


def _damaged(error):
    return ("damaged: %s" % error)[:LONGEST]
