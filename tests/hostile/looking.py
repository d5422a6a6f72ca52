"""Look at a host or an image as an endpoint does: in a separate process, which has to end in time."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile_roots import THROUGH_A_SHELL
from importable import REPOSITORY

MALLORY = 61234
SECONDS = 60
MODULES = "ansible_collections.avshift.endpoint.plugins.module_utils."
PROGRAM = """
import importlib, json, os, resource, sys
asked = json.load(sys.stdin)
sys.path.insert(0, asked["home"])
for name, value in asked["settings"].items():
    module, _dot, attribute = name.rpartition(".")
    setattr(importlib.import_module(asked["modules"] + module), attribute, value)
collector = importlib.import_module(asked["modules"] + "collect.collector")
collected = collector.collect(asked["probes"], asked["root"])
peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
json.dump({"collected": collected, "peak": peak}, sys.stdout)
"""


class Seen:
    """The result of one look: items by id, all of it, the peak memory (KiB), and its duration (s)."""

    def __init__(self, told: dict[str, Any], took: float) -> None:
        self.items: dict[str, Any] = {item["id"]: item for item in told["collected"]["evidence"]}
        self.collected: dict[str, Any] = told["collected"]
        self.peak: int = told["peak"]
        self.took = took
        self.text = json.dumps(told["collected"])

    def unknown(self) -> dict[str, str]:
        """Return {id: cause} of what could not be checked."""
        return {name: item["unknown"] for name, item in self.items.items() if "unknown" in item}


def look(
    probes: dict[str, Any],
    root: Path | str = "/",
    *,
    python: str = sys.executable,
    environment: dict[str, str] | None = None,
    within: list[str] | None = None,
    **settings: Any,
) -> Seen:
    """Look once. ``settings`` are attributes of the endpoint's modules with __ for dots (collect__look__PASSWD)."""
    asked = {
        "home": str(REPOSITORY / ".cache"),
        "modules": MODULES,
        "probes": probes,
        "root": str(root),
        "settings": {name.replace("__", "."): value for name, value in settings.items()},
    }
    begun = time.monotonic()
    finished = subprocess.run(
        [*(within or []), *THROUGH_A_SHELL, python, "-B", "-c", PROGRAM],
        input=json.dumps(asked).encode(),
        capture_output=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    assert finished.returncode == 0, finished.stderr.decode("utf-8", "replace")[-3000:]
    return Seen(json.loads(finished.stdout), time.monotonic() - begun)


def rpm_database(path: Path, padding: int = 0) -> int:
    """Write an rpm database that is complete by its own form, so that rpm is asked; return its bytes."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)")
        database.execute("CREATE TABLE Name (key TEXT, hnum INTEGER, idx INTEGER)")
        database.execute("INSERT INTO Packages VALUES (1, zeroblob(?))", (padding,))
        database.execute("INSERT INTO Name VALUES ('kesl', 1, 0)")
        database.commit()
    return path.stat().st_size


def image(root: Path, *users: str) -> Path:
    """Make an image of a host with dpkg and the homes of some users, each of them mallory, and return it."""
    for folder in ("etc", "home", "root", "var/lib/dpkg/info", "tmp", "opt"):
        (root / folder).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    (root / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\n', encoding="utf-8")
    lines = ["root:x:0:0::/root:/bin/sh", *(f"{user}:x:{MALLORY}:{MALLORY}::/home/{user}:/bin/sh" for user in users)]
    (root / "etc/passwd").write_text("\n".join(lines) + "\n", encoding="utf-8", errors="surrogateescape")
    (root / "etc/group").write_text("root:x:0:\n", encoding="utf-8")
    (root / "var/lib/dpkg/status").write_text("", encoding="utf-8")
    for user in users:
        (root / "home" / user).mkdir()
        os.chown(root / "home" / user, MALLORY, MALLORY)
    return root


def hers(path: Path) -> Path:
    """Give a path, and everything below it, to mallory."""
    for place in [path, *path.rglob("*")]:
        os.chown(place, MALLORY, MALLORY, follow_symlinks=False)
    return path


def let_write(path: Path, user: int) -> None:
    """Let a user write to a path by an access list (acl(5)); without such lists here, skip the test."""
    none = 0xFFFFFFFF
    # Who (owner, user, group, mask, others), what, and which user.
    entries = ((1, 7, none), (2, 7, user), (4, 5, none), (16, 7, none), (32, 5, none))
    listed = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    try:
        os.setxattr(path, "system.posix_acl_access", listed)
    except OSError as error:
        pytest.skip(f"no access lists here: {error}")


@contextlib.contextmanager
def hung(folder: Path, kind: str = "fuse.hung") -> Iterator[None]:
    """Mount a file system that never answers, of a type that the kernel reports as FUSE."""
    descriptor = os.open("/dev/fuse", os.O_RDWR)
    library = ctypes.CDLL(None, use_errno=True)
    options = b"fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % descriptor
    assert library.mount(b"hung", os.fsencode(folder), kind.encode(), 0, options) == 0, os.strerror(ctypes.get_errno())
    try:
        yield
    finally:
        os.close(descriptor)
        library.umount2(os.fsencode(folder), 2)
