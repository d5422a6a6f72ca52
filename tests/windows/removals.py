"""The vendor's own removal in a prefix, as it went: it takes long, and several tests look at it."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import disks
import windows_hosts

from avshift_windows.wine import Prefix, Ran

CODES = {"kes": "{27534751-0000-4000-8000-00000000A001}", "agent": "{27534751-0000-4000-8000-00000000A002}"}
# (service, its program) of each product.
SERVICES = {"kes": ("AVP.KES.21.19", "avp.exe"), "agent": ("klnagent", "klnagent.exe")}
PASSWORD = {"kes": ["KLPASSWD=hunter2"], "agent": []}
SOFTWARE, SYSTEM = (f"{windows_hosts.CONFIG}/{name}" for name in ("SOFTWARE", "SYSTEM"))
VIEW32 = "Wow6432Node\\"
PROPERTIES = r"MICROSOFT\\WINDOWS\\CURRENTVERSION\\INSTALLER\\USERDATA\\S-1-5-18\\PRODUCTS\\\w{32}\\INSTALLPROPERTIES"
# What Wine writes about the display whenever a program of another session asks for it.
WINES_OWN = re.compile(r"(CONTROLSET001|CURRENTCONTROLSET)\\CONTROL\\VIDEO(\\|$)")


@dataclass
class Seen:
    """A host's keys, and its files with their sizes."""

    keys: set[tuple[str, str]]
    values: dict[tuple[str, str, str], Any]
    files: dict[str, int]


@dataclass
class Story:
    """A host before its products' removal and after it, the packages that it kept, and the output of each command."""

    packages: list[bytes]
    before: Seen
    refused: Seen
    after: Seen
    codes: dict[str, Ran]
    drive: Path


def seen(prefix: Prefix) -> tuple[Seen, str]:
    """Return what a host has, and its registry as it was exported."""
    exported = prefix.registry()
    hives = windows_hosts.hives_of(exported)
    found = {(hive, key.upper()): values for hive, keys in hives.items() for key, values in keys.items()}
    keys = {at for at in found if not WINES_OWN.match(at[1])}
    values = {(*at, name): value for at in keys for name, value in found[at].items()}
    return Seen(keys, values, prefix.files()), exported


def story(up: Callable[[str], AbstractContextManager[Prefix]]) -> Story:
    """Remove both products, one of them first with a wrong password."""
    with up("installed") as prefix:
        before, _exported = seen(prefix)
        packages = _kept(prefix, before)
        codes = {"wrong": prefix.call("msiexec", "/x", CODES["kes"], "/qn", "KLPASSWD=wrong")}
        refused, _exported = seen(prefix)
        for name, code in CODES.items():
            prefix.stop(*SERVICES[name])
            codes[name] = prefix.call("msiexec", "/x", code, "/qn", "/norestart", *PASSWORD[name])
        codes["again"] = prefix.call("msiexec", "/x", CODES["kes"], "/qn")
        after, exported = seen(prefix)
    return Story(packages, before, refused, after, codes, disks.put_hives(prefix, exported))


def _kept(prefix: Prefix, seen_before: Seen) -> list[bytes]:
    """Return the cached packages of Windows Installer, with their paths from the registry."""
    values = [
        value
        for (_hive, key, name), value in seen_before.values.items()
        if name == "LocalPackage" and re.fullmatch(PROPERTIES, key)
    ]
    paths = [raw.decode("utf-16-le").rstrip("\0").replace("\\", "/").partition(":/")[2] for _kind, raw in values]
    assert len(paths) == len(CODES)
    return [(prefix.drive / path).read_bytes() for path in paths]
