"""The guard over two scanners, with the kernel's own permission marks: no reader waits longer than its limit."""

from __future__ import annotations

import ctypes
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.handover import guard, probe
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.handover.guard import Guard
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.handover.probe import Probe
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import interception
from ansible_collections.avshift.endpoint.plugins.module_utils.prove import test_files

# Asked about opens in a directory and of its entries, also new ones, it answers after some seconds: 1 (yes) or 2 (no).
SCANNER = """
import ctypes, os, struct, sys, threading, time
library = ctypes.CDLL(None, use_errno=True)
library.fanotify_mark.argtypes = [ctypes.c_int, ctypes.c_uint, ctypes.c_uint64, ctypes.c_int, ctypes.c_char_p]
descriptor = library.fanotify_init(4, os.O_RDONLY)
def mark(path):
    return library.fanotify_mark(descriptor, 1, 0x08010000, -100, os.fsencode(path))
failed = descriptor < 0 or mark(sys.argv[1])
def mark_new():
    known = set()
    while True:
        for one in os.scandir(sys.argv[1]):
            if one.path not in known and not mark(one.path):
                known.add(one.path)
        time.sleep(0.01)
threading.Thread(target=mark_new, daemon=True).start()
print("failed" if failed else "marked", flush=True)
while True:
    events = os.read(descriptor, 4096)
    while events:
        length, _version, _reserved, _size, _mask, opened, _pid = struct.unpack_from("=IBBHQii", events)
        time.sleep(float(sys.argv[2]))
        os.write(descriptor, struct.pack("=iI", opened, int(sys.argv[3])))
        os.close(opened)
        events = events[length:]
"""
LIMITS = {"limit": 60, "probe_limit": 1}
YES, NO = "1", "2"
# Another process's work must not be taken for a scanner's.
GENEROUS = 60


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory on its own file system, on a path that no user can redirect."""
    library = ctypes.CDLL(None, use_errno=True)
    made = Path(f"/var/lib/avshift-guard-{os.getpid()}")
    made.mkdir()
    assert library.mount(b"none", os.fsencode(made), b"tmpfs", 0, b"mode=0755") == 0
    try:
        yield made
    finally:
        library.umount2(os.fsencode(made), 2)
        made.rmdir()


@pytest.fixture
def scanner(folder: Path) -> Iterator[Callable[[str, str], subprocess.Popen[bytes]]]:
    """Starts a scanner that answers after some seconds; the kernel answers for it once it has ended."""
    begun: list[subprocess.Popen[bytes]] = []

    def start(seconds: str, answer: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", SCANNER, str(folder), seconds, answer], stdout=subprocess.PIPE
        )
        begun.append(process)
        assert process.stdout is not None
        if process.stdout.readline() != b"marked\n":
            pytest.skip("the kernel here has no permission marks")
        return process

    yield start
    for process in begun:
        process.kill()
        process.wait()


@pytest.fixture
def watched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Guard]:
    """Makes a guard over a process, which is the new one, and a process that is the old one."""
    systemctl: list[list[str]] = []
    monkeypatch.setattr(guard, "run", lambda argv, _limit: systemctl.append(argv))

    def make(new: int, old: int = 0, **limits: float) -> Guard:
        pids = {"/new": [new], "/old": [old] if old else []}

        def holders(below: list[str], *_bits: int) -> dict[int, list[str]]:
            found = {pid: interception.permission_marks(pid) for pid in pids[below[0]]}
            return {pid: targets for pid, targets in found.items() if targets}

        monkeypatch.setattr(guard.interception, "holders", holders)
        told = {"below": ["/new"], "guard": "", "unit": "new.service", "paths": [str(folder)]}
        return Guard({"below": ["/old"]}, told, {**LIMITS, **limits})

    return make


def _until(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + GENEROUS
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come about")


def test_a_new_one_that_does_not_answer_is_ended_and_everybody_reads_on(
    folder: Path, scanner: Callable[..., subprocess.Popen[bytes]], watched: Callable[..., Guard]
) -> None:
    wedged = scanner("1000", YES)
    with watched(wedged.pid) as watching:
        why = watching.finished()
        assert why is not None
        assert (why["why"], why["directory"]) == ("slow", str(folder))
    assert wedged.wait(GENEROUS) == -signal.SIGKILL
    assert os.listdir(folder) == []


def test_another_process_of_the_same_number_by_then_is_not_ended(
    watched: Callable[..., Guard], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = subprocess.Popen(["sleep", "600"])
    watching = watched(0)
    looks = iter([{other.pid: ["ino:1:1"]}])
    monkeypatch.setattr(guard.interception, "holders", lambda _below, *_bits: next(looks, {}))
    try:
        watching._stop()
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(1)
    finally:
        other.kill()
        other.wait()


def test_slow_answers_within_the_limit_are_borne(
    scanner: Callable[..., subprocess.Popen[bytes]], watched: Callable[..., Guard]
) -> None:
    slow = scanner("0.2", YES)
    with watched(slow.pid, probe_limit=GENEROUS) as watching:
        assert watching.ready() is None
        assert watching.struck() is None
        assert watching.probe.slowest() >= 0.15
    assert slow.poll() is None


def test_a_clean_file_that_is_refused_is_no_state_to_stay_in(
    scanner: Callable[..., subprocess.Popen[bytes]], watched: Callable[..., Guard]
) -> None:
    begun: list[subprocess.Popen[bytes]] = []
    with watched(0) as before:
        assert before.ready() is None
        begun.append(scanner("0", NO))
        assert _until(before.struck)["why"] == "refused"
    assert begun[0].poll() is None, "it was not the one that the guard watches over"


def test_two_that_stand_beside_each_other_for_too_long_are_parted(
    scanner: Callable[..., subprocess.Popen[bytes]], watched: Callable[..., Guard]
) -> None:
    new = scanner("0", YES)
    with watched(new.pid, limit=0.5, probe_limit=GENEROUS) as watching:
        assert _until(watching.struck)["why"] == "long"
        assert new.wait(GENEROUS) == -signal.SIGKILL


def test_one_that_ends_and_comes_back_was_not_beside_the_other_meanwhile(
    watched: Callable[..., Guard], monkeypatch: pytest.MonkeyPatch
) -> None:
    watching = watched(0, limit=0.3, probe_limit=GENEROUS)
    looks = itertools.cycle([{os.getpid(): ["mnt_id:1"]}, {}])
    monkeypatch.setattr(guard.interception, "holders", lambda _below, *_bits: next(looks))
    with watching:
        # Its reads are 20 ms apart: four times the limit.
        _until(lambda: watching.probe.rounds() >= 60)
        assert watching.struck() is None


def test_nobody_ends_the_new_one_once_the_old_one_is_gone(
    scanner: Callable[..., subprocess.Popen[bytes]], watched: Callable[..., Guard]
) -> None:
    new = scanner("0", YES)
    with watched(new.pid, limit=0.3, probe_limit=GENEROUS) as watching:
        watching.let_old_go()
        assert watching._child.wait(GENEROUS)
        assert watching.struck() is None
    assert new.poll() is None


@pytest.mark.parametrize("is_stopping", [False, True])
def test_a_run_that_is_killed_leaves_the_old_one_or_both(
    scanner: Callable[..., subprocess.Popen[bytes]], watched: Callable[..., Guard], is_stopping: bool
) -> None:
    """Before the old one is asked to stop, it stays alone; from then on the new one has to stay."""
    new, (reading, writing) = scanner("0", YES), os.pipe()
    pid = os.fork()
    if pid == 0:
        with watched(new.pid, probe_limit=GENEROUS) as watching:
            if watching.ready() is None and is_stopping:
                watching.let_old_go()
            os.write(writing, b"%d\n" % watching._child.pid)
            time.sleep(GENEROUS)
        os._exit(1)
    child = int(os.read(reading, 20))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    _until(lambda: not os.path.exists(f"/proc/{child}") or "\nState:\tZ" in _status(child))
    if is_stopping:
        assert new.poll() is None
    else:
        assert new.wait(GENEROUS) == -signal.SIGKILL
    for descriptor in (reading, writing):
        os.close(descriptor)


def _status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return "\nState:\tZ"


def test_a_watch_that_was_ended_is_no_watch(watched: Callable[..., Guard]) -> None:
    with watched(0) as watching:
        assert watching.ready() is None
        os.kill(watching._child.pid, signal.SIGKILL)
        assert _until(watching.struck)["why"] == "unwatched"


def test_a_probe_that_was_ended_shows_nothing_any_more(watched: Callable[..., Guard]) -> None:
    with watched(0) as watching:
        assert watching.ready() is None
        os.kill(watching.probe._readers[0]._child.pid, signal.SIGKILL)
        assert _until(watching.struck)["why"] == "slow"


def test_a_probe_whose_run_was_killed_takes_its_files_with_it(folder: Path) -> None:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with Probe([str(folder)]) as made:
            while made.rounds() < 2:
                time.sleep(0.01)
            os.write(writing, b"1")
            time.sleep(GENEROUS)
        os._exit(1)
    os.read(reading, 1)
    assert [name for name in os.listdir(folder) if test_files.MADE.match(name)] != []
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    _until(lambda: os.listdir(folder) == [])
    for descriptor in (reading, writing):
        os.close(descriptor)


def test_a_probe_reads_every_directory_again_and_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [folder / name for name in ("a", "b")]
    for one in folders:
        one.mkdir()
    with Probe([str(one) for one in folders]) as made:
        _until(lambda: made.rounds() >= 3)
        assert [len(os.listdir(one)) for one in folders] == [1, 1]
    assert [os.listdir(one) for one in folders] == [[], []]
    assert probe.EVERY == 0.02


def test_where_no_directory_can_be_read_the_two_are_not_tried(folder: Path, watched: Callable[..., Guard]) -> None:
    made = watched(0, limit=0.3, probe_limit=GENEROUS)
    made.probe._readers[0].folder = str(folder / "gone")
    with made as watching:
        told = watching.ready()
    assert told is not None
    assert told["why"] == "no_probe"
