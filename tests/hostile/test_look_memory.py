"""Memory and /run belong to the host: what is too large, what a SIGKILL leaves, and what grows without limit."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from attacks import attack
from importable import REPOSITORY
from looking import MODULES, image, look, rpm_database

RPM = {"package": {"names": ["kesl"], "word": "", "in": []}, "group": ["root"]}
MIB = 1 << 20
SPEC = """Name: kesl
Version: 12.1
Release: 1
Summary: stand-in
License: none
BuildArch: noarch
%description
It holds nothing.
%files
"""


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A file system in memory of 16 MiB in place of /run."""
    folder = tmp_path / "run"
    folder.mkdir()
    library = ctypes.CDLL(None, use_errno=True)
    assert library.mount(b"none", os.fsencode(folder), b"tmpfs", 0, b"size=16m,mode=0755") == 0
    yield folder
    library.umount2(os.fsencode(folder), 2)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An image of a host with an rpm database."""
    made = image(tmp_path / "image")
    (made / "var/lib/rpm").mkdir()
    return made


def _most_used(folder: Path, pid: int) -> int:
    """Return the peak number of bytes in use on a file system until a process ended."""
    most = 0
    while Path(f"/proc/{pid}").exists() and "State:\tZ" not in _status(pid):
        place = os.statvfs(folder)
        most = max(most, (place.f_blocks - place.f_bfree) * place.f_frsize)
        time.sleep(0.002)
    return most


def _status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return "State:\tZ"


def _looking(root: Path, memory: Path, extra: str = "") -> subprocess.Popen[bytes]:
    program = (
        f"import json, sys; sys.path.insert(0, {str(REPOSITORY / '.cache')!r})\n"
        f"from {MODULES}linux import rpm_database\nfrom {MODULES}collect import collector\n"
        f"rpm_database.MEMORY = {str(memory)!r}\n{extra}\n"
        f"print(json.dumps(collector.collect({RPM!r}, {str(root)!r})))"
    )
    return subprocess.Popen([sys.executable, "-B", "-c", program], stdout=subprocess.PIPE)


@pytest.mark.parametrize("size", [12 * MIB, 15 * MIB, 40 * MIB], ids=["12MiB", "15MiB", "40MiB"])
@attack(
    "look-rpm-database-fills-run",
    threat="the rpm database is larger than half of what is free in /run",
    holds="half of what is free is left at any time, and the answer names the place and both sizes",
)
def test_copy_leaves_half_of_what_is_free(root: Path, memory: Path, size: int) -> None:
    with (root / "var/lib/rpm/rpmdb.sqlite").open("wb") as stream:
        stream.write(os.urandom(size))
    process = _looking(root, memory)
    most = _most_used(memory, process.pid)
    told = json.loads(process.communicate()[0])
    assert most <= 8 * MIB
    cause = next(item["unknown"] for item in told["evidence"] if item["kind"] == "package")
    assert str(memory) in cause
    assert cause.count("MiB") == 2
    assert [item["id"] for item in told["evidence"] if item["kind"] == "group"] == ["group:root"]


@attack(
    "look-killed-while-rpm-is-asked",
    threat="a look is killed hard, again and again, while rpm is asked of a copy",
    holds="nothing of it stays once another look is through, and every look has room",
)
def test_killed_looks_leave_nothing(root: Path, memory: Path, tmp_path: Path) -> None:
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "rpm").write_text("#!/bin/sh\nexec sleep 30\n", encoding="utf-8")
    (commands / "rpm").chmod(0o755)
    size = rpm_database(root / "var/lib/rpm/rpmdb.sqlite", 5 * MIB)
    slow = f"from {MODULES}posix.running import commands\ncommands.SEARCH_PATH = {f'{commands}:/usr/bin:/bin'!r}"
    for _turn in range(4):
        process = _looking(root, memory, slow)
        worker = _child_with_copy(process.pid, memory, size)
        for pid in (worker, process.pid):
            os.kill(pid, signal.SIGKILL)
        process.wait()
    assert len(list(memory.glob(".avshift-rpm-*"))) == 1
    told = json.loads(_looking(root, memory).communicate()[0])
    assert "no_room" not in json.dumps(told)
    assert list(memory.iterdir()) == []


def _child_with_copy(pid: int, memory: Path, size: int) -> int:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
        copies = [path for path in memory.glob(".avshift-rpm-*/rpmdb.sqlite") if path.stat().st_size == size]
        if children and copies:
            return int(children[0])
        time.sleep(0.01)
    raise AssertionError("no copy was made")


ENDLESS = "WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM a) SELECT x AS hnum FROM a"
WORKING = {
    "endless view": f"CREATE VIEW Packages AS {ENDLESS}; CREATE TABLE Name (key, hnum, idx)",
    "view of much memory": "CREATE TABLE Packages (hnum); INSERT INTO Packages VALUES (1); "
    "CREATE VIEW Name AS SELECT 1 AS hnum WHERE length(hex(randomblob(300000000))) > 0",
    "condition of much memory": "CREATE TABLE Packages (hnum CHECK (length(hex(randomblob(hnum))) >= 0)); "
    "INSERT INTO Packages VALUES (1); PRAGMA ignore_check_constraints = ON; "
    "INSERT INTO Packages VALUES (300000000); CREATE TABLE Name (key, hnum, idx)",
}


@pytest.mark.parametrize("kind", WORKING)
@attack(
    "look-rpm-database-that-works",
    threat="an image's rpm database has views or conditions that never end or take all memory",
    holds="nothing of it is worked at: the packages are unknown at once, and the look takes no more memory",
)
def test_database_of_rpm_does_nothing(root: Path, kind: str) -> None:
    with contextlib.closing(sqlite3.connect(root / "var/lib/rpm/rpmdb.sqlite")) as database:
        database.executescript(WORKING[kind])
    seen = look({"package": {"names": ["kesl"], "word": "", "in": []}}, root)
    assert "package:all" in seen.unknown() or "package:rpm" in seen.unknown()
    # It was not aborted because of its time.
    assert "no answer" not in seen.text
    assert seen.peak < 200 * 1024


@pytest.mark.parametrize("name", [".avshift-rpm-theirs", ".avshift-install-theirs", ".avshift-signatures-theirs"])
@attack(
    "look-leaves-others-alone",
    threat="another run is at work, or a user's directory has a name like ours",
    holds="neither is removed",
)
def test_what_is_in_use_or_another_users_stays(root: Path, memory: Path, name: str) -> None:
    (root / "var/lib/rpm/rpmdb.sqlite").write_bytes(b"\0" * MIB)
    used, hers, left = memory / name, memory / (name + "-hers"), memory / (name + "-left")
    for folder in (used, hers, left):
        folder.mkdir()
    os.chown(hers, 61234, 61234)
    hold = "import fcntl, os, sys, time; fcntl.flock(os.open(sys.argv[1], 0), 2); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", hold, str(used)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        _looking(root, memory).communicate()
        other.kill()
    assert (used.exists(), hers.exists(), left.exists()) == (True, True, False)


@attack(
    "look-rpm-database-without-room",
    threat="there is no room in /run for a copy of the host's own rpm database",
    holds="it is read where it is, nothing in its directory changes, and the package is found",
)
def test_database_is_read_where_it_is(tmp_path: Path, memory: Path) -> None:
    (tmp_path / "kesl.spec").write_text(SPEC, encoding="utf-8")
    build = ["rpmbuild", "-bb", "--define", f"_topdir {tmp_path}/build", str(tmp_path / "kesl.spec")]
    subprocess.run(build, check=True, capture_output=True)
    database = Path(f"/var/lib/avshift-hostile-rpm-{os.getpid()}")
    database.mkdir()
    try:
        package = next((tmp_path / "build/RPMS").rglob("*.rpm"))
        add = ["rpm", "--dbpath", str(database), "--justdb", "--nodeps", "-i", str(package)]
        subprocess.run(add, check=True, capture_output=True)
        (memory / "full").write_bytes(b"\0" * (15 * MIB))
        before = _snapshot(database)
        seen = look(RPM, "/", linux__rpm_home__HOMES=[str(database)], linux__rpm_database__MEMORY=str(memory))
        assert _snapshot(database) == before
    finally:
        subprocess.run(["rm", "-r", str(database)], check=True)
    assert seen.items["package:kesl.noarch"]["value"]["version"] == "12.1-1"
    assert [path.name for path in memory.iterdir()] == ["full"]


def _snapshot(folder: Path) -> list[tuple[str, int, int, bytes]]:
    return [
        (path.name, path.stat().st_size, path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.iterdir())
    ]


@pytest.mark.parametrize("what", ["space", "obstacle"])
@attack(
    "look-names-without-end",
    threat="a directory of a product holds 300,000 files",
    holds="going through it takes no memory that grows with them",
    long=True,
)
def test_many_names_take_no_memory(what: str) -> None:
    folder = Path(f"/var/lib/avshift-hostile-many-{os.getpid()}/store")
    folder.mkdir(parents=True)
    try:
        for number in range(300_000):
            os.close(os.open(folder / f"object-{number:09d}.klq", os.O_CREAT | os.O_WRONLY, 0o600))
        asked = {"space": {"at": "/", "trees": [str(folder)], "named_in": [], "in_homes": []}}
        asked["obstacle"] = {"trees": [str(folder)], "paths": [], "processes": []}
        small = look({"group": ["root"]})
        seen = look({what: asked[what]})
    finally:
        subprocess.run(["rm", "-r", str(folder.parent)], check=True)
    assert not seen.unknown()
    assert seen.peak < small.peak + 12 * 1024


TABLES = {
    "passwd": ("etc/passwd", "u{0}:x:{1}:{1}::/home/u{0}:/bin/sh\n"),
    "group": ("etc/group", "g{0}:x:{1}:\n"),
    "units": ("", ""),
}


@pytest.mark.parametrize("name", ["passwd", "group"])
@attack(
    "look-huge-table-of-accounts",
    threat="a host has 40,000 accounts or groups",
    holds="every one of them is known, and the look ends in time",
)
def test_huge_tables_are_read(root: Path, name: str) -> None:
    path, line = TABLES[name]
    with (root / path).open("a", encoding="utf-8") as stream:
        stream.writelines(line.format(number, 70000 + number) for number in range(40_000))
    seen = look({"account": ["u39999"], "group": ["g39999"]}, root)
    assert [item for item in seen.items.values() if "value" in item]
    assert not seen.unknown()


@attack(
    "look-huge-table-of-mounts",
    threat="a host of containers has 20,000 mounts, with odd characters in their places",
    holds="the look ends in time and knows what is mounted",
)
def test_huge_table_of_mounts_is_read(root: Path) -> None:
    table = root.parent / "mountinfo"
    odd = "36 35 0:99 / /var/lib/containers/{0}\\012\\040x rw shared:1 - overlay overlay rw\n"
    last = f"37 35 0:98 / {os.path.realpath(root)}/home rw - nfs4 server:/home rw\n"
    table.write_text("".join(odd.format(number) for number in range(20_000)) + last, encoding="utf-8")
    seen = look({"home_path": ["x"], "group": ["root"]}, root, kernel__mounts__TABLE=str(table))
    assert any("nfs4" in cause for cause in seen.unknown().values())
    assert "group:root" in seen.items
