"""The Pythons that this machine has: those of pyenv, those on PATH, and the system's own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SYSTEM = Path("/usr/bin/python3")
ASK = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
ANSWER_SECONDS = 20

Minor = tuple[int, int]


@dataclass(frozen=True)
class Python:
    """An interpreter that answered."""

    path: Path
    version: str

    @property
    def minor(self) -> Minor:
        """The version as it is promised, such as (3, 6)."""
        return minor(self.version)

    def __str__(self) -> str:
        return f"{self.version} ({self.path})"


def minor(version: str) -> Minor:
    """Return the first two numbers of a version."""
    major, second = version.split(".")[:2]
    return int(major), int(second)


def found(oldest: Minor, newest: Minor) -> list[Python]:
    """Return one interpreter of each version between two, in order."""
    known: dict[str, Python] = {}
    for path in _candidates(oldest, newest):
        version = _version(path)
        if version and oldest <= minor(version) <= newest:
            known.setdefault(version, Python(path, version))
    return sorted(known.values(), key=lambda one: tuple(int(number) for number in one.version.split(".")))


def _candidates(oldest: Minor, newest: Minor) -> Iterator[Path]:
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted((pyenv / "versions").glob("*/bin/python3"))
    yield SYSTEM
    for second in range(oldest[1], newest[1] + 1):
        for folder in os.get_exec_path():
            path = Path(folder) / f"python3.{second}"
            # The interpreter of a virtual environment or a shim is another one's, which is found by itself.
            if path.is_file() and "shims" not in path.parts and not (path.parent.parent / "pyvenv.cfg").exists():
                yield path


def _version(path: Path) -> str:
    try:
        done = subprocess.run(
            [str(path), "-c", ASK], capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
