"""What `make setup` chooses, depending on pip's answer; it says so in one line."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from support import REPOSITORY

NOT_FOUND = "ERROR: No matching distribution found for aiofiles==25.1.0"
SAID = {
    "no such package": (NOT_FOUND, "controller"),
    "nothing listens": (
        f"WARNING: Retrying after NewConnectionError: [Errno 111] Connection refused\n{NOT_FOUND}",
        "controller",
    ),
    "no such host": (f"WARNING: Retrying after NameResolutionError\n{NOT_FOUND}", "controller"),
    "forbidden": ("ERROR: HTTP error 403 while getting it: 403 Client Error: Forbidden for url", "controller"),
    "a password is wanted": ("ERROR: 401 Client Error: Unauthorized for url", "controller"),
    "a fault of the index": ("ERROR: HTTP error 503 while getting it: 503 Server Error: Unavailable for url", ""),
    "no answer": (f"WARNING: ConnectTimeoutError: Connection to index timed out.\n{NOT_FOUND}", ""),
    "disk full": ("ERROR: Could not install packages: [Errno 28] No space left on device", ""),
}


def _setup(home: Path, said: str, code: int) -> subprocess.CompletedProcess[str]:
    (home / "lab").mkdir()
    (home / "bin").mkdir()
    for name in ("setup.sh", "heartbeat.py"):
        shutil.copy(REPOSITORY / "lab" / name, home / "lab" / name)
    (home / "requirements.txt").touch()
    for path, text in (
        ("lab/prerequisites.sh", ""),
        ("bin/make", f"mkdir -p .venv\ncat <<'END'\n{said}\nEND\n[ {code} != 0 ] || touch .venv/ready\nexit {code}\n"),
    ):
        (home / path).write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
        (home / path).chmod(0o755)
    environment = {**os.environ, "PATH": f"{home / 'bin'}:/usr/bin:/bin"}
    argv = ["lab/setup.sh", "way.mk", "python3"]
    return subprocess.run(argv, cwd=home, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", SAID)
def test_way_that_is_chosen_when_pip_fails(name: str, tmp_path: Path) -> None:
    said, way = SAID[name]
    done = _setup(tmp_path, said, 1)
    note = tmp_path / "way.mk"
    assert (note.read_text(encoding="utf-8") if note.exists() else "") == (f"WAY := {way}\n" if way else "")
    assert (done.returncode == 0) == bool(way)
    assert way or "PACKAGES=distribution" in done.stderr
    assert (tmp_path / ".venv").exists() != bool(way)


def test_environment_is_chosen_when_pip_succeeds_and_not_asked_for_again(tmp_path: Path) -> None:
    assert _setup(tmp_path, "", 0).returncode == 0
    assert (tmp_path / "way.mk").read_text(encoding="utf-8") == "WAY := environment\n"
    assert (tmp_path / ".venv/ready").exists()
    (tmp_path / "bin/make").unlink()
    argv = ["lab/setup.sh", "way.mk", "python3"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "== setup: .venv is there\n")


@pytest.mark.parametrize("has_environment", [False, True])
def test_what_was_asked_for_is_noted_unless_there_is_an_environment(tmp_path: Path, has_environment: bool) -> None:
    (tmp_path / "lab").mkdir()
    shutil.copy(REPOSITORY / "lab/setup.sh", tmp_path / "lab")
    if has_environment:
        (tmp_path / ".venv").mkdir()
        (tmp_path / ".venv/ready").touch()
    argv, wanted = ["lab/setup.sh", "way.mk", "python3"], {**os.environ, "PACKAGES": "distribution"}
    done = subprocess.run(argv, cwd=tmp_path, env=wanted, capture_output=True, text=True, check=False)
    assert (done.returncode, "as PACKAGES=distribution says" in done.stdout) == (0, True)
    assert (tmp_path / "way.mk").exists() != has_environment
