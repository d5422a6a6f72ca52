"""Mounted Windows disks that someone has prepared, and a look at one in a separate process."""

from __future__ import annotations

import json
import re
import resource
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from importable import REPOSITORY

sys.path.append(str(REPOSITORY / "tests" / "unit"))
import regf_build
from regf_build import Builder, Value, dword, text

CONFIG = "Windows/System32/config"
UNINSTALL = r"Microsoft\Windows\CurrentVersion\Uninstall"
LIST = r"Microsoft\Windows NT\CurrentVersion\ProfileList"
SID = "S-1-5-21-1-2-3-1001"
SECRET = "the-controllers-secret"
MOST_KIB = 100 * 1024
SECONDS = 120
# What an unexpected error looks like.
UNFORESEEN = re.compile(r'"failed": "(?:error|\w+(?:Error|Exception)): ')
READS: list[dict[str, Any]] = [
    {"id": "uninstall", "kind": "key", "hive": "LocalMachine", "view": "Registry64", "path": rf"SOFTWARE\{UNINSTALL}"},
    {"id": "services", "kind": "key", "hive": "LocalMachine", "view": "Registry64"},
    {
        "id": "users",
        "kind": "key",
        "hive": "Users",
        "view": "Registry64",
        "path": r"*\SOFTWARE\KasperskyLab",
        "depth": 2,
    },
    {"id": "files", "kind": "tree", "path": r"%ProgramFiles%", "depth": 8},
    {"id": "package", "kind": "content", "path": r"%SystemRoot%\Installer\1.msi"},
]
READS[0].update(depth=1, match="kasper")
READS[2].update(depth=2)
READS[1].update(path=r"SYSTEM\CurrentControlSet\Services", depth=1)
PROGRAM = """
import importlib, json, resource, sys
asked = json.load(sys.stdin)
sys.path.insert(0, asked["home"])
main = importlib.import_module("ansible_collections.avshift.endpoint.plugins.module_utils.windows.main")
answers = main.answers_of(asked["root"], asked["reads"], **asked["limits"])
with open("/proc/self/status") as stream:
    # What the process was before it was given its program does not count.
    own = int(next(line for line in stream if line.startswith("VmHWM")).split()[1])
peak = max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
json.dump({"answers": answers, "peak": peak}, sys.stdout)
"""
SOFTWARE: dict[str, dict[str, Value]] = {
    r"Microsoft\Windows NT\CurrentVersion": {"SystemRoot": text(r"C:\Windows")},
    rf"{UNINSTALL}\{{27534751-4A40-48BD-B393-BC3BF28C876E}}": {"DisplayName": text("Kaspersky")},
    rf"{UNINSTALL}\7-Zip": {"DisplayName": text("7-Zip")},
    rf"{LIST}\{SID}": {"ProfileImagePath": text(r"C:\Users\Masha")},
}
SYSTEM: dict[str, dict[str, Value]] = {
    "Select": {"Current": dword(1)},
    r"ControlSet001\Services\klif": {"ImagePath": text(r"\SystemRoot\System32\drivers\klif.sys")},
}


class Looked:
    """The answers of one look, its peak memory (KiB), its duration (s), and all of it as text."""

    def __init__(self, told: dict[str, Any], took: float) -> None:
        self.answers: dict[str, dict[str, Any]] = told["answers"]
        self.peak: int = told["peak"]
        self.took = took
        self.text = json.dumps(told["answers"])

    def must_be_unknown(self, name: str) -> None:
        """Fail if a question was answered as if everything about it were known."""
        answer = self.answers[name]
        assert set(answer) & {"failed", "denied", "cut", "others"} or '"failed"' in json.dumps(answer), answer
        assert "absent" not in answer, answer


def disk(folder: Path) -> Path:
    """Make a disk with a Kaspersky product below a folder."""
    for place in ("Program Files/Kaspersky Lab", "ProgramData", "Windows/Installer", "Users/Masha", CONFIG):
        (folder / place).mkdir(parents=True)
    (folder / "Program Files/Kaspersky Lab/avp.exe").write_bytes(b"MZ")
    put(folder, f"{CONFIG}/SOFTWARE", regf_build.hive(SOFTWARE))
    put(folder, f"{CONFIG}/SYSTEM", regf_build.hive(SYSTEM))
    put(folder, f"{CONFIG}/DEFAULT", regf_build.hive({}))
    put(folder, "Users/Masha/NTUSER.DAT", regf_build.hive({r"SOFTWARE\KasperskyLab": {"x": text("1")}}))
    return folder


def put(root: Path, name: str, content: bytes) -> Path:
    """Put a hive on a disk, with the empty logs of a clean shutdown."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    for suffix in (".LOG1", ".LOG2"):
        path.with_name(path.name + suffix).write_bytes(b"")
    return path


def changed(keys: dict[str, dict[str, Value]], change: Callable[[bytearray, dict[str, int]], None]) -> bytes:
    """Return a modified hive; the change is given its bytes and the position of each key in them."""
    builder = Builder()
    content = bytearray(builder.whole(keys))
    change(content, {path: place + 0x1000 for path, place in builder.at.items()})
    return bytes(content)


def number(content: bytearray, place: int, value: int) -> None:
    """Write 32 bits into a hive."""
    struct.pack_into("<I", content, place, value & 0xFFFFFFFF)


def look(root: Path, reads: list[dict[str, Any]] | None = None, **limits: int) -> Looked:
    """Look at a disk; fail if the look does not end, crashes, or uses too much memory."""
    asked = {"home": str(REPOSITORY / ".cache"), "root": str(root), "reads": reads or READS, "limits": limits}
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-B", "-c", PROGRAM],
        input=json.dumps(asked).encode(),
        capture_output=True,
        timeout=SECONDS,
        check=False,
        preexec_fn=_limited,
    )
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-3000:]
    looked = Looked(json.loads(done.stdout), time.monotonic() - begun)
    assert looked.peak < MOST_KIB, f"{looked.peak} KiB"
    assert SECRET not in looked.text, looked.text[:2000]
    assert not UNFORESEEN.search(looked.text), looked.text[:2000]
    return looked


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
