"""Make Windows Installer packages: by wixl, changed by SQL as msibuild does it; and their bare container by hand."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from pathlib import Path

from support import REPOSITORY

SOURCES = REPOSITORY / "tests" / "fixtures" / "windows_packages"
TOOLS = ("wixl", "msibuild", "msiinfo")
WIDE = {"protected": "x86", "wide": "x64"}
# What a source cannot express: custom actions, and a request for a restart.
SQL = {
    "protected": (
        "UPDATE `Component` SET `Attributes` = 16 WHERE `Component` = 'Licence'",
        "INSERT INTO `CustomAction` (`Action`,`Type`,`Source`,`Target`) VALUES ('StopSelfDefence', 3073,"
        " 'Lib', 'Stop')",
        "INSERT INTO `RemoveFile` (`FileKey`,`Component_`,`FileName`,`DirProperty`,`InstallMode`) VALUES ('logs',"
        " 'Engine', '*.log', 'INSTALLDIR', 2)",
        "INSERT INTO `RemoveFile` (`FileKey`,`Component_`,`FileName`,`DirProperty`,`InstallMode`) VALUES ('first',"
        " 'Engine', 'old.ini', 'INSTALLDIR', 1)",
        "INSERT INTO `CustomAction` (`Action`,`Type`,`Source`,`Target`) VALUES ('SetFolder', 51, 'FOLDER', '[X]')",
        "INSERT INTO `CustomAction` (`Action`,`Type`,`Source`,`Target`) VALUES ('Never', 1, 'Lib', 'Never')",
        "INSERT INTO `InstallExecuteSequence` (`Action`,`Condition`,`Sequence`) VALUES ('StopSelfDefence',"
        ' \'REMOVE="ALL" AND ACMEPASSWD="hunter2"\', 1550)',
        "INSERT INTO `InstallExecuteSequence` (`Action`,`Condition`,`Sequence`) VALUES ('SetFolder', '', 10)",
    ),
    "wide": (
        "INSERT INTO `InstallExecuteSequence` (`Action`,`Condition`,`Sequence`) VALUES ('ScheduleReboot',"
        " 'REMOVE=\"ALL\"', 6500)",
    ),
}


# Parts of the container, a compound file: its header, and the numbers that mean no sector.
MAGIC, FREE, END, LIST = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def head(fats: int = 1, difats: int = 0, first: int = END, listed: tuple[int, ...] = (0,), folder: int = 1) -> bytes:
    """Return the header of a container of sectors of 512 bytes: its sector table, and where its directory begins."""
    made = bytearray(512)
    made[:8] = MAGIC
    struct.pack_into("<HHHHH", made, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<I", made, 44, fats)
    struct.pack_into("<IIIIIII", made, 48, folder, 0, 4096, END, 0, first, difats)
    struct.pack_into("<109I", made, 76, *listed, *[FREE] * (109 - len(listed)))
    return bytes(made)


def missing() -> list[str]:
    """Return the tools that are not on this machine."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


def run(*command: str, folder: Path | None = None) -> bytes:
    """Run a tool and return its output."""
    made = subprocess.run(
        command, cwd=folder, check=True, stdout=subprocess.PIPE, timeout=120, env={**os.environ, "LC_ALL": "C.UTF-8"}
    )
    return made.stdout


def package(name: str, folder: Path) -> Path:
    """Return a package made from the source of this name."""
    (folder / "file.bin").write_bytes(b"nothing that runs")
    shutil.copy(SOURCES / f"{name}.wxs", folder)
    path = folder / f"{name}.msi"
    run("wixl", "-a", WIDE[name], "-o", str(path), f"{name}.wxs", folder=folder)
    for statement in SQL[name]:
        query(path, statement)
    return path


def query(path: Path, statement: str) -> None:
    """Change a package with an SQL statement."""
    run("msibuild", str(path), "-q", statement)


def exported(path: Path) -> dict[str, tuple[list[str], list[str], list[list[str]]]]:
    """Return {table: (columns, their kinds, rows)} of a package as msiinfo exports them, all of it text."""
    found = {}
    for table in run("msiinfo", "tables", str(path)).decode().split():
        text = _decoded(run("msiinfo", "export", str(path), table))
        names, kinds, _keys, *rows = [line.split("\t") for line in text.split("\n") if line]
        found[table] = ([name.strip("\r") for name in names], [kind.strip("\r") for kind in kinds],
                        [[value.strip("\r") for value in row] for row in rows])  # fmt: skip
    return found


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("cp1252")


def container(entries: list[tuple[str, int, int]], content: bytes = b"") -> bytes:
    """Return a container of streams: (name, the sector of the content in which it begins, bytes) each.

    In the directory tree, each one is the right child of the one before.
    """
    rows, sectors = -(-(len(entries) + 1) // 4), -(-len(content) // 512)
    fats = next(fats for fats in range(1, 110) if fats * 128 >= fats + rows + sectors)
    told = [_entry("Root Entry", 5, END, 0, below=1)]
    for place, (name, first, size) in enumerate(entries, 1):
        following = place + 1 if place < len(entries) else FREE
        told.append(_entry(name, 2, fats + rows + first, size, right=following))
    chains = [*range(fats + 1, fats + rows), END, *range(fats + rows + 1, fats + rows + sectors), END]
    numbers = [*[LIST] * fats, *chains, *[FREE] * 128 * fats][: fats * 128]
    listed, folder = struct.pack(f"<{len(numbers)}I", *numbers), b"".join(told).ljust(rows * 512, b"\0")
    return head(fats, listed=tuple(range(fats)), folder=fats) + listed + folder + content.ljust(sectors * 512, b"\0")


def _entry(name: str, kind: int, first: int, size: int, right: int = FREE, below: int = FREE) -> bytes:
    raw = name.encode("utf-16-le")
    tree = struct.pack("<HBBIII", len(raw) + 2, kind, 1, FREE, right, below)
    return raw.ljust(64, b"\0") + tree + bytes(36) + struct.pack("<IQ", first, size)


def table_streams(tables: dict[str, tuple[tuple[str, ...], list[tuple[str, ...]]]]) -> dict[str, bytes]:
    """Return the streams of tables with only texts, as {table: (columns, rows)}; a duplicate text is stored once."""
    texts: dict[str, int] = {}

    def column(values: list[str]) -> bytes:
        return b"".join(struct.pack("<H", texts.setdefault(value, len(texts) + 1)) for value in values)

    found, described = {}, [b"", b"", b"", b""]
    for table, (columns, rows) in tables.items():
        found[f"!{table}"] = b"".join(column([row[at] for row in rows]) for at in range(len(columns)))
        numbers = [struct.pack("<H", 0x8000 + at) for at in range(1, len(columns) + 1)]
        kinds = struct.pack("<H", 0x8D00) * len(columns)
        told = (column([table] * len(columns)), b"".join(numbers), column(list(columns)), kinds)
        described = [before + after for before, after in zip(described, told, strict=True)]
    pool = struct.pack("<I", 65001) + b"".join(struct.pack("<HH", len(text), 1) for text in texts)
    return {**found, "!_Columns": b"".join(described), "!_StringPool": pool, "!_StringData": "".join(texts).encode()}
