"""What attacks on the endpoint's changes share: a run of stand-in steps in a separate process, and root's directory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from importable import REPOSITORY

NOBODY = 65534
MODULES = "ansible_collections.avshift.endpoint.plugins.module_utils"
# Slow machines get all the time they need: a test that holds ends long before.
PATIENCE = 90
# ``sleep`` is a step that changes something with a command and then notes it on the disk; ``lose`` cannot be undone.
RUN = """
import importlib, json, os, sys, time
sys.path.insert(0, sys.argv[1])
from ansible_collections.avshift.endpoint.plugins.module_utils.apply import announcement, main, runner
from ansible_collections.avshift.endpoint.plugins.module_utils.apply import in_child
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.files import foreign, kit_file
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import own_journal, own_places, run_lock
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running import bounded, commands
folder, given = sys.argv[2], json.loads(sys.argv[3])
own_journal.PATH, run_lock.PATH = folder + "/state/journal.json", folder + "/lock"
own_places.FOLDERS = [folder]
in_child.LIMIT = kit_file.LIMIT = given.pop("limit", in_child.LIMIT)
own_journal.LIMIT = in_child.LIMIT
if given.pop("as_disk", False):
    # A disk that dies is no file system of a network, which is known before it is entered.
    foreign.remote_mounts = lambda *_root: {}
for name, value in given.pop("places", {}).items():
    module, _dot, constant = name.rpartition(".")
    setattr(importlib.import_module(main.__name__.partition(".apply.")[0] + "." + module), constant, value)
commands.SEARCH_PATH = given.pop("programs", "") + ":" + commands.SEARCH_PATH

def there(name):
    return os.path.exists(os.path.join(folder, name))

def touch(name):
    open(os.path.join(folder, name), "w").close()

class Command:
    look = staticmethod(lambda target: there(target["marker"]))
    @staticmethod
    def do(target):
        commands.must(["sh", "-c", target["script"], folder], 60, "Doing", "Look.", lasting=True)

class Waits:
    look = staticmethod(lambda target: there(target["marker"]))
    @staticmethod
    def do(target):
        touch(target["marker"] + "-begun")
        deadline = time.monotonic() + target["seconds"]
        while time.monotonic() < deadline:
            time.sleep(0.01)
        touch(target["marker"])

class Grows:
    look = staticmethod(lambda target: False)
    @staticmethod
    def do(target):
        while True:
            bounded.goes_on()
            with open(os.path.join(folder, target["marker"]), "a") as grown:
                grown.write("x")
            time.sleep(0.01)

class Touch:
    look = staticmethod(lambda target: there(target["marker"]))
    do = staticmethod(lambda target: touch(target["marker"]))

class Stopped:
    look = staticmethod(lambda target: True)
    do = staticmethod(lambda target: None)
    @staticmethod
    def undo(target):
        touch("old-protection-is-back")
        return {"old_is_back": True}

real = {"real_" + name: kind for name, kind in runner.KINDS.items()}
runner.KINDS.update(real, command=Command, packages_remove=Waits, retain=Waits, touch=Touch, handover=Stopped)
runner.KINDS.update(flags_clear=Grows)
runner.KINDS.update((name, real["real_" + name]) for name in given.pop("real", ()))
answer = getattr(main, given.pop("entry", "main"))(given, False)
open(os.path.join(folder, "answer.json"), "w").write(json.dumps(answer))
print(json.dumps(answer), flush=True)
"""
ANNOUNCE = {
    "id": "00-announce",
    "part": "stage",
    "kind": "announce",
    "undo": "",
    "target": {"digest": "d" * 64, "change_id": "CHG1", "products": []},
}


def step(name: str, kind: str, part: str = "stage", **target: Any) -> dict[str, Any]:
    """Return a step as an endpoint gets it."""
    return {"id": name, "part": part, "kind": kind, "undo": "", "target": {"marker": name, **target}}


def command_line(folder: Path, steps: list[dict[str, Any]], parts: list[str], **more: Any) -> list[str]:
    """Return the command that carries out steps, with its lock and journal in a folder."""
    given = {"steps": steps, "parts": parts, "pending": None, **more}
    return [sys.executable, "-B", "-c", RUN, str(REPOSITORY / ".cache"), str(folder), json.dumps(given)]


def carried_out(folder: Path, steps: list[dict[str, Any]], parts: list[str], **more: Any) -> dict[str, Any]:
    """Carry out steps in a separate process and return the answer."""
    done = subprocess.run(
        command_line(folder, steps, parts, **more), capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert done.stdout.startswith("{"), done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def comes(is_so: Callable[[], Any]) -> bool:
    """Return whether something becomes true."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.02)
    return False


def noted(folder: Path) -> dict[str, Any]:
    """Return {step: outcome} of the last run in the journal on the disk."""
    path = folder / "state/journal.json"
    if not path.exists():
        return {}
    results = json.loads(path.read_text(encoding="utf-8"))["runs"][-1].get("results", {})
    return {one["id"]: one["outcome"] for part in results.values() for one in part["outcomes"]}


@contextmanager
def place_of_root() -> Iterator[Path]:
    """Lend a directory that belongs to root, with everything above it."""
    made = Path(tempfile.mkdtemp(prefix="avshift-hostile-", dir="/root"))
    try:
        yield made
    finally:
        shutil.rmtree(made)


@contextmanager
def place_for_all() -> Iterator[Path]:
    """Lend a directory that every user can enter, with one (``out``) that every user can write to."""
    made = Path(tempfile.mkdtemp(prefix="avshift-hostile-", dir="/tmp"))
    try:
        made.chmod(0o755)
        (made / "out").mkdir()
        (made / "out").chmod(0o777)
        yield made
    finally:
        shutil.rmtree(made)


def as_nobody(act: Callable[[], Any]) -> int:
    """Do something as a user without rights, in a child, and return the child's process id."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            act()
        finally:
            os._exit(0)
    return child
