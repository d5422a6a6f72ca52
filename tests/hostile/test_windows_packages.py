"""What a package in Windows Installer's cache can do to the controller that reads it: nothing."""

from __future__ import annotations

import base64
import gzip
import json
import os
import struct
import subprocess
import sys
import zlib
from typing import Any

import forecasts
import msi_build
import pytest
import windows_cases
from attacks import attack
from support import REPOSITORY, load_yaml

CLIENT = load_yaml(REPOSITORY / "tests/fixtures/windows_forecasts/client.yml")["windows"]
THREAT = "a Windows host names a package of its own making as the one that Windows Installer keeps"
SECONDS, MEGABYTES = 60, 700
PLACE = "64\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Installer\\UserData\\S-1-5-18\\Products"
PACKED = "15743572000000040800000000000A10"
PATH = "C:\\Windows\\Installer\\1a2b.msi"
PLUGINS = "ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.windows"
CHILD = f"""
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({MEGABYTES} << 20, {MEGABYTES} << 20))
from {PLUGINS}.forecast import packages
from {PLUGINS}.look import Look
reads, answers = json.load(sys.stdin)
found = packages.of(Look(tuple(reads), answers), {{"{{27534751-0000-4000-8000-00000000A001}}"}})
print(json.dumps([one["state"] for one in found.values()]))
"""


def _host(path: str) -> dict[str, Any]:
    """Return a host on which Windows Installer names a package at a path."""
    kept = {"LocalPackage": path, "DisplayName": "Kaspersky Endpoint Security"}
    return {**CLIENT, "keys": {f"{PLACE}\\{PACKED}\\InstallProperties": kept}}


def _states(answer: dict[str, Any]) -> list[str]:
    """Return the package states that a child with limited memory and time derives from an answer."""
    reads = [read for read in forecasts.asked()["reads"] if read["id"] == "packages"]
    answers = windows_cases.answers(_host(PATH), reads)["answers"]
    reads.append({"id": "package-0", "kind": "content", "path": PATH})
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps([reads, {**answers, "package-0": answer}]),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-500:]
    states: list[str] = json.loads(done.stdout)
    return states


def _answer(content: bytes) -> dict[str, Any]:
    return {"size": len(content), "gzip": base64.b64encode(gzip.compress(content, 1)).decode()}


@attack("package-bomb", threat=THREAT, holds="its bytes are unpacked up to the limit, and the package is not read")
@pytest.mark.parametrize("size", [1000, 16 << 20])
def test_a_package_that_unpacks_without_end(size: int) -> None:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    packed = b"".join([*(packer.compress(bytes(1 << 20)) for _mebibyte in range(1 << 10)), packer.flush()])
    assert _states({"size": size, "gzip": base64.b64encode(packed).decode()}) == ["unread"]


def _compound(fats: int, difats: int, first: int, listed: tuple[int, ...]) -> bytes:
    return msi_build.head(fats, difats, first, listed) + struct.pack("<128I", *[0] * 128) + bytes(512 * 8)


CONTAINERS = {
    "a list of sectors in a circle": _compound(900, 9, 0, ()),
    "four thousand million sectors": _compound(0xFFFFFFFF, 0, 0xFFFFFFFE, (0,)),
    "four thousand million lists": _compound(1, 0xFFFFFFFF, 0xFFFFFFFE, (0,)),
    "one sector a hundred times": _compound(9, 0, 0xFFFFFFFE, (0,) * 109),
}


@attack("package-container", threat=THREAT, holds="what claims more than there is costs no more than its own size")
@pytest.mark.parametrize("name", sorted(CONTAINERS))
def test_a_container_that_does_not_end(name: str) -> None:
    assert _states(_answer(CONTAINERS[name])) == ["damaged"]


@attack("package-elsewhere", threat=THREAT, holds="nothing but a package on a drive of the host is asked for")
@pytest.mark.parametrize(
    "path",
    [
        "\\\\server\\share\\x.msi",
        "\\\\.\\PhysicalDrive0.msi",
        "C:\\Windows\\Installer\\..\\..\\secret.msi",
        "C:\\Windows\\System32\\config\\SAM",
        "C:\\a/b.msi",
        "C:\\file.txt:stream.msi",
        "%TEMP%\\x.msi",
    ],
)
def test_a_package_that_lies_elsewhere(path: str) -> None:
    assert forecasts.WINDOWS.foretelling is not None
    first = forecasts.asked()
    answer = windows_cases.answers(_host(path), first["reads"])
    assert [read for read in forecasts.WINDOWS.further(first, answer) if read["kind"] == "content"] == []
    states = {one["state"] for one in forecasts.of_case(_host(path))["packages"]}
    assert states == {"unread"}
