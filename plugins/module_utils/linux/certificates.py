# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Read the subjects of X.509 certificates without any program."""

import binascii
import re

PEM = re.compile(rb"-----(BEGIN|END) (?:TRUSTED )?CERTIFICATE-----")
SEQUENCE, SET, IDENTIFIER, EXPLICIT = 0x30, 0x31, 0x06, 0xA0
# X.520: the name attributes that are worth reporting, and how they are written.
NAMES = {b"\x55\x04\x03": "CN", b"\x55\x04\x06": "C", b"\x55\x04\x0a": "O", b"\x55\x04\x0b": "OU"}
WIDE, TEXTS = 0x1E, (0x0C, 0x13, 0x14, 0x16)
# Version, serial number, signature, issuer and validity come before the subject.
FIELDS_BEFORE = 4


def pem_blocks(data):
    """Yield the DER bytes of each certificate in PEM data (bytes); invalid base64 is skipped. Never raises."""
    start = None
    for mark in PEM.finditer(data):
        if mark.group(1) == b"BEGIN":
            start = mark.end()
        elif start is not None:
            try:
                yield binascii.a2b_base64(data[start : mark.start()])
            except binascii.Error:
                continue
            finally:
                start = None


def subject(der):
    """Return a certificate's subject as 'O=..., CN=...'; '' if it is not a certificate. Never raises."""
    certificate = _first(der, SEQUENCE)
    fields = list(_parts(_first(certificate, SEQUENCE)))
    if fields and fields[0][0] == EXPLICIT:
        fields = fields[1:]
    return name(fields[FIELDS_BEFORE][1]) if len(fields) > FIELDS_BEFORE else ""


def name(content):
    """Return the content of an X.501 name as text; '' if it has no attribute that is worth reporting. Never raises."""
    told = []
    for kind, part in _parts(content):
        for _sequence, pair in _parts(part) if kind == SET else ():
            values = list(_parts(pair))
            if len(values) == 2 and values[0][0] == IDENTIFIER and values[0][1] in NAMES:
                told.append("%s=%s" % (NAMES[values[0][1]], _text(*values[1])))
    return ", ".join(told)


def _first(data, wanted):
    """Return the content of the first element if it is of the wanted kind; else nothing."""
    return next((content for kind, content in _parts(data) if kind == wanted), b"")


def _parts(data):
    """Yield (kind, content) of each DER element; stops at the first invalid one."""
    start = 0
    while start + 2 <= len(data):
        kind, size, start = data[start], data[start + 1], start + 2
        if size & 0x80:
            count = size & 0x7F
            if not 0 < count <= 4 or start + count > len(data):
                return
            size, start = int.from_bytes(data[start : start + count], "big"), start + count
        if start + size > len(data):
            return
        yield kind, data[start : start + size]
        start += size


def _text(kind, content):
    if kind == WIDE:
        return content.decode("utf-16-be", "replace")
    return content.decode("utf-8", "replace") if kind in TEXTS else ""
