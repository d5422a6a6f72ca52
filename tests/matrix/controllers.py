"""Virtual environments with an ansible-core each, and which Pythons they have as targets."""

from __future__ import annotations

import fcntl
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .paths import CACHE, REQUIREMENTS
from .pythons import Minor, Python, minor

# _PY_MIN = (3, 8) since 2.17, _PY3_MIN = sys.version_info >= (3, 6) before
OLDEST = re.compile(r"^_PY3?_MIN = \D*\((\d+), (\d+)\)", re.MULTILINE)
# The list's first entry is the newest Python that this ansible-core looks for on a host.
NEWEST = re.compile(r"^INTERPRETER_PYTHON_FALLBACK:.*?-\s+python(\d+)\.(\d+)$", re.MULTILINE | re.DOTALL)


class NotMadeError(Exception):
    """Says why there is no controller."""


@dataclass(frozen=True)
class Controller:
    """An environment with an ansible-core, and the range of Pythons that its modules run on."""

    core: str
    place: Path
    python: str
    oldest: Minor
    newest: Minor

    def why_not(self, target: Python) -> str:
        """Return why a Python cannot be a target of this ansible-core, or nothing if it can."""
        if self.oldest <= target.minor <= self.newest:
            return ""
        return f"has {told(self.oldest)} to {told(self.newest)}"


def told(version: Minor) -> str:
    """Return a version as it is written."""
    return f"{version[0]}.{version[1]}"


def make(entry: Mapping[str, Any], pythons: Sequence[Python], unpinned: Sequence[str]) -> Controller:
    """Return the environment of an entry, made if it is not there; NotMadeError if no Python here can have it."""
    core, allowed = entry["core"], entry["pythons"]
    chosen = next((one for version in allowed for one in pythons if one.minor == minor(version)), None)
    if chosen is None:
        raise NotMadeError(f"no Python {', '.join(allowed)} for the controller")
    place = CACHE / core
    with _alone():
        if not ((place / "ready").exists() and (place / "bin" / "pytest").exists()):
            _made(entry, place, chosen, unpinned)
    python = (place / "ready").read_text(encoding="utf-8")
    return Controller(core, place, python, *_range(place))


def add(controller: Controller, packages: Sequence[str], unpinned: Sequence[str]) -> None:
    """Install packages in an environment, in the versions that requirements.txt has, if they are not there."""
    note = controller.place / "added"
    told = "\n".join(packages)
    with _alone():
        if not (note.exists() and note.read_text(encoding="utf-8") == told):
            _install(controller.place, packages, unpinned)
            note.write_text(told, encoding="utf-8")


@contextmanager
def _alone() -> Iterator[None]:
    """Several sets of tests may want an environment at once."""
    with (CACHE / "making").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _made(entry: Mapping[str, Any], place: Path, chosen: Python, unpinned: Sequence[str]) -> None:
    # What is printed on stdout is the answer of whoever asks for an environment.
    print(f"Making {place} with Python {chosen}", file=sys.stderr, flush=True)
    _run([str(chosen.path), "-m", "venv", "--clear", str(place)])
    origin = entry.get("from")
    core = f"ansible-core @ {origin}" if origin else f"ansible-core=={entry['core']}"
    _install(place, [core, "pytest"], unpinned)
    (place / "ready").write_text(chosen.version, encoding="utf-8")


def _install(place: Path, packages: Sequence[str], unpinned: Sequence[str]) -> None:
    pins = CACHE / f"constraints-{place.name}.txt"
    pins.write_text(_pins(unpinned), encoding="utf-8")
    pip = [str(place / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--constraint", str(pins), *packages])


def _pins(unpinned: Sequence[str]) -> str:
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if line.partition("==")[0] not in unpinned) + "\n"


def _range(place: Path) -> tuple[Minor, Minor]:
    """Return the oldest and the newest Python of targets, as ansible-core's own code has them."""
    home = next(place.glob("lib/python3.*/site-packages/ansible"))
    oldest = OLDEST.search((home / "module_utils" / "basic.py").read_text(encoding="utf-8"))
    newest = NEWEST.search((home / "config" / "base.yml").read_text(encoding="utf-8"))
    if oldest is None or newest is None:
        raise NotMadeError("its code does not say which Pythons it has as targets, where it used to")
    return (int(oldest[1]), int(oldest[2])), (int(newest[1]), int(newest[2]))


def _run(argv: list[str]) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        raise NotMadeError(f"{' '.join(argv[:3])}: exit code {done.returncode}: {said}")
