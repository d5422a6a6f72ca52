"""What a controller in a folder has left behind, as the kernel reports it, without any of the controller's code."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
SO_NETNS_COOKIE = 71
# Prints the cookie of the network namespace that it runs in; never used twice while the machine is up.
COOKIE = (
    "import socket, sys; "
    f"print(int.from_bytes(socket.socket(socket.AF_UNIX).getsockopt(1, {SO_NETNS_COOKIE}, 8), sys.byteorder))"
)
GROUPS = Path("/sys/fs/cgroup")
MARK = "avshift-controller-"


def mounts(folder: Path) -> list[str]:
    """Return the lines of every process's mountinfo that name a folder."""
    found = []
    for table in Path("/proc").glob("[0-9]*/mountinfo"):
        try:
            lines = table.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        found += [f"{table}: {line}" for line in lines if f"{folder}/" in line + "/"]
    return found


def processes(folder: Path) -> list[str]:
    """Return the processes whose root, directory or command line is in a folder, except this one."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        try:
            places = [str((process / link).readlink()) for link in ("root", "cwd")]
            command = (process / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        except OSError:
            continue
        if any(place.startswith(str(folder)) for place in places) or any(str(folder) in word for word in command):
            found.append(f"{process.name}: {' '.join(command)}")
    return found


def networks() -> set[int]:
    """Return every network namespace that a process is in, or that is mounted: they hold all interfaces and rules.

    They are named by the kernel's cookies, as ``COOKIE`` prints them: the inode number of a namespace that is gone is
    given to the next one, whoever makes it.
    """
    found: dict[int, list[Path]] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for path in (process / "ns/net", *_mounted(process)):
                found.setdefault(path.stat().st_ino, []).append(path)
    with ThreadPoolExecutor(1) as other:
        return set().union(*(other.submit(_cookie, paths).result() for paths in found.values()))


def _mounted(process: Path) -> list[Path]:
    lines = (process / "mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    fields = [line.split(" ") for line in lines]
    return [process / "root" / of[4].lstrip("/") for of in fields if of[3].startswith("net:[")]


def _cookie(paths: list[Path]) -> set[int]:
    """Return the cookie of a namespace by any of its paths, none if it has ended. The calling thread stays in it."""
    for path in paths:
        # What a process that has ended leads to is no longer there, or is refused.
        with contextlib.suppress(FileNotFoundError, PermissionError), path.open("rb") as namespace:
            if LIBC.setns(namespace.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns", str(path))
            with socket.socket(socket.AF_UNIX) as inside:
                return {int.from_bytes(inside.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8), sys.byteorder)}
    return set()


def groups(checkout: Path) -> set[str]:
    """Return the control groups of a checkout's controllers: others on this machine have theirs meanwhile."""
    names = [_group(checkout, listed) for listed in ("", "other")]
    return {str(path) for depth in ("", "*/") for name in names for path in GROUPS.glob(f"{depth}{name}*")}


def _group(checkout: Path, listed: str) -> str:
    return MARK + hashlib.sha256(f"{checkout.resolve()} {listed}".strip().encode()).hexdigest()[:12]
