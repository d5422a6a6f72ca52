# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Evidence of trusted root certificates: Windows keeps each as records in a value, or in several if it is large."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from ..look import Item, Key, Look, number, seen, unseen, why_not
from ..reads import POLICY_ROOTS, ROOTS

# The record that holds the certificate itself, and the most parts that one is split into.
CERTIFICATE, MOST_PARTS = 32, 1000
NAMED, CONTEXT, LONG = 0x31, 0xA0, 0x80
TEXTS = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1E: "utf-16-be"}


class _UnreadableError(ValueError):
    """The data is not a certificate."""


def items(look: Look) -> Iterator[Item]:
    """Yield the vendor's certificates among the trusted roots, and those that could not be read."""
    for top in look.keys(ROOTS, POLICY_ROOTS):
        yield from look.failed("root_certificate", [top])
        for key in top.below():
            if key.values and not why_not(key.answer):
                yield from _certificate(look, key)


def _certificate(look: Look, key: Key) -> Iterator[Item]:
    what = f"{key.view}\\{key.name}" if key.path.startswith(ROOTS) else f"policy\\{key.name}"
    try:
        told = subject(_record(_stored(key)))
    except (ValueError, IndexError) as error:
        yield unseen("root_certificate", what, key.where, f"it cannot be decoded: {error}", key.user)
        return
    if look.is_makers(told) or any(one.lower() in told.lower() for one in look.signs.get("certificate", ())):
        yield seen("root_certificate", what, key.where, {"subject": told}, key.user)


def _stored(key: Key) -> bytes:
    """Return the value that holds the records; a split one is in the keys below, from Blob0 on."""
    whole = _bytes(key, "Blob")
    if whole is not None:
        return whole
    count = number(key.values, "BlobCount") or 0
    if not 0 < count <= MOST_PARTS:
        raise _UnreadableError("it has no value Blob")
    parts = {part.name.lower(): _bytes(part, "Blob") for part in key.below()}
    found = [parts.get(f"blob{place}") for place in range(count)]
    if any(part is None for part in found):
        raise _UnreadableError("a part of its value is missing")
    joined = b"".join(part for part in found if part is not None)
    length = number(key.values, "BlobLength")
    return joined[:length] if length is not None and length > 0 else joined


def _bytes(key: Key, name: str) -> bytes | None:
    data = (key.values.get(name) or {}).get("data")
    try:
        return base64.b64decode(data["base64"], validate=True) if isinstance(data, dict) else None
    except (KeyError, binascii.Error) as error:
        raise _UnreadableError("its value is no bytes") from error


def _record(stored: bytes) -> bytes:
    """Return the certificate in records of {id, reserved, length, value}: four bytes each but for the value."""
    place = 0
    while place + 12 <= len(stored):
        kind, length = (int.from_bytes(stored[place + at : place + at + 4], "little") for at in (0, 8))
        value = stored[place + 12 : place + 12 + length]
        if kind == CERTIFICATE and len(value) == length:
            return value
        place += 12 + length
    raise _UnreadableError("none of its records is a certificate")


def subject(certificate: bytes) -> str:
    """Return the subject of a certificate in DER as text: the values of its names, with commas between them."""
    _tag, body, _rest = _element(certificate)
    _tag, fields, _rest = _element(body)
    tag, _value, rest = _element(fields)
    if tag != CONTEXT:
        rest = fields
    # Serial number, algorithm, issuer and validity come before the subject.
    for _field in range(4):
        _tag, _value, rest = _element(rest)
    _tag, names, _rest = _element(rest)
    return ", ".join(_texts(names))


def _texts(names: bytes) -> Iterator[str]:
    while names:
        tag, name, names = _element(names)
        if tag != NAMED:
            raise _UnreadableError("its subject is no name")
        while name:
            _tag, pair, name = _element(name)
            _tag, _kind, value = _element(pair)
            tag, told, _rest = _element(value)
            yield told.decode(TEXTS.get(tag, "latin-1"), "replace")


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    """Return (tag, value, what is behind it) of the first element of DER."""
    if len(data) < 2:
        raise _UnreadableError("it ends too early")
    tag, length, at = data[0], data[1], 2
    if length & LONG:
        size = length & ~LONG
        length, at = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
        if not 0 < size <= 4:
            raise _UnreadableError("a length in it is none")
    if at + length > len(data):
        raise _UnreadableError("it ends too early")
    return tag, data[at : at + length], data[at + length :]
