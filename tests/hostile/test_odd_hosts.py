"""Automounts that no daemon serves, file systems in layers, and a kernel that starts no more processes."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attacks import attack
from doing import ANNOUNCE, PATIENCE, carried_out, command_line, place_of_root, step
from importable import REPOSITORY
from looking import MODULES, image, look

ASKED = {"home_path": ["KVRT2024_Data"], "group": ["root"], "account": ["root"]}
STOPPED = {**step("10-stopped", "handover", "handover", new=None), "undo": "It comes back."}
IN_TIME = 60


@contextlib.contextmanager
def automount(folder: Path, how: str) -> Iterator[int]:
    """Have the kernel ask for a mount at each access; yield the end at which it asks; no daemon answers."""
    library = ctypes.CDLL(None, use_errno=True)
    reading, writing = os.pipe()
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as daemon:
        options = f"fd={writing},pgrp={daemon.pid},minproto=5,maxproto=5,{how}".encode()
        done = library.mount(b"auto", os.fsencode(folder), b"autofs", 0, options)
        try:
            if done != 0:
                pytest.skip(f"no automount here: {os.strerror(ctypes.get_errno())}")
            yield reading
        finally:
            os.close(writing)
            library.umount2(os.fsencode(folder), 2)
            os.close(reading)
            daemon.kill()


def _was_asked(reading: int) -> bool:
    return bool(select.select([reading], [], [], 0)[0])


@pytest.mark.parametrize("how", ["indirect", "direct"])
@pytest.mark.parametrize("place", ["home/mallory", "home/mallory/KVRT2024_Data", "home", "opt"])
@attack(
    "look-automount",
    threat="a directory that is looked at is mounted on demand from a server that is gone",
    holds="nothing asks for the mount, the answer names the place, and everything else is answered",
)
def test_look_mounts_nothing(place: str, how: str, tmp_path: Path) -> None:
    root = image(tmp_path / "image", "mallory")
    (root / place).mkdir(exist_ok=True)
    asked = {**ASKED, "path": {"paths": ["/opt/kaspersky"], "children_of": [], "listed": []}}
    begun = time.monotonic()
    with automount(root / place, how) as requests:
        seen = look(asked, root)
        assert not _was_asked(requests)
    assert time.monotonic() - begun < IN_TIME
    assert any("/" + place in cause for cause in seen.unknown().values())
    assert "group:root" in seen.items


@pytest.mark.parametrize("how", ["indirect", "direct"])
@attack(
    "do-automount-in-a-tree",
    threat="a tree that is removed holds a directory that is mounted on demand from a server that is gone",
    holds="the step ends in time with its path, and nothing of what is mounted there goes",
)
def test_removal_ends_at_an_automount(how: str) -> None:
    with place_of_root() as root:
        (root / "kesl/auto").mkdir(parents=True)
        target = {"path": str(root / "kesl"), "scope": "tree", "expected_gone": []}
        going = {"id": "20-go", "part": "remove", "kind": "real_path_remove", "undo": "", "target": target}
        begun = time.monotonic()
        with automount(root / "kesl/auto", how):
            answer = carried_out(root, [ANNOUNCE, going], ["remove"], pending=["20-go"], limit=3)
            assert time.monotonic() - begun < IN_TIME
        assert answer["failure"]["code"] in ("time_limit", "path_is_mount")
        assert str(root / "kesl") in answer["failure"]["message"]
        assert (root / "kesl/auto").is_dir()


@attack(
    "do-layered-file-system",
    threat="the root is in layers (overlayfs): a file has another device number than its directory",
    holds="a tree is archived whole and removed, and what is on another file system in it stays",
)
def test_tree_in_layers_is_archived_and_removed() -> None:
    with place_of_root() as root, contextlib.ExitStack() as stack:
        for name in ("lower", "upper", "merged"):
            (root / name).mkdir()
        for name in ("lower", "upper"):
            _mounted(stack, root / name, "tmpfs", "")
        for name in ("upper/data", "upper/work", "lower/kesl/sub"):
            (root / name).mkdir(parents=True)
        for name in ("one", "sub/two"):
            (root / "lower/kesl" / name).write_text(name, encoding="utf-8")
        _mounted(
            stack,
            root / "merged",
            "overlay",
            f"lowerdir={root}/lower,upperdir={root}/upper/data,workdir={root}/upper/work",
        )
        (root / "merged/kesl/new").write_text("new", encoding="utf-8")
        tree, digest = str(root / "merged/kesl"), "d" * 64
        names = {"archive": str(root / f"kept/{digest}.tar.gz"), "manifest": str(root / f"kept/{digest}.sha256")}
        steps = [
            ANNOUNCE,
            _real("20-keep", "retain", paths=[tree], digest=digest, **names),
            _real("30-go", "path_remove", path=tree, scope="tree", expected_gone=[]),
        ]
        answer = carried_out(root, steps, ["remove"], pending=["20-keep", "30-go"])
        assert answer["failure"] is None, answer
        listed = subprocess.run(["tar", "-tzf", names["archive"]], capture_output=True, text=True, check=True).stdout
        assert all(f"kesl/{name}" in listed for name in ("one", "sub/two", "new"))
        assert not (root / "merged/kesl").exists()
        assert (root / "lower/kesl/one").exists()


def _real(name: str, kind: str, **target: Any) -> dict[str, Any]:
    return {"id": name, "part": "remove", "kind": f"real_{kind}", "undo": "", "target": target}


def _mounted(stack: contextlib.ExitStack, folder: Path, kind: str, options: str) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.mount(b"x", os.fsencode(folder), kind.encode(), 0, options.encode()) != 0:
        pytest.skip(f"no {kind} here: {os.strerror(ctypes.get_errno())}")
    stack.callback(library.umount2, os.fsencode(folder), 2)


# From the given fork on, the kernel has no process left.
NO_PROCESSES = """
import errno, os, sys
left, forked = [int(sys.argv[1])], os.fork
def fork():
    left[0] -= 1
    if left[0] < 0:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    return forked()
