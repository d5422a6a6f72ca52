"""What the collection's own processes leave when they are killed, and what old kernels make of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from attacks import attack
from doing import MODULES, NOBODY, comes, place_for_all
from importable import REPOSITORY

BEGIN = """
import os, signal, sys, time
sys.path.insert(0, sys.argv[1])
from {modules}.posix.files import memory_file
from {modules}.posix.running import one_user
""".replace("{modules}", MODULES)
GROWS = """
def act():
    while True:
        with open(sys.argv[2], "a") as grown:
            grown.write("x")
        time.sleep(0.01)
one_user.Unprivileged(nobody).done(act, 600, "x", "Growing")
""".replace("nobody", str(NOBODY))
# A kernel, or an old Python's C library, without memfd_create(2).
OLD = """
def missing(*_arguments):
    raise OSError(38, "memfd_create")
memory_file._by_library = missing
if hasattr(os, "memfd_create"):
    del os.memfd_create
memory_file.FOLDERS = (sys.argv[2], None)
if sys.argv[3] == "without-nameless-files":
    os.O_TMPFILE = os.O_DIRECTORY
"""
KILLED = "os.unlink = lambda path: os.kill(os.getpid(), signal.SIGKILL)\nmemory_file.opened(b'secret')"
WORKS = "print(os.read(memory_file.opened(b'content'), 100))"


def _pythons() -> list[str]:
    home = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    return [*sorted(map(str, home.glob("3.6*/bin/python3.6")))[-1:], sys.executable]


def _started(program: str, *arguments: str, python: str = sys.executable) -> list[str]:
    return [python, "-B", "-c", BEGIN + program, str(REPOSITORY / ".cache"), *arguments]


@attack(
    "user-child-outlives",
    threat="a run is killed while a process with a user's rights alone changes that user's file for it",
    holds="that process ends too: it changes nothing beside the next run",
)
def test_process_with_the_rights_of_a_user_ends_with_its_run() -> None:
    with place_for_all() as place:
        grown = place / "out/grown"
        with subprocess.Popen(_started(GROWS, str(grown))) as run:
            assert comes(lambda: grown.exists() and grown.stat().st_size > 2)
            assert grown.stat().st_uid == NOBODY
            run.kill()
        sizes: list[int] = []

        def rests() -> bool:
            sizes.append(grown.stat().st_size)
            time.sleep(0.02)
            return len(sizes) > 25 and len(set(sizes[-25:])) == 1

        assert comes(rests)


@pytest.mark.parametrize("python", _pythons(), ids=lambda path: Path(path).name)
@pytest.mark.parametrize("kind", ["with-nameless-files", "without-nameless-files"])
@attack(
    "memory-file-left",
    threat="a run is killed at the worst moment on a kernel without files in memory (memfd_create)",
    holds="the next one has its files, and nothing of the killed one is left",
)
def test_file_in_memory_of_a_killed_run_is_removed(kind: str, python: str, tmp_path: Path) -> None:
    asked = (str(tmp_path), kind)
    killed = subprocess.run(_started(OLD + KILLED, *asked, python=python), check=False, timeout=60)
    if kind == "without-nameless-files":
        assert killed.returncode == -signal.SIGKILL
        assert len(list(tmp_path.iterdir())) == 1
    (tmp_path / ".avshift-memory-not-a-file").mkdir()
    (tmp_path / "kept").touch()
    (tmp_path / ".avshift-memory-of-another").touch()
    os.chown(tmp_path / ".avshift-memory-of-another", NOBODY, NOBODY)
    works = _started(OLD + WORKS, *asked, python=python)
    done = subprocess.run(works, check=False, timeout=60, capture_output=True)
    assert done.stdout == b"b'content'\n", done.stderr
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {".avshift-memory-not-a-file", ".avshift-memory-of-another", "kept"}
