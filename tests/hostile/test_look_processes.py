"""Processes that pretend to belong to a product, and how a look deals with them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.services import processes_end
from ansible_collections.avshift.endpoint.plugins.module_utils.prove import real_time
from attacks import attack
from looking import MALLORY, look

SLEEP = shutil.which("sleep") or "/bin/sleep"
ENDS = 60


@pytest.fixture
def product() -> Iterator[Path]:
    """A directory of root in which a product would be installed, outside /tmp."""
    folder = Path(f"/var/lib/avshift-hostile-product-{os.getpid()}")
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def _seen(product: Path) -> list[str]:
    asked = {"process": [str(product)], "socket": {"held_below": [str(product)], "paths": []}}
    return [name for name, item in look(asked).items.items() if "value" in item and str(product) in name]


def _running(argv: list[str], user: int = 0) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        argv, user=user or None, group=user or None, extra_groups=[] if user else None, start_new_session=True
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _await_executable(pid: int, path: str) -> None:
    deadline = time.monotonic() + ENDS
    while time.monotonic() < deadline:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "exe").startswith(path) and _is_of(int(process.name), pid):
                    return
            except OSError:
                continue
        time.sleep(0.05)
    raise AssertionError("the forged process never ran")


def _is_of(process: int, ancestor: int) -> bool:
    while process > 1:
        if process == ancestor:
            return True
        stat = Path(f"/proc/{process}/stat").read_bytes()
        process = int(stat.rpartition(b")")[2].split()[1])
    return False


def _forge(product: Path, how: str) -> str:
    """Return a script that runs sleep under the product's path, as a user can who may mount in a namespace."""
    parent, name = product.parent, product.name
    make = f"mount -t tmpfs none {parent} && mkdir -p {parent}/{name} && cp {SLEEP} {parent}/{name}/kesl"
    return {
        "copy": f"{make} && exec {parent}/{name}/kesl 60",
        "bind": f"mount -t tmpfs none {parent} && mkdir -p {parent}/{name} && touch {parent}/{name}/kesl && "
        f"mount --bind {SLEEP} {parent}/{name}/kesl && exec {parent}/{name}/kesl 60",
        "deleted": f"{make} && {{ {parent}/{name}/kesl 60 & sleep 0.3; rm {parent}/{name}/kesl; wait; }}",
        # For the kernel's readers, this is a file of root's that is deleted.
        "root-deleted": f"{make} && touch '{parent}/{name}/kesl (deleted)' && "
        f"mount --bind {SLEEP} '{parent}/{name}/kesl (deleted)' && exec '{parent}/{name}/kesl (deleted)' 60",
    }[how]


@pytest.mark.parametrize("installed", [False, True], ids=["not-installed", "installed"])
@pytest.mark.parametrize("how", ["copy", "bind", "deleted", "root-deleted"])
@attack(
    "look-forged-process",
    threat="a user runs a program under a product's path, in user and mount name spaces of her own",
    holds="it counts neither as the product's process nor as a sign of it",
)
def test_forged_process_is_not_the_products(product: Path, how: str, installed: bool) -> None:
    if installed:
        shutil.copy(shutil.which("true") or "/bin/true", product / "kesl")
    forge = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", _forge(product, how)]
    process = _running(forge, MALLORY)
    try:
        _await_executable(process.pid, str(product / "kesl"))
        assert _seen(product) == []
    finally:
        _end(process)


@pytest.mark.parametrize("how", ["copy", "bind", "deleted", "root-deleted"])
@attack(
    "end-forged-process",
    threat="such a program of a user's starts again as fast as it can while a product's processes are to be ended",
    holds="none of hers is looked at or ended, and the step is done at once",
)
def test_forged_process_holds_up_no_step(product: Path, how: str) -> None:
    forge = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", _forge(product, how)]
    process = _running(forge, MALLORY)
    try:
        _await_executable(process.pid, str(product / "kesl"))
        hers = _pids(str(product / "kesl"))
        target = {"below": [str(product)], "first": []}
        assert processes_end.look(target)
        assert processes_end.do(target) == {"ended": []}
        assert hers & _pids(str(product / "kesl")) == hers != set()
    finally:
        _end(process)


