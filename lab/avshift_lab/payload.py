"""The files that a stand-in's package brings, as they will lie on a host."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .commands import run
from .stand_ins import Source, StandIn, filled

COMPILER = ("gcc", "-O2", "-static", "-s", "-Wall", "-Wextra", "-Werror")
# Every file in a package gets this time, so that the same sources make the same package.
BUILD_TIME = 1_700_000_000


def fill(stand_in: StandIn, root: Path, values: Mapping[str, str]) -> None:
    """Puts everything below `root`."""
    found = stand_in.description
    for folder, prefix in found["payload"].items():
        target = root / filled(prefix, values, stand_in.name).lstrip("/")
        target.mkdir(parents=True, exist_ok=True)
        for source in stand_in.below(folder):
            write(source, target / source.path, values)
    for path, program in found.get("programs", {}).items():
        target = root / filled(path, values, stand_in.name).lstrip("/")
        _compile(stand_in, program, target, values)


def write(source: Source, target: Path, values: Mapping[str, str]) -> None:
    """Writes one source to its place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(filled(source.text, values, source.path), encoding="utf-8")
    target.chmod(source.mode)


def settle(root: Path) -> None:
    """Gives directories their mode and everything its time."""
    for path in (root, *root.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
        os.utime(path, (BUILD_TIME, BUILD_TIME))


def _compile(stand_in: StandIn, program: str, target: Path, values: Mapping[str, str]) -> None:
    stand_in.source(f"src/{program}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for source in stand_in.below("src"):
            write(source, Path(folder) / source.path, values)
        run((*COMPILER, "-o", str(target), str(Path(folder) / program)))
    target.chmod(0o755)
