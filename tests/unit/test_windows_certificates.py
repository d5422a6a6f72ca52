"""Trusted root certificates: by the subject in the record that Windows keeps, whole or split, never by a thumbprint."""

from __future__ import annotations

import datetime
import functools
import json
import struct
from pathlib import Path
from typing import Any

import pytest
import windows_case_disks
import windows_cases
from ansible_collections.avshift.endpoint.plugins.module_utils.windows import main
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from support import CATALOG

WINDOWS = platforms.named("windows")
ASKED = platforms.detection([*CATALOG.products, *CATALOG.antivirus], (), WINDOWS)
ROOTS = "SOFTWARE\\Microsoft\\SystemCertificates\\Root\\Certificates"
HOME = "Kaspersky Anti-Virus Personal Root Certificate"
PART = 12288
USER = "S-1-5-21-1-2-3-1001"
# Property records of a stored certificate: the hash, the friendly name, one of the vendor's own, the certificate.
HASH, NAME, OWN, CERTIFICATE = 3, 11, 0xA710, 32


@functools.cache
def _certificate(subject: str, serial: int) -> tuple[bytes, str]:
    """Return (DER, thumbprint) of a certificate that a host has made for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "AO"), x509.NameAttribute(NameOID.COMMON_NAME, subject)]
    )
    begun = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(begun)
        .not_valid_after(begun + datetime.timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER), made.fingerprint(hashes.SHA1()).hex().upper()


def _blob(der: bytes, padding: int = 0) -> bytes:
    records = [(HASH, b"\1" * 20), (NAME, "x\0".encode("utf-16-le")), (OWN, b"\2" * padding), (CERTIFICATE, der)]
    return b"".join(struct.pack("<III", kind, 1, len(value)) + value for kind, value in records)


def _whole(root: str, subject: str, serial: int = 1) -> dict[str, Any]:
    der, thumbprint = _certificate(subject, serial)
    return {f"{root}\\{ROOTS}\\{thumbprint}": {"Blob": _blob(der)}}


def _split(subject: str) -> dict[str, Any]:
    der, thumbprint = _certificate(subject, 1)
    blob = _blob(der, 20000)
    parts = [blob[at : at + PART] for at in range(0, len(blob), PART)]
    top = f"64\\{ROOTS}\\{thumbprint}"
    keys: dict[str, Any] = {top: {"BlobCount": len(parts), "BlobLength": len(blob)}}
    return {**keys, **{f"{top}\\Blob{at}": {"Blob": part} for at, part in enumerate(parts)}}


def _without(keys: dict[str, Any], end: str) -> dict[str, Any]:
    return {path: values for path, values in keys.items() if not path.endswith(end)}


CUT = {path: {"Blob": values["Blob"][:80]} for path, values in _whole("64", HOME).items()}
# What a host trusts: subjects that are found, and how many certificates cannot be decoded.
CASES: dict[str, tuple[dict[str, Any], list[str], int]] = {
    "one of the vendor's": (_whole("64", HOME), [f"AO, {HOME}"], 0),
    "two hosts' own, each with another thumbprint": (
        {**_whole("64", HOME), **_whole("64", HOME, 2)},
        [f"AO, {HOME}"] * 2,
        0,
    ),
    "of a user": (_whole(USER, HOME), [f"AO, {HOME}"], 0),
    "in Cyrillic letters": (_whole("64", "Лаборатория Касперского"), ["AO, Лаборатория Касперского"], 0),
    "split over several keys": (_split(HOME), [f"AO, {HOME}"], 0),
    "of another maker": (_whole("64", "Example Root CA"), [], 0),
    "split, and a part is missing": (_without(_split(HOME), "Blob1"), [], 1),
    "cut": (CUT, [], 1),
}


def _answers(host: dict[str, Any], way: str, folder: Path) -> dict[str, Any]:
    if way == "host":
        return windows_cases.answers(host, ASKED["reads"])
    root = windows_case_disks.make(host, folder)
    told: dict[str, Any] = main.main({"root": str(root), "reads": json.dumps(ASKED["reads"])}, check_mode=True)
    return told


@pytest.mark.parametrize("way", ["host", "disk"])
@pytest.mark.parametrize("name", CASES)
def test_roots(name: str, way: str, tmp_path: Path) -> None:
    keys, subjects, undecoded = CASES[name]
    assert WINDOWS.collected is not None
    items = WINDOWS.collected(ASKED, _answers({"keys": keys}, way, tmp_path))["evidence"]
    roots = [item for item in items if item["kind"] == "root_certificate"]
    assert sorted(item["value"]["subject"] for item in roots if "value" in item) == subjects
    assert sum("unknown" in item for item in roots) == undecoded
    assert all(("user_place" in item) == (name == "of a user") for item in roots)
