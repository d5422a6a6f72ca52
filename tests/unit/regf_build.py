"""Makes registry hives from data, byte by byte: also hives that no system would write."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

Value = tuple[int, bytes]
NOTHING = 0xFFFFFFFF
SEGMENT = 16344
MOST_IN_LIST = 500
SID = bytes.fromhex("01020000000000052000000020020000")
DESCRIPTOR = struct.pack("<BBHIIII", 1, 0, 0x8000, 20, 20 + len(SID), 0, 0) + SID + SID


def text(content: str) -> Value:
    """Return a value of type REG_SZ."""
    return 1, (content + "\0").encode("utf-16-le", "surrogatepass")


def dword(number: int) -> Value:
    """Return a value of type REG_DWORD."""
    return 4, struct.pack("<I", number)


class Builder:
    """The cells of one hive; ``at`` says where each key's cell is, by path."""

    def __init__(self) -> None:
        self._cells = bytearray(b"\0" * 32)
        self.at: dict[str, int] = {}
        self._security = 0

    def whole(self, keys: dict[str, dict[str, Value]], sequences: tuple[int, int] = (1, 1)) -> bytes:
        """Return the hive of {path: {name: (type, bytes)}}; missing keys on the way are created."""
        root = self._key("ROOT", NOTHING, "", _tree(keys), 0x2C)
        size = -(-(len(self._cells) + 8) // 4096) * 4096
        room = size - len(self._cells)
        self._cells += struct.pack("<i", room) + b"\0" * (room - 4)
        struct.pack_into("<4sIIQQI", self._cells, 0, b"hbin", 0, size, 0, 0, 0)
        return header(root, size, sequences) + bytes(self._cells)

    def _cell(self, content: bytes) -> int:
        place, size = len(self._cells), (len(content) + 4 + 7) & ~7
        self._cells += struct.pack("<i", -size) + content.ljust(size - 4, b"\0")
        return place

    def _key(self, name: str, parent: int, path: str, node: dict[str, Any], flags: int = 0x20) -> int:
        raw, is_short = _name(name)
        flags = flags | 0x20 if is_short else flags & ~0x20
        place = self._cell(b"\0" * (76 + len(raw)))
        self.at[path] = place
        if not self._security:
            self._secure()
        below = [
            (child, self._key(child, place, f"{path}\\{child}".lstrip("\\"), node["keys"][child]))
            for child in sorted(node["keys"], key=str.upper)
        ]
        keys = self._lists(below) if below else NOTHING
        values = [self._value(*value) for value in node["values"].items()]
        listed = self._cell(struct.pack(f"<{len(values)}I", *values)) if values else NOTHING
        told = (b"nk", flags, 0x01D9000000000000, 0, parent, len(below), 0, keys, NOTHING, len(values), listed)
        longest = max((2 * len(child) for child, _place in below), default=0)
        rest = (self._security, NOTHING, longest, 0, 0, 0, 0, len(raw), 0)
        packed = struct.pack("<2sHQIIIIIIIIIIIIIIIHH", *told, *rest)
        self._cells[place + 4 : place + 4 + len(packed) + len(raw)] = packed + raw
        return place

    def _secure(self) -> None:
        """Some readers take the first cell for the root key: what all keys share comes after it."""
        told = struct.pack("<2sHIIII", b"sk", 0, 0, 0, 1, len(DESCRIPTOR))
        self._security = self._cell(told + DESCRIPTOR)
        struct.pack_into("<II", self._cells, self._security + 8, self._security, self._security)

    def _lists(self, below: list[tuple[str, int]]) -> int:
        lists = [self._leaf(below[at : at + MOST_IN_LIST]) for at in range(0, len(below), MOST_IN_LIST)]
        return lists[0] if len(lists) == 1 else self._cell(struct.pack(f"<2sH{len(lists)}I", b"ri", len(lists), *lists))

    def _leaf(self, below: list[tuple[str, int]]) -> int:
        entries = b"".join(struct.pack("<II", place, _hash(name)) for name, place in below)
        return self._cell(struct.pack("<2sH", b"lh", len(below)) + entries)

    def _value(self, name: str, value: Value) -> int:
        raw, is_short = _name(name)
        kind, data = value
        if len(data) <= 4:
            size, place = len(data) | 0x80000000, struct.unpack("<I", data.ljust(4, b"\0"))[0]
        elif len(data) > SEGMENT:
            size, place = len(data), self._segments(data)
        else:
            size, place = len(data), self._cell(data)
        return self._cell(struct.pack("<2sHIIIHH", b"vk", len(raw), size, place, kind, int(is_short), 0) + raw)

    def _segments(self, data: bytes) -> int:
        places = [self._cell(data[at : at + SEGMENT]) for at in range(0, len(data), SEGMENT)]
        listed = self._cell(struct.pack(f"<{len(places)}I", *places))
        return self._cell(struct.pack("<2sHI", b"db", len(places), listed))


def hive(keys: dict[str, dict[str, Value]], sequences: tuple[int, int] = (1, 1)) -> bytes:
    """Return the hive of {path: {name: (type, bytes)}}."""
    return Builder().whole(keys, sequences)


def header(root: int, size: int, sequences: tuple[int, int] = (1, 1), minor: int = 5) -> bytes:
    """Return the first page of a hive."""
    head = struct.pack("<4sIIQIIIIIII", b"regf", *sequences, 0x01D9000000000000, 1, minor, 0, 1, root, size, 1)
    head = head.ljust(508, b"\0")
    return (head + struct.pack("<I", checksum(head))).ljust(4096, b"\0")


def checksum(head: bytes) -> int:
    """Return what follows the first 508 bytes."""
    total = 0
    for word in struct.unpack("<127I", head[:508]):
        total ^= word
    return {0xFFFFFFFF: 0xFFFFFFFE, 0: 1}.get(total, total)


def log(entries: Iterable[int], sequence: int = 1) -> bytes:
    """Return a transaction log of the newer format with entries of these sequence numbers, each of one page."""
    head = struct.pack("<4sIIQIIIIIII", b"regf", sequence, sequence, 0, 1, 5, 6, 1, 0x20, 0x1000, 1).ljust(508, b"\0")
    found = head + struct.pack("<I", checksum(head))
    for number in entries:
        entry = struct.pack("<4sIIIIIQQ", b"HvLE", 0x1200, 0, number, 0x1000, 1, 0, 0) + struct.pack("<II", 0, 0x1000)
        found += entry.ljust(0x1200, b"\0")
    return found


def dirty_log(sequence: int) -> bytes:
    """Return a transaction log of the first format: a header with that sequence number, and one changed page."""
    head = struct.pack("<4sIIQIIIIIII", b"regf", sequence, sequence, 0, 1, 3, 1, 1, 0x20, 0x1000, 1).ljust(508, b"\0")
    return (head + struct.pack("<I", checksum(head)) + b"DIRT" + b"\1" + b"\0" * 7).ljust(1024, b"\0") + bytes(4096)


def _tree(keys: dict[str, dict[str, Value]]) -> dict[str, Any]:
    """Names that differ only in case are one key, spelled as it first occurred."""
    top: dict[str, Any] = {"keys": {}, "values": {}}
    known: dict[str, dict[str, Any]] = {"": top}
    for path, values in keys.items():
        way, node = "", top
        for part in filter(None, path.split("\\")):
            way += "\\" + part.upper()
            if way not in known:
                known[way] = {"keys": {}, "values": {}}
                node["keys"][part] = known[way]
            node = known[way]
        node["values"].update(values)
    return top


def _name(name: str) -> tuple[bytes, bool]:
    try:
        return name.encode("latin-1"), True
    except UnicodeEncodeError:
        return name.encode("utf-16-le", "surrogatepass"), False


def _hash(name: str) -> int:
    total = 0
    for char in name.upper():
        total = (total * 37 + ord(char)) & 0xFFFFFFFF
    return total