os.fork = fork
del sys.argv[1]
"""
LOOK = """
import json
sys.path.insert(0, {home!r})
from {modules}collect import main
from {modules}posix.running import starting
starting.SECONDS = 1
print(json.dumps(main.main({{"probes": json.dumps({asked!r}), "root": sys.argv[1]}}, False)))
"""


@pytest.mark.parametrize("left", [0, 1])
@attack(
    "look-without-processes",
    threat="a host is out of process ids, or of memory for another process",
    holds="an answer, in which what could not be looked at is unknown, or a failure that says so, without a traceback",
)
def test_look_without_processes_says_so(left: int, tmp_path: Path) -> None:
    root = image(tmp_path / "image", "mallory")
    program = NO_PROCESSES + LOOK.format(home=str(REPOSITORY / ".cache"), modules=MODULES, asked=ASKED)
    argv = [sys.executable, "-B", "-c", program, str(left), str(root)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    if told.get("failed"):
        assert told["code"] == "no_process" and "Resource temporarily unavailable" in told["msg"]
    else:
        items = {item["id"] for item in told["collected"]["evidence"]}
        assert all(items & {f"{kind}:root", f"{kind}:all"} for kind in ("group", "account"))


@pytest.mark.parametrize("left", [0, 1, 2])
@attack(
    "do-without-processes",
    threat="a host is out of process ids while nothing protects it",
    holds="the old protection is back, and every step has an outcome",
)
def test_run_without_processes_brings_protection_back(left: int) -> None:
    with place_of_root() as root:
        (root / "kesl").mkdir()
        target = {"path": str(root / "kesl"), "scope": "tree", "expected_gone": []}
        going = {
            "id": "20-go",
            "part": "remove",
            "kind": "retain",
            "undo": "",
            "target": {**target, "marker": "x", "seconds": 0},
        }
        steps = [ANNOUNCE, STOPPED, going, {**going, "id": "30-go", "kind": "real_path_remove"}]
        argv = command_line(root, steps, ["remove"], pending=["30-go"])
        argv[3] = NO_PROCESSES + argv[3]
        argv.insert(4, str(left))
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=PATIENCE)
        answer = json.loads(done.stdout)
        assert len(answer["outcomes"]) == 2
        if answer["failure"]:
            assert "Resource temporarily unavailable" in answer["failure"]["message"]
            assert (root / "kesl").is_dir()
        else:
            assert not (root / "kesl").exists()
