"""What `make setup` chooses, depending on pip's answer; it says so in one line."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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
    made = f"[ {code} != 0 ] || touch .venv/ready"
    return _setup_with(home, f"mkdir -p .venv\ncat <<'END'\n{said}\nEND\n{made}\nexit {code}\n")


def _setup_with(home: Path, make: str) -> subprocess.CompletedProcess[str]:
    """Run it with a make of our own in place of the Makefile's rule."""
    (home / "lab").mkdir()
    (home / "bin").mkdir()
    for name in ("setup.sh", "heartbeat.py"):
        shutil.copy(REPOSITORY / "lab" / name, home / "lab" / name)
    (home / "requirements.txt").touch()
    for path, text in (
        ("lab/prerequisites.sh", ""),
        ("bin/make", make),
    ):
        (home / path).write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
        (home / path).chmod(0o755)
    environment = {**os.environ, "PATH": f"{home / 'bin'}:/usr/bin:/bin"}
    argv = ["lab/setup.sh", "way.mk", "python3"]
    return subprocess.run(argv, cwd=home, env=environment, capture_output=True, text=True, check=False)


# What pip itself is given, what the index answers it, which way is chosen, and what the one line says.
NOTHING, HIDDEN = "http://127.0.0.1:9/simple", "https://index.invalid/simple"
INDEXES = {
    "forbidden": ({}, 403, "controller", "answered 403 Forbidden"),
    "not found": ({}, 404, "controller", "answered 404 Not Found"),
    "no index": ({"PIP_NO_INDEX": "1"}, 403, "controller", "Could not find a version"),
    "no index, and quiet": ({"PIP_NO_INDEX": "1", "PIP_QUIET": "3"}, 403, "controller", "Could not find a version"),
    "nothing listens": ({"PIP_INDEX_URL": NOTHING}, 403, "controller", "nothing listens where"),
    "nothing listens, by pip.conf": ({"PIP_CONFIG_FILE": "pip.conf"}, 403, "controller", "nothing listens where"),
    "nothing listens as proxy": ({"http_proxy": "http://127.0.0.1:9"}, 403, "controller", "nothing listens where"),
    "a proxy that refuses": ({"https_proxy": "HERE", "PIP_INDEX_URL": HIDDEN}, 407, "controller", "the proxy does not"),
    "unavailable": ({}, 503, "", "has a fault of its own"),
    "gateway's time is up": ({}, 504, "", "has a fault of its own"),
    "too many requests": ({}, 429, "", "has a fault of its own"),
    "no answer in time": ({"PIP_TIMEOUT": "1"}, 0, "", "did not answer in time"),
}


@contextmanager
def _index(answer: int) -> Iterator[str]:
    """The address of an index that answers everything so, or with 0 not until it is closed."""
    closed = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not answer:
                closed.wait()
                return
            self.send_response(answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/simple"
        finally:
            closed.set()
            server.shutdown()


@pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="there is no pip here")
@pytest.mark.parametrize("name", INDEXES)
def test_way_that_is_chosen_by_what_pip_is_answered(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given, answer, way, why = INDEXES[name]
    for variable in [*os.environ]:
        if variable.startswith("PIP_") or variable.endswith("_proxy"):
            monkeypatch.delenv(variable)
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {NOTHING}\n", encoding="utf-8")
    pip = f"{sys.executable} -m pip install -q --no-input --disable-pip-version-check --target .venv/lib no-such-name"
    with _index(answer) as address:
        by_default = {} if "PIP_CONFIG_FILE" in given else {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": address}
        for variable, value in {"PIP_RETRIES": "1", **by_default, **given}.items():
            monkeypatch.setenv(variable, value.replace("HERE", address.removesuffix("/simple")))
        done = _setup_with(tmp_path, f"mkdir -p .venv\nexec {pip}\n")
    note, said = tmp_path / "way.mk", done.stdout.splitlines()
    assert (note.read_text(encoding="utf-8") if note.exists() else "") == (f"WAY := {way}\n" if way else "")
    assert (done.returncode == 0) == bool(way)
    (line,) = [line for line in (said if way else done.stderr.splitlines()) if why in line and line.count("etup") == 1]
    assert way or "PACKAGES=distribution" in line
    assert "127.0.0.1" not in line


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
