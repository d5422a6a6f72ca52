"""Attacks through the clock, a process's umask, and trees that are swapped or very large."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.files import file, retain
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.handover import window
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.services import unit
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import package_locks
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.files import archive, safe_paths, safe_remove
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.files.tree_walk import walk
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import own_journal
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running import moments
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.moments import Moment
from attacks import attack
from doing import NOBODY, as_nobody, comes, place_for_all
from importable import REPOSITORY

BOOT = Path("/proc/sys/kernel/random/boot_id")
TRULY = 300


def _begun(**changed: Any) -> Moment:
    """Return the journal's view of a window that began 300 s ago."""
    clock = {"boot": BOOT.read_text(encoding="ascii").strip(), "seconds": time.clock_gettime(7) - TRULY, **changed}
    return Moment.read("2026-01-01T00:00:00.000Z", clock, 0.002)


@pytest.mark.parametrize("set_by", [-86400, -3600, -301, 3600, 10**8])
@attack("clock-set", threat="the clock is set while nothing protects", holds="the window is as long as it was")
def test_window_is_as_long_as_it_was_whatever_the_clock_says(set_by: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real, begun = time.time, _begun()
    monkeypatch.setattr(moments.time, "time", lambda: real() + set_by)
    there = Moment.now()
    there.exact_to = 0.002
    told = window.between(begun, there)["window_seconds"]
    assert TRULY - 0.001 <= told <= TRULY + 120


@pytest.mark.parametrize("clock", [{"boot": "another"}, {"boot": ""}, {"seconds": 1e12}])
@attack(
    "window-over-a-restart", threat="the host is started anew, or the note is forged", holds="the window is unknown"
)
def test_window_that_no_clock_has_measured_is_unknown(clock: dict[str, Any]) -> None:
    told = window.between(_begun(**clock), Moment.now())
    assert told["window_seconds"] is None
    assert told["window_unknown"]
    assert "window_exact_to_seconds" not in told


class _Systemd:
    """A unit that is up, with its start by the monotonic clock."""

    def __init__(self) -> None:
        self.starts = 0

    def show(self, names: list[str]) -> dict[str, dict[str, str]]:
        shown = {"LoadState": "loaded", "ActiveState": "active", "UnitFileState": "enabled", "ConditionResult": "yes"}
        entered = {"ActiveEnterTimestampMonotonic": str(self.starts * 1_000_000)}
        return {name: {**shown, **entered} for name in names}

    def tell(self, verb: str, _names: list[str]) -> None:
        self.starts += verb == "restart"

    def reload_if_needed(self, _names: list[str]) -> None:
        """Nothing is to be done."""


@pytest.mark.parametrize("stamp", [0, 1, 2**31, 4_000_000_000])
@attack(
    "file-of-another-time", threat="a file is of the future or the past", holds="one start is enough, and is needed"
)
def test_unit_is_started_once_for_a_file_of_any_time(
    stamp: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_journal, "PATH", str(tmp_path / "state/journal.json"))
    systemd = _Systemd()
    monkeypatch.setattr(unit, "systemd", systemd)
    conf = tmp_path / "engine.conf"
    conf.write_text("before", encoding="utf-8")
    os.utime(conf, (stamp, stamp))
    target = {"name": "engine.service", "running": True, "enabled": True, "newer_than": [str(conf)]}
    assert not unit.look(target)
    unit.do(target)
    assert unit.look(target)
    conf.write_text("after", encoding="utf-8")
    os.utime(conf, (stamp, stamp))
    assert not unit.look(target)
    assert systemd.starts == 1


UMASK = """
import os, sys
sys.path.insert(0, sys.argv[1])
os.umask(int(sys.argv[2], 8))
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.files import file
file.do({"path": sys.argv[3], "before": None, "after": "x", "mode": "0644", "anyhow": False, "parents": []})
"""


@pytest.mark.parametrize("mask", ["000", "027", "077", "777"])
@attack("mask", threat="root's mask is narrow", holds="a service of another user can read its file")
def test_file_can_be_read_by_a_service_whatever_the_mask_is(mask: str, tmp_path: Path) -> None:
    path = tmp_path / "new/deeper/engine.conf"
    subprocess.run([sys.executable, "-B", "-c", UMASK, str(REPOSITORY / ".cache"), mask, str(path)], check=True)
    modes = [oct(one.stat().st_mode & 0o777) for one in (path, path.parent, path.parent.parent)]
    assert modes == ["0o644", "0o755", "0o755"]
    assert file.look({"path": str(path), "after": "x", "mode": "0644"})


@pytest.fixture
def for_all() -> Iterator[Path]:
    """A directory that every user can enter."""
    with place_for_all() as place:
        yield place


@attack("lock-of-a-package-manager", threat="a user holds a lock that all may read", holds="the message names her")
def test_who_holds_a_lock_is_named_as_a_user(for_all: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = for_all / ".rpm.lock"
    lock.touch(mode=0o644)

    def hold() -> None:
        with lock.open("rb") as stream:
            fcntl.lockf(stream, fcntl.LOCK_SH)
            (for_all / "out/held").touch()
            signal.pause()

    holder = as_nobody(hold)
    assert comes((for_all / "out/held").exists)
    monkeypatch.setitem(package_locks.LOCKS, "rpm", (str(lock),))
    with pytest.raises(EndpointError, match=f"process {holder} of the user nobody|of UID {NOBODY}"):
        package_locks.wait("rpm", 0)
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)


ASCII = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
sys.getfilesystemencoding = lambda: "ascii"
real = os.fsdecode
os.fsdecode = lambda raw: raw.decode("ascii", "surrogateescape")
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.files import safe_paths, safe_remove
print(json.dumps(safe_paths.components(sys.argv[2])))
"""


@attack("home-of-any-letters", threat="a home is not ASCII, in the POSIX locale", holds="its own bytes are used")
def test_name_that_is_not_ascii_is_its_bytes_in_the_posix_locale() -> None:
    argv = [sys.executable, "-B", "-X", "utf8", "-c", ASCII, str(REPOSITORY / ".cache"), "/home/élan/x"]
    names = json.loads(subprocess.run(argv, capture_output=True, check=True).stdout)
    assert [name.encode("ascii", "surrogateescape") for name in names] == [b"home", "élan".encode(), b"x"]


MANY, LETTERS = 30_000, 200


@pytest.fixture
def many() -> Iterator[Path]:
    """A directory with very many files of long names, in memory."""
    folder = Path("/dev/shm") / f"avshift-many-{os.getpid()}"
    folder.mkdir()
    descriptor = os.open(folder, os.O_RDONLY)
    for number in range(MANY):
        name = f"{number:06d}" + "x" * (LETTERS - 6)
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=descriptor))
    os.close(descriptor)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("act", ["walk", "remove", "holds_others"])
@attack("very-many-files", threat="a directory holds very many files", holds="memory does not grow with them")
def test_memory_does_not_grow_with_the_files_of_a_directory(act: str, many: Path) -> None:
    tracemalloc.start()
    if act == "walk":
        assert sum(1 for _entry in walk(str(many))) == MANY + 1
    elif act == "remove":
        assert safe_remove.remove(str(many), "tree")
        assert not many.exists()
    else:
        assert safe_paths.holds_others(str(many), [])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # All names together are more.
    assert peak < MANY * LETTERS


@attack("very-many-retained", threat="very many files are kept", holds="memory does not grow with them", long=True)
def test_memory_does_not_grow_with_what_is_looked_for_in_an_archive(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_journal, "PATH", str(tmp_path / "state/journal.json"))
    digest = "d" * 12
    names = {"archive": f"{tmp_path}/{digest}.tar.gz", "manifest": f"{tmp_path}/{digest}.sha256"}
    target = {"digest": digest, "paths": [str(many)], **names}
    (tmp_path / f"{digest}.tar.gz").touch()
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    with Path(names["manifest"]).open("w", encoding="utf-8") as listing:
        listing.writelines(f"{empty}  {str(entry.path)[1:]}\n" for entry in walk(str(many)) if entry.path != str(many))
    tracemalloc.start()
    assert retain._is_kept(target)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MANY * LETTERS


def _exchange(path: Path) -> None:
    path.with_name("large").write_bytes(b"x" * 5000)
    os.replace(path.with_name("large"), path)


def _exchange_for_the_same_size(path: Path) -> None:
    path.with_name("other").write_bytes(b"y" * path.stat().st_size)
    os.replace(path.with_name("other"), path)


def _lengthen(path: Path) -> None:
    os.truncate(path, 1 << 28)


@pytest.mark.parametrize("change", [_exchange, _exchange_for_the_same_size, _lengthen])
@attack(
    "retain-exchanged-after-it-was-measured",
    threat="a user exchanges a file for another, or makes it very long, after its size was counted towards the limit",
    holds="nothing of it is archived or read",
)
def test_file_that_is_not_the_measured_one_is_not_read(change: Any, tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"x")
    for entry in walk(str(tmp_path / "small")):
        change(tmp_path / "small")
        with pytest.raises(EndpointError) as refused:
            archive.digest_of(entry)
        assert refused.value.code == "retained_differs"
        with (tmp_path / "archive").open("wb") as stream, pytest.raises(EndpointError):
            archive.write(stream, [entry])
    assert (tmp_path / "archive").stat().st_size < 1000


@attack(
    "retain-grows-while-it-is-read",
    threat="a user makes a file longer as fast as it is read for its checksum",
    holds="no more of it is read than there was",
)
def test_file_that_grows_is_read_to_its_former_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "grows").write_bytes(b"x" * 1000)
    blocks = []

    def grow() -> None:
        blocks.append(1)
        with (tmp_path / "grows").open("ab") as stream:
            stream.write(b"x" * (100 if len(blocks) < 100 else 0))

    monkeypatch.setattr(archive, "BLOCK", 100)
    monkeypatch.setattr(archive.bounded, "goes_on", grow)
    for entry in walk(str(tmp_path / "grows")):
        archive.digest_of(entry)
    assert len(blocks) == 11


RENAMEAT2 = {"x86_64": 316, "aarch64": 276}
EXCHANGE, HERE = 2, -100


def _attack_tree(tree: Path, sentinel: Path) -> None:
    """Keep swapping directories of a tree for links to root's files."""
    libc = ctypes.CDLL(None)
    link = tree.parent / "link"
    while True:
        if not link.is_symlink():
            with contextlib.suppress(OSError):
                link.symlink_to(random.choice((sentinel, "/", "/etc")))
        names = (tree, tree / f"d{random.randrange(6)}", tree / f"d{random.randrange(6)}/f{random.randrange(6)}")
        number = RENAMEAT2[os.uname().machine]
        if libc.syscall(number, HERE, str(random.choice(names)).encode(), HERE, str(link).encode(), EXCHANGE) == 0:
            (tree.parent / "exchanged").touch()


def _build(tree: Path) -> None:
    subprocess.run(["rm", "-rf", str(tree)], check=False)
    for one in range(6):
        with contextlib.suppress(OSError):
            (tree / f"d{one}").mkdir(parents=True)
            for number in range(6):
                (tree / f"d{one}" / f"f{number}").write_text("mine", encoding="utf-8")


@pytest.mark.parametrize("act", ["remove", "archive"])
@attack("tree-exchanged", threat="a user exchanges directories for links", holds="nothing outside is touched or read")
def test_tree_that_is_exchanged_meanwhile_leads_nowhere(act: str, for_all: Path) -> None:
    hers, sentinel = for_all / "hers", for_all / "sentinel"
    hers.mkdir()
    sentinel.mkdir(mode=0o700)
    for number in range(6):
        (sentinel / f"f{number}").write_text("SENTINEL", encoding="utf-8")
    os.chown(hers, NOBODY, NOBODY)
    attacker = as_nobody(lambda: _attack_tree(hers / "tree", sentinel))
    try:
        for _round in range(8):
            os.waitpid(as_nobody(lambda: _build(hers / "tree")), 0)
            with contextlib.suppress(EndpointError, OSError):
                if act == "remove":
                    safe_remove.remove(str(hers / "tree"), "tree")
                else:
                    with (for_all / "kept.tar.gz").open("wb") as stream:
                        archive.write(stream, walk(str(hers / "tree")))
                    with tarfile.open(for_all / "kept.tar.gz") as kept:
                        contents = [kept.extractfile(one) for one in kept if one.isreg()]
                        assert all(b"SENTINEL" not in one.read() for one in contents if one is not None)
            assert {path.read_text(encoding="utf-8") for path in sentinel.iterdir()} == {"SENTINEL"}
            assert len(list(sentinel.iterdir())) == 6
        assert comes((hers / "exchanged").exists)
    finally:
        os.kill(attacker, signal.SIGKILL)
        os.waitpid(attacker, 0)