def _pids(path: str) -> set[str]:
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(process / "exe").startswith(path):
                found.add(process.name)
    return found


# What any user may ask of the kernel since Linux 5.13: to be notified when something in a directory is opened.
NOTIFIED = """
import ctypes, os, sys, time
library = ctypes.CDLL(None, use_errno=True)
if "hide" in sys.argv:
    library.prctl(4, 0, 0, 0, 0)
group = library.fanotify_init(0x200, 0)
mask, place = ctypes.c_ulonglong(0x8000021), os.fsencode(sys.argv[1])
print("marked" if group >= 0 and library.fanotify_mark(group, 1, mask, -100, place) == 0 else "refused", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("hides", [[], ["hide"]], ids=["plain", "hides"])
@attack(
    "prove-forged-notifications",
    threat="a user's process under the path of an engine that only reports asks to be notified, as any user may",
    holds="it does not count as the engine: the check of its marks fails",
)
def test_notifications_of_a_user_prove_no_engine(hides: list[str]) -> None:
    python = os.path.realpath(shutil.which("python3", path="/usr/bin") or "")
    if not os.path.isfile(python):
        pytest.skip("no Python of the system's that another user can run")
    with subprocess.Popen(
        [python, "-c", NOTIFIED, "/tmp", *hides],
        user=MALLORY,
        group=MALLORY,
        extra_groups=[],
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
    ) as process:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "marked":
            process.kill()
            pytest.skip("this kernel notifies root only")
        checks = {one["id"]: one["result"] for one in real_time.prove([python], tells=True)}
        process.kill()
    assert checks["real_time_marks"] == "bad"


@pytest.mark.parametrize("how", ["plain", "deleted", "own-mounts", "own-mounts-deleted"])
@attack(
    "look-real-process-is-not-hidden",
    threat="a product runs with mounts of its own, as systemd gives services, or its file was replaced meanwhile",
    holds="its process is found all the same: the defence against forged ones hides no real one",
)
def test_real_process_is_seen(product: Path, how: str) -> None:
    path = product / "kesl"
    shutil.copy(SLEEP, path)
    own = ["unshare", "--mount", "--propagation", "private"] if "own-mounts" in how else []
    process = _running([*own, str(path), "60"])
    try:
        _await_executable(process.pid, str(path))
        if "deleted" in how:
            path.unlink()
        assert _seen(product) == [f"process:{path}"]
    finally:
        _end(process)


NAMED = """
import ctypes, sys, time
ctypes.CDLL(None).prctl(15, sys.argv[1].encode("latin-1"), 0, 0, 0)
print(flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("name", ["kesl", "x) R 1 (", "\n\x1b[2J", "\xff\xfe"])
@attack(
    "look-process-named-like-a-product",
    threat="a user's process gives itself a product's name, or one that breaks what reads /proc",
    holds="it is no sign of the product, and the look is whole",
)
def test_name_alone_is_no_process(product: Path, name: str) -> None:
    with subprocess.Popen([sys.executable, "-c", NAMED, name], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        seen = look({"process": [str(product)], "group": ["root"], "account": ["root"]})
        process.kill()
    assert not [found for found in seen.items if found.startswith("process:/")]
    assert "group:root" in seen.items
    assert not seen.unknown()


@attack(
    "look-processes-come-and-go",
    threat="a user starts and ends processes as fast as she can, so that process ids are used again while root looks",
    holds="the look ends, is whole, and nothing of hers is a product's process",
)
def test_processes_that_come_and_go_confuse_nothing(product: Path) -> None:
    loop = _running(["sh", "-c", "while :; do /bin/true; done"], MALLORY)
    try:
        for _turn in range(3):
            assert _seen(product) == []
    finally:
        _end(loop)
