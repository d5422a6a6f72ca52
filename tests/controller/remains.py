"""What a controller in a folder has left behind, as the kernel reports it, without any of the controller's code."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

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


def networks() -> set[str]:
    """Return every network namespace that a process is in, or that is mounted: they hold all interfaces and rules."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found.add(str((process / "ns/net").readlink()))
            table = (process / "mountinfo").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        found |= {word for word in table.split() if word.startswith("net:[")}
    return found


def groups(checkout: Path) -> set[str]:
    """Return the control groups of a checkout's controllers: others on this machine have theirs meanwhile."""
    names = [_group(checkout, listed) for listed in ("", "other")]
    return {str(path) for depth in ("", "*/") for name in names for path in GROUPS.glob(f"{depth}{name}*")}


def _group(checkout: Path, listed: str) -> str:
    return MARK + hashlib.sha256(f"{checkout.resolve()} {listed}".strip().encode()).hexdigest()[:12]
