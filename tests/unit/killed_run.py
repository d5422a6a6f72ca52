"""A handover in a separate process, between stand-ins that are files, so that what continues after its end can be seen.

A unit runs as long as a file of its name exists. Meanwhile its engine holds marks, and answers a self-test as the file
``new-is-bad`` says.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from handover_host import NEW, OLD
from importable import REPOSITORY

PATIENCE = 90
OVERLAP = {"start_limit": 60, "limit": 2, "probe_limit": 30, "signature": {}}
RUN = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
HOME = "ansible_collections.avshift.endpoint.plugins.module_utils."
def module(name):
    __import__(HOME + name)
    return sys.modules[HOME + name]
folder, target, place = sys.argv[2], json.loads(sys.argv[3]), sys.argv[4]
handover = module("apply.handover.handover")
names = ("both_marks", "guard", "incoming", "inherited", "outgoing", "overlap")
rooms = [handover] + [module("apply.handover." + name) for name in names]
checks = module("prove.checks")
errors = module("posix.errors")
module("posix.own.own_journal").PATH = folder + "/state/journal.json"
run_lock = module("posix.own.run_lock")
run_lock.PATH = folder + "/lock"
module("apply.announcement")._write = lambda text: told("syslog", text)
module("apply.handover.inherited").STAYS = 0.5
module("linux.package_locks").LOCKS = {}
# No process has so high a number.
PIDS = {"old.service": (1 << 22) - 2, "new.service": (1 << 22) - 3}
OF = {"/old": "old.service", "/new": "new.service"}
RUNNER = os.getpid()

def path(name):
    return os.path.join(folder, name)

def runs(name):
    return os.path.exists(path(name))

def told(*words):
    with open(path("said"), "a") as stream:
        stream.write(" ".join(words) + "\\n")

def here(name):
    if os.getpid() == RUNNER and name == place:
        told("at", place)
        time.sleep(600)

class Systemd:
    @staticmethod
    def show(names):
        return {name: {"ActiveState": "active" if runs(name) else "inactive", "LoadState": "loaded",
                       "UnitFileState": "enabled" if runs(name + "-enabled") else "disabled", "NRestarts": "0"}
                for name in names}
    @staticmethod
    def tell(verb, names, limit=0):
        told(verb, *names)
        for name in names:
            if verb in ("stop", "kill"):
                if runs(name):
                    os.unlink(path(name))
            else:
                open(path(name + "-enabled" if verb == "enable" else name), "w").close()
        here(verb + " " + names[-1])
    is_going = is_active = staticmethod(runs)
    reload_if_needed = forget_failures = staticmethod(lambda names: None)

class Interception:
    PERMISSION_BITS, TELLING_BITS = 1, 3
    @staticmethod
    def holders(below, bits=0):
        return {PIDS[OF[root]]: ["mnt_id:1"] for root in below if root in OF and runs(OF[root])}
    @staticmethod
    def permission_marks(pid, bits=0):
        return ["mnt_id:1"] if any(number == pid and runs(name) for name, number in PIDS.items()) else []
    inode_targets = staticmethod(lambda paths: {})
    uncovered = staticmethod(lambda paths, targets: [])

class Nothing:
    data = b""
    def __init__(self, *given): pass
    def __enter__(self): return self
    def __exit__(self, *error): pass
    def take_away(self): pass

def proof(*given, **named):
    return [checks.check("proof", "bad" if runs("new-is-bad") and runs("new.service") else "ok", "")]

def systemctl(argv, limit):
    Systemd.tell(argv[1], argv[3:])

for room in rooms:
    for name, value in (("systemd", Systemd), ("interception", Interception)):
        if hasattr(room, name):
            setattr(room, name, value)
guard, incoming, outgoing, overlap = (
    module("apply.handover." + name) for name in ("guard", "incoming", "outgoing", "overlap"))
guard.run, incoming.stop = systemctl, lambda names, limit: Systemd.tell("stop", names)
outgoing.TRIED_IN = target.get("tried", outgoing.TRIED_IN)
incoming.PROOF_LIMIT = incoming.PROOF_AGAIN = outgoing.PROOF_LIMIT = 0.2
for kind in ("real_time", "on_demand", "on_access", "vendor"):
    setattr(getattr(incoming, kind), "prove", proof)
outgoing.boot_links_remove.take_away = lambda name: []
overlap.OwnSignature, overlap.beside.prove = Nothing, proof
real_why, let_go = guard.Guard._why, guard.Guard.let_old_go
if "struck" in sys.argv[5:]:
    guard.Guard._why = lambda self, *rest: (
        guard._told(guard.SLOW, 1, "") if os.getppid() == RUNNER and self._memory[0] else real_why(self, *rest))
    def struck(self):
        let_go(self)
        assert self._child.wait(60)
    guard.Guard.let_old_go = struck

def marked(function, name):
    def done(*given, **named):
        result = function(*given, **named)
        here(name)
        return result
    return done
outgoing.Old.stop = marked(outgoing.Old.stop, "old stopped")
outgoing.Old.retire = marked(outgoing.Old.retire, "old retired")
guard.Guard.let_old_go = marked(guard.Guard.let_old_go, "old let go")
incoming.New.stand_beside = marked(incoming.New.stand_beside, "new beside")
with run_lock.held():
    if not handover.look(target):
        told("done", json.dumps(handover.do(target)))
"""


