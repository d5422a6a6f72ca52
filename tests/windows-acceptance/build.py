"""Builds the two stand-in packages from their sources: ``build.py FOLDER`` leaves kes.msi and agent.msi there.

Needs Debian's wixl, msitools, gcc-mingw-w64-x86-64-win32 and python3-olefile, and a UTF-8 locale.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import olefile

SOURCES = Path(__file__).resolve().parent / "stand-ins"
COMPILER = ("x86_64-w64-mingw32-gcc-win32", "-Os", "-s", "-municode")
PAIRS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._"
# wixl has no element for it. A removal then ends with 3010.
RESTART = (
    "INSERT INTO `InstallExecuteSequence` (`Action`,`Condition`,`Sequence`) "
    "VALUES ('ScheduleReboot', 'REMOVE=\"ALL\"', 6500)"
)


class Package(NamedTuple):
    """One package: its architecture, the text in its name that ASCII cannot express, and that text's code page."""

    architecture: str
    foreign: str
    codepage: int
    queries: tuple[str, ...] = ()


PACKAGES = {
    "kes": Package("x86", "для", 1251),
    "agent": Package("x64", "é", 1252, (RESTART,)),
}


def main(folder: str) -> None:
    """Build both packages into a folder."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    (place / "driver.sys").write_bytes(b"No driver: a stand-in that no system can load.\n")
    _call(place, *COMPILER, "-o", "service.exe", str(SOURCES / "service.c"))
    for name, package in PACKAGES.items():
        _build(place, name, package)


def _build(place: Path, name: str, package: Package) -> None:
    """Build one package. wixl fails on a name in Cyrillic letters, so that these are inserted afterwards."""
    stand_for = "~" * len(package.foreign)
    source = (SOURCES / f"{name}.wxs").read_text(encoding="utf-8").replace(f"@{name}@", stand_for)
    (place / f"{name}.wxs").write_text(source, encoding="utf-8")
    _call(place, "wixl", "-a", package.architecture, "-o", f"{name}.msi", f"{name}.wxs")
    for query in package.queries:
        _call(place, "msibuild", f"{name}.msi", "-q", query)
    _put_in(place / f"{name}.msi", stand_for.encode("ascii"), package)
    shutil.copystat(SOURCES / f"{name}.wxs", place / f"{name}.wxs")


def _put_in(path: Path, stand_for: bytes, package: Package) -> None:
    """Put a text of the same size, and its code page, into a package's table of texts."""
    with olefile.OleFileIO(str(path), write_mode=True) as file:
        pool, texts = _stored("_StringPool"), _stored("_StringData")
        before = file.openstream(texts).read()
        if before.count(stand_for) != 1:
            raise SystemExit(f"Building a package: {path}: {stand_for!r} is not in it once. Look at its source.")
        file.write_stream(texts, before.replace(stand_for, package.foreign.encode(f"cp{package.codepage}")))
        head = file.openstream(pool).read()
        (old,) = struct.unpack_from("<I", head)
        file.write_stream(pool, struct.pack("<I", old & 0xFFFF0000 | package.codepage) + head[4:])


def _stored(table: str) -> str:
    """Return the name of a table's stream: it encodes two characters of 64 in one of the file's."""
    codes = [PAIRS.index(char) for char in table]
    pairs = [0x3800 + first + (second << 6) for first, second in zip(codes[::2], codes[1::2], strict=False)]
    last = [0x4800 + codes[-1]] if len(codes) % 2 else []
    return "".join(chr(code) for code in (0x4840, *pairs, *last))


def _call(folder: Path, *command: str) -> None:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "LC_ALL": "C.UTF-8"}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = (done.stderr + done.stdout).strip() or "it said nothing"
        raise SystemExit(
            f"Building a package: {command[0]}: code {done.returncode}: {said}. Install what build.py names."
        )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
