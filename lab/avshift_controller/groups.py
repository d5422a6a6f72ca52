"""Control groups: everything in the root runs below a group of its own, so that all of it can be found and ended."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from .errors import ControllerError
from .processes import kill

# In the second version a group that has groups below it may hold no process itself.
COMMANDS = "commands"
GIVEN, INHERIT = ("cpuset.cpus", "cpuset.mems"), "cgroup.clone_children"
WAIT_SECONDS = 20
FIELDS_BEFORE_TYPE = " - "


@dataclass(frozen=True)
class Hierarchy:
    """One mounted hierarchy: where, of which version, and its options as mount(8) takes them."""

    point: Path
    version: int
    options: str


def hierarchies() -> list[Hierarchy]:
    """Return those that this process sees, in the order in which they were mounted."""
    found: dict[Path, Hierarchy] = {}
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        before, _separator, after = line.partition(FIELDS_BEFORE_TYPE)
        kind, _source, options = after.split(" ")[:3]
        point = Path(before.split(" ")[4])
        if kind == "cgroup":
            found[point] = Hierarchy(point, 1, _controllers(options))
        elif kind == "cgroup2":
            found[point] = Hierarchy(point, 2, "")
    return list(found.values())


def _controllers(options: str) -> str:
    """Return the options that identify a hierarchy; the others are the kernel's."""
    words = [word for word in options.split(",") if word not in ("rw", "ro", "xattr") and "=" not in word]
    named = [word for word in options.split(",") if word.startswith("name=")]
    return ",".join((named and ["none", *named]) or words)


def folders(name: str) -> list[Path]:
    """Return the group's folders, one for each hierarchy, whether they are there or not."""
    return [one.point / name for one in hierarchies()]


def make(name: str) -> None:
    """Make the group in every hierarchy."""
    for folder in folders(name):
        folder.mkdir(exist_ok=True)
        # In the first version a new group has no processors and no memory until some are assigned, nor do those below
        # it.
        for which in GIVEN:
            if (folder / which).exists():
                (folder / which).write_text((folder.parent / which).read_text(encoding="ascii"), encoding="ascii")
        if (folder / INHERIT).exists():
            (folder / INHERIT).write_text("1", encoding="ascii")
        (folder / COMMANDS).mkdir(exist_ok=True)


def make_below(name: str, call: str) -> None:
    """Make a group of its own for a command."""
    for folder in folders(name):
        (folder / COMMANDS / call).mkdir(exist_ok=True)


def enter(name: str, below: str) -> None:
    """Move this process into the group. For use between fork and exec."""
    for folder in folders(name):
        (folder / below / "cgroup.procs").write_text("0", encoding="ascii")


def move(pid: int, name: str) -> None:
    """Move a process into the group of commands."""
    for folder in folders(name):
        (folder / COMMANDS / "cgroup.procs").write_text(str(pid), encoding="ascii")


def kill_below(name: str, call: str) -> None:
    """Kill all that is in a command's own group."""
    for pid in members(f"{name}/{COMMANDS}/{call}"):
        kill(pid)


def members(name: str) -> set[int]:
    """Return the processes in the group and below it."""
    found: set[int] = set()
    for folder in folders(name):
        for place, _folders, _files in os.walk(folder):
            found |= set(_processes(Path(place)))
    return found


def _processes(folder: Path) -> list[int]:
    try:
        return [int(line) for line in (folder / "cgroup.procs").read_text(encoding="ascii").split()]
    except OSError:
        # It has ended meanwhile.
        return []


def end(name: str) -> None:
    """Kill all that is in the group, and remove it."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        left = members(name)
        for pid in left:
            kill(pid)
        if not left and all(_removed(folder) for folder in folders(name)):
            return
        if time.monotonic() > until:
            cause = f"processes {sorted(left)} do not end" if left else "the kernel keeps it"
            raise ControllerError(
                "Taking down", f"control group {name}", cause, "Look at these processes and try again"
            )
        time.sleep(0.05)


def _removed(folder: Path) -> bool:
    for place, _folders, _files in os.walk(folder, topdown=False):
        try:
            Path(place).rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            return False
    return not folder.exists()