class Killed:
    """The host in a folder, and a run on it."""

    def __init__(self, folder: Path, overlaps: bool = False) -> None:
        self.folder = folder
        (folder / "protected").mkdir()
        for name in ("old.timer", "old.service"):
            (folder / name).touch()
        new: dict[str, Any] = {**NEW, "socket": "", "paths": [str(folder / "protected")]}
        new["overlap"] = OVERLAP if overlaps else None
        self.target: dict[str, Any] = {"digest": "d", "old": OLD, "new": new}

    def begin(self, place: str, *how: str) -> subprocess.Popen[str]:
        """Start a run and return once it waits at a place, or has ended, if it has no such place."""
        argv = [sys.executable, "-B", "-c", RUN, str(REPOSITORY / ".cache"), str(self.folder)]
        before = self.said().count(f"at {place}")
        run = subprocess.Popen(
            [*argv, json.dumps(self.target), place, *how], stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        assert comes(lambda: run.poll() is not None or self.said().count(f"at {place}") > before)
        return run

    def kill(self, place: str, *how: str) -> None:
        """Start a run, and kill it and all of its group at a place."""
        run = self.begin(place, *how)
        assert run.poll() is None, run.communicate()[1]
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()

    def finish(self) -> dict[str, Any]:
        """Run without an interruption and return the handover's facts, {} if there was nothing to do."""
        run = self.begin("nowhere")
        assert run.returncode == 0, run.communicate()[1]
        told = [line for line in self.said() if line.startswith("done ")]
        run.communicate()
        facts: dict[str, Any] = json.loads(told[-1].partition(" ")[2]) if told else {}
        return facts

    def said(self) -> list[str]:
        """Return the requests to systemd, and a run's messages, in order."""
        path = self.folder / "said"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def runs(self) -> set[str]:
        """Return the units that run."""
        return {path.name for path in self.folder.iterdir() if path.suffix in (".service", ".timer")}

    def heir_has_acted(self) -> bool:
        """Return whether an heir has reported so in the host's log."""
        return comes(lambda: any("protects again" in line for line in self.said()))

    def is_alone(self) -> bool:
        """Return whether all processes of a run are gone."""
        return comes(lambda: not any(str(self.folder) in words for words in _command_lines()))


def _command_lines() -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes().decode("utf-8", "replace")
        except OSError:
            continue


def comes(is_so: Callable[[], Any]) -> bool:
    """Return whether something becomes true."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.02)
    return False


@contextmanager
def killed(folder: Path, overlaps: bool = False) -> Iterator[Killed]:
    """Lend a host, and make sure that no process of its runs remains."""
    made = Killed(folder, overlaps)
    try:
        yield made
    finally:
        assert made.is_alone()
