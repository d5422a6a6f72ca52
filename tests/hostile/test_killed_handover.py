"""What kills a run between two scanners, and what prevents its heir from restoring protection."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.handover import inherited
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import package_locks
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import own_places
from attacks import attack
from doing import NOBODY, comes, place_for_all, place_of_root
from killed_run import Killed, killed

OLD = {"old.timer", "old.service"}


@contextmanager
def _host(overlaps: bool = False) -> Iterator[Killed]:
    with place_of_root() as folder, killed(folder, overlaps) as host:
        yield host


@attack(
    "killed-between-scanners",
    threat="the run and all of its group are killed when the old scanner has stopped",
    holds="the old one is back within seconds, without another run",
)
def test_run_killed_between_two_scanners() -> None:
    with _host() as host:
        host.kill("old stopped")
        assert comes(lambda: host.runs() == OLD)


@attack(
    "killed-after-the-watch-struck",
    threat="the run is killed while the old scanner stops, when the watch over both has stopped the new one",
    holds="the old one is back within seconds, without another run",
)
def test_run_killed_when_the_watch_had_stopped_the_new_one() -> None:
    with _host(overlaps=True) as host:
        host.kill("old stopped", "struck")
        assert comes(lambda: host.runs() == OLD)


@attack(
    "another-run-between",
    threat="another run begins as soon as the first was killed between two scanners",
    holds="it has to wait until the host is protected again",
)
def test_another_run_beside_an_heir() -> None:
    with _host() as host:
        host.kill("old stopped")
        descriptor = os.open(host.folder / "lock", os.O_RDWR)
        try:
            with pytest.raises(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            assert comes(lambda: _is_free(descriptor))
            assert host.runs() == OLD
        finally:
            os.close(descriptor)


def _is_free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@attack(
    "heir-ended-with-its-scope",
    threat="its heir gets SIGTERM, and then the run is killed between two scanners",
    holds="the old one is back within seconds",
)
def test_heir_that_is_asked_to_end() -> None:
    with _host() as host:
        run = host.begin("old stopped")
        for pid in _of(run.pid):
            os.kill(pid, signal.SIGTERM)
        run.kill()
        run.communicate()
        assert comes(lambda: host.runs() == OLD)


def _of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [int(child) for child in children]


@pytest.mark.parametrize("is_root", [False, True])
@attack(
    "false-installer",
    threat="a user's program is named like an installer that a run has started",
    holds="protection does not wait for it, but for one of root's",
)
def test_program_that_looks_like_an_installer(is_root: bool) -> None:
    name = f"{own_places.FOLDERS[0]}/{own_places.PREFIX}x/setup"
    with _process([name, "-c", "import time; time.sleep(600)"], 0 if is_root else NOBODY) as pid:
        assert comes(lambda: name in Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8"))
        assert own_places.are_used() is is_root


@contextmanager
def _process(words: list[str], uid: int) -> Iterator[int]:
    pid = os.fork()
    if pid == 0:
        os.setgid(uid)
        os.setuid(uid)
        # The interpreter of this environment may be where a user cannot go.
        os.execv(shutil.which("python3", path="/usr/bin") or sys.executable, words)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


@attack(
    "users-package-lock",
    threat="a user locks the package manager's lock file, which all may read",
    holds="protection does not wait for that lock",
)
def test_lock_of_a_user_on_a_package_database(monkeypatch: pytest.MonkeyPatch) -> None:
    with place_for_all() as folder:
        lock = folder / "lock"
        lock.touch(mode=0o644)
        monkeypatch.setitem(package_locks.LOCKS, "rpm", (str(lock),))
        pid = os.fork()
        if pid == 0:
            _lock_as_a_user(lock)
        try:
            assert comes(lambda: package_locks.holder("rpm") is not None)
            assert not inherited._is_locked("rpm")
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _lock_as_a_user(path: Path) -> None:
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    descriptor = os.open(path, os.O_RDONLY)
    asked = struct.pack(package_locks.FLOCK, fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
    fcntl.fcntl(descriptor, fcntl.F_SETLK, asked)
    time.sleep(600)
    os._exit(1)
