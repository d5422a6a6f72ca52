"""Who holds the root's namespaces: a small process inside, and a supervisor outside that ends it and cleans up.

The supervisor lives for as long as a command runs in the root, or anything else that one has started. Of a command that
was killed it ends what runs in its control group. It ends the inside when nothing is left there, and when a command was
killed and no other one runs.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from . import groups, locks
from .errors import ControllerError
from .places import HERE, Places
from .processes import began, dies_with_parent, kill

NAMESPACES = ("--mount", "--pid", "--fork", "--kill-child", "--ipc", "--cgroup", "--propagation", "private")
START_SECONDS = 60
IDLE_SECONDS = 5
LOOK_EVERY_SECONDS = 0.3


@dataclass(frozen=True)
class Holder:
    """The processes that hold a root's namespaces, by their process IDs outside."""

    root: str
    supervisor: int
    supervisor_began: str
    first: int
    first_began: str

    @property
    def lives(self) -> bool:
        """Whether both are still the processes that were noted."""
        return all(
            bool(start) and began(pid) == start
            for pid, start in ((self.supervisor, self.supervisor_began), (self.first, self.first_began))
        )


def noted(places: Places) -> Holder | None:
    """Return who was noted last; None if no one was."""
    try:
        return Holder(**json.loads(places.holder.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def down(places: Places) -> None:
    """End everything that runs in a root of this checkout or makes one, and what was left of it."""
    groups.end(places.making_group)
    with locks.held(places.lock("starting")):
        end(places)


def end(places: Places) -> None:
    """Do the same while the lock is already held."""
    holder = noted(places)
    if holder is not None and began(holder.supervisor) == holder.supervisor_began:
        kill(holder.supervisor)
    groups.end(places.control_group)
    places.holder.unlink(missing_ok=True)
    if places.calls.is_dir():
        for call in places.calls.iterdir():
            call.unlink(missing_ok=True)


def running(places: Places, root: Path) -> Holder:
    """Return the holder of a root; started, after a clean-up, if there is none."""
    with locks.held(places.lock("starting")) as lock:
        holder = noted(places)
        if holder is not None and holder.lives and holder.root == str(root):
            return holder
        end(places)
        return _start(places, root, lock)


def _start(places: Places, root: Path, lock: int) -> Holder:
    """Start a supervisor. It holds the lock too until it is noted: should this process be killed before that, whoever
    takes it down waits until it can be found.
    """
    argv = [sys.executable, "-B", str(HERE.parent / "controller.py"), "supervise", str(root), "--list", places.listed]
    argv += ["--lock", str(lock)]
    with places.log.open("wb") as log:
        supervisor = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, pass_fds=(lock,)
        )
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and supervisor.poll() is None:
        holder = noted(places)
        if holder is not None:
            return holder
        time.sleep(0.05)
    kill(supervisor.pid)
    groups.end(places.control_group)
    said = places.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-6:]
    raise ControllerError("Entering the root", str(root), " | ".join(said) or "it did not begin", f"See {places.log}")


def supervise(places: Places, root: str, lock: int) -> int:
    """Hold the namespaces of a root until they are no longer needed; ``lock`` is let go of once that is noted."""
    groups.make(places.control_group)
    places.cache.mkdir(parents=True, exist_ok=True)
    words = [word for one in groups.hierarchies() for word in (str(one.point), str(one.version), one.options)]
    enter = [str(HERE / "enter.sh"), root, str(places.checkout), str(places.cache), _git_elsewhere(places), *words]

    def prepare() -> None:
        dies_with_parent()
        groups.enter(places.control_group, "")

    outer = subprocess.Popen(["unshare", *NAMESPACES, "--", *enter], stdin=subprocess.DEVNULL, preexec_fn=prepare)
    first = _first(outer)
    if first:
        groups.move(outer.pid, places.control_group)
        groups.move(first, places.control_group)
        ready = Path(f"/proc/{first}/root/run/controller.ready")
        while outer.poll() is None and not ready.exists():
            time.sleep(0.02)
    if outer.poll() is None:
        base = groups.members(places.control_group)
        own = Holder(root, os.getpid(), began(os.getpid()), first, began(first))
        unfinished = places.holder.with_suffix(".new")
        unfinished.write_text(json.dumps(own.__dict__), encoding="utf-8")
        unfinished.replace(places.holder)
        os.close(lock)
        _look_after(places, outer, base)
    return 0


def _first(outer: subprocess.Popen[bytes]) -> int:
    """Return the number of the first process inside, 0 if there is none."""
    children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children")
    until = time.monotonic() + START_SECONDS
    while outer.poll() is None and time.monotonic() < until:
        found = children.read_text(encoding="ascii").split()
        if found:
            return int(found[0])
        time.sleep(0.01)
    return 0


def _look_after(places: Places, outer: subprocess.Popen[bytes], base: set[int]) -> None:
    """Return once the inside has ended by itself or was ended."""
    idle_since = time.monotonic()
    while True:
        time.sleep(LOOK_EVERY_SECONDS)
        _end_killed(places)
        with locks.if_free(places.lock("use")) as free:
            if not free:
                idle_since = time.monotonic()
                continue
            was_killed = places.calls.is_dir() and any(places.calls.iterdir())
            if groups.members(places.control_group) - base:
                idle_since = time.monotonic()
            if was_killed or outer.poll() is not None or time.monotonic() - idle_since > IDLE_SECONDS:
                _end_own(places)
                return


def _end_killed(places: Places) -> None:
    """End what a command that was killed has left running, while others go on. Its note stays until all is ended."""
    for call in places.calls.iterdir() if places.calls.is_dir() else ():
        with contextlib.suppress(FileNotFoundError):
            if began(int(call.name)) != call.read_text(encoding="ascii"):
                groups.kill_below(places.control_group, call.name)


def _end_own(places: Places) -> None:
    groups.end(places.control_group)
    places.holder.unlink(missing_ok=True)
    for call in places.calls.iterdir() if places.calls.is_dir() else ():
        call.unlink(missing_ok=True)


def _git_elsewhere(places: Places) -> str:
    """Return git's folder of a checkout that is a worktree of another, '' for an ordinary one."""
    pointer = places.checkout / ".git"
    if not pointer.is_file():
        return ""
    folder = pointer.read_text(encoding="utf-8").partition("gitdir:")[2].strip()
    return str(Path(folder).parent.parent) if "/worktrees/" in folder else ""
