"""A file system that stops answering under steps that run commands too, and commands that take long beside it."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attacks import attack
from doing import ANNOUNCE, PATIENCE, carried_out, comes, command_line, place_of_root, step
from looking import hung

LIMIT, IN_TIME = 2, 60
STOPPED = {**step("10-stopped", "handover", "handover", new=None), "undo": "It comes back."}
NONE = hashlib.sha256(b"").hexdigest()
SHOWN = "Id=x\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\nActiveEnterTimestampMonotonic=1\n"
# Of the others it is not certain that nothing was lost.
RETURNING = ("unit", "enrol", "kit_install")
KINDS = ("certificate_remove", "selinux_contexts_remove", "unit", "enrol", "kit_install")


@pytest.fixture
def root() -> Iterator[Path]:
    """A directory of root with one, ``dead``, whose file system will not answer, and a systemctl of its own."""
    with place_of_root() as made:
        (made / "dead").mkdir()
        (made / "programs").mkdir()
        program(made / "programs/systemctl", f"cat <<END\n{SHOWN}END")
        yield made


def program(path: Path, script: str) -> Path:
    """Write a program."""
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def _target(root: Path, kind: str) -> dict[str, Any]:
    """Return a step's target that lies on the file system that does not answer."""
    path = str(root / "dead/one")
    more = {"steps": [{"file": path, "secret": "key"}], "values": {"key": "k"}, "name": "Acme", "undo": []}
    return {
        "certificate_remove": {"store": "system", "files": [path], "links": [], "deselect": [], "sha256": NONE},
        "selinux_contexts_remove": {"path": path, "whole": False, "edits": [], "place": "selinux", "tool": ""},
        "unit": {"name": "x.service", "running": True, "enabled": True, "newer_than": [path], "limit": 5},
        "enrol": {"probes": [_probe()], "retries": 1, "delay": 0, **more},
        "kit_install": {"path": path, "sha256": NONE, "argv": [path], "limit": 5, "installed": path, "uninstall": []},
    }[kind]


def _probe() -> dict[str, Any]:
    rule = {"id": "joined", "field": "Joined", "ok": ["yes"], "bad": ["no"]}
    return {"argv": ["/bin/echo", "Joined: no"], "limit": 10, "output": "key_value", "checks": [rule]}


def _real(kind: str, part: str, target: dict[str, Any]) -> dict[str, Any]:
    return {"id": "20-hangs", "part": part, "kind": f"real_{kind}", "undo": "", "target": target}


@pytest.mark.skipif(not os.access("/dev/fuse", os.W_OK), reason="there is no FUSE here")
@pytest.mark.parametrize("kind", KINDS)
@attack(
    "do-hung-with-commands",
    threat="a file system stops answering under a step that works on files and runs commands, with nothing protecting",
    holds="the step fails in time, the old protection is back if nothing was lost, and the next run is let in",
)
def test_step_with_commands_ends_where_a_disk_does_not_answer(kind: str, root: Path) -> None:
    hangs, last = _real(kind, "remove", _target(root, kind)), step("30-go", "touch", "remove")
    begun = time.monotonic()
    with hung(root / "dead"):
        answer = carried_out(
            root,
            [ANNOUNCE, STOPPED, hangs, last],
            ["remove"],
            pending=["20-hangs", "30-go"],
            limit=LIMIT,
            programs=str(root / "programs"),
        )
        assert time.monotonic() - begun < IN_TIME
        assert (answer["failure"]["code"], answer["failure"]["step"]) == ("time_limit", "20-hangs")
        assert not (root / "30-go").exists()
        assert (root / "old-protection-is-back").exists() == (kind in RETURNING)
        free = carried_out(root, [ANNOUNCE, step("c", "touch")], ["stage"], controller="another")
    assert free["failure"] is None


# A kind of step that uses the package manager's own files or memory, and where these are.
PLACES: dict[str, tuple[dict[str, Any], str]] = {
    "await_packages": ({"databases": ["dpkg"], "limit": 1}, "linux.package_locks.LOCKS"),
    "debconf": (
        {"question": "a/b", "value": "true", "owner": "a", "type": "boolean"},
        "collect.packages.debconf.DATABASE",
    ),
    "packages_install": ({"changes": [{"name": "a", "new": "1"}], "by": "apt-get"}, "linux.dpkg_status.STATUS"),
    "packages_remove": ({"names": ["a"], "services": [], "by": "apt-get"}, "linux.dpkg_status.STATUS"),
    "signatures_check": ({"files": {"a.ndb": "a"}}, "apply.packages.signatures_check.MEMORY"),
}


@pytest.mark.skipif(not os.access("/dev/fuse", os.W_OK), reason="there is no FUSE here")
@pytest.mark.parametrize("kind", PLACES)
@attack(
    "do-hung-packages",
    threat="the file system with the package manager's own files stops answering under a step, with nothing protecting",
    holds="the step fails in time, the old protection is back if nothing was lost, and the next run is let in",
)
def test_step_on_packages_ends_where_a_disk_does_not_answer(kind: str, root: Path) -> None:
    (target, place), path = PLACES[kind], str(root / "dead/one")
    there = {place: {"dpkg": [path]} if place.endswith("LOCKS") else path}
    steps = [ANNOUNCE, STOPPED, _real(kind, "remove", target), step("30-go", "touch", "remove")]
    begun = time.monotonic()
    with hung(root / "dead"):
        more = {"pending": ["20-hangs", "30-go"], "limit": LIMIT, "places": there, "as_disk": True}
        answer = carried_out(root, steps, ["remove"], **more)
        assert time.monotonic() - begun < IN_TIME
    assert (answer["failure"]["code"], answer["failure"]["step"]) == ("time_limit", "20-hangs")
    assert not (root / "30-go").exists()
    assert (root / "old-protection-is-back").exists() == (kind != "packages_remove")


@pytest.mark.skipif(not os.access("/dev/fuse", os.W_OK), reason="there is no FUSE here")
@attack(
    "do-hung-journal",
    threat="the file system with the run's journal does not answer",
    holds="the run ends in time, names the journal, and has changed nothing; the next one is let in",
)
def test_run_ends_where_its_journal_does_not_answer(root: Path) -> None:
    steps = [ANNOUNCE, step("a", "touch")]
    begun = time.monotonic()
    with hung(root / "dead"):
        there = {"posix.own.own_journal.PATH": str(root / "dead/journal.json")}
        answer = carried_out(root, steps, ["stage"], limit=LIMIT, places=there, entry="started")
        assert time.monotonic() - begun < IN_TIME
        assert (answer["failed"], answer["code"]) == (True, "time_limit")
        assert str(root / "dead/journal.json") in answer["msg"]
        assert not (root / "a").exists()
        free = carried_out(root, steps, ["stage"], controller="another")
    assert free["failure"] is None


def _installer(root: Path, script: str) -> dict[str, Any]:
    path = program(root / "kit.run", script)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    more = {"limit": 60, "installed": str(root / "installed"), "uninstall": []}
    return _real("kit_install", "stage", {"path": str(path), "sha256": digest, "argv": [str(path)], **more})


def _copies(root: Path) -> list[str]:
    return [path.name for path in root.iterdir() if path.name.startswith(".avshift")]


def _goes_on_to_its_end(root: Path, steps: list[dict[str, Any]]) -> None:
    """Make sure that an installer that waits comes to its end, and that the next run leaves no copy of it."""
    (root / "go").touch()
    assert comes((root / "installed").exists)
    assert carried_out(root, steps, ["stage"], controller="another")["failure"] is None
    assert _copies(root) == []


@attack(
    "do-slow-installer",
    threat="an installer takes many times longer than a disk may be without progress",
    holds="it is not taken for a disk that hangs, and its copy is gone afterwards",
)
def test_installer_may_take_long(root: Path) -> None:
    steps = [ANNOUNCE, _installer(root, f"sleep 7; touch {root}/installed"), step("z", "touch")]
    answer = carried_out(root, steps, ["stage"], limit=1)
    assert answer["failure"] is None, answer
    assert (root / "z").exists()
    assert _copies(root) == []


@attack(
    "do-installer-outlives",
    threat="the run is killed while an installer works",
    holds="the installer goes on to its end, and the next run removes its copy",
)
def test_installer_outlives_a_killed_run(root: Path) -> None:
    script = f"touch {root}/begun; while [ ! -e {root}/go ]; do sleep 0.05; done; touch {root}/installed"
    steps = [ANNOUNCE, _installer(root, script), step("z", "touch")]
    with subprocess.Popen(command_line(root, steps, ["stage"]), stdout=subprocess.DEVNULL) as run:
        assert comes((root / "begun").exists)
        run.kill()
    time.sleep(1)
    _goes_on_to_its_end(root, steps)


# What the engine that loads the owner's signatures does: it takes long, or ends who waits for it as the kernel would.
ENGINES = {"told-to-end": "sleep 8; touch {0}/later", "killed": "kill -KILL $PPID"}


@pytest.mark.parametrize("how", ENGINES)
@attack(
    "do-scratch-left",
    threat="a run is told to end, or the child of a step is killed, while a command reads the owner's files in memory",
    holds="the files are gone when the run has ended, and the command does not outlive it",
)
def test_no_file_in_memory_outlives_its_step(how: str, root: Path) -> None:
    script = f"touch {root}/begun; " + ENGINES[how].format(root)
    target = {"files": {"a.ndb": "the owner's"}, "argv": ["sh", "-c", script], "limit": 30, "ok": [0], "refuses": "-"}
    steps, memory = [ANNOUNCE, _real("signatures_check", "stage", target)], str(root)
    there = {"apply.packages.signatures_check.MEMORY": memory, "posix.files.scratch.MEMORY": memory}
    argv = command_line(root, steps, ["stage"], places=there)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as run:
        assert comes((root / "begun").exists)
        if how == "told-to-end":
            run.terminate()
        answer = json.loads(run.communicate(timeout=PATIENCE)[0])
    assert answer["failure"]["code"] == ("child_ended" if how == "killed" else "interrupted")
    assert _copies(root) == []
    time.sleep(9 if how == "told-to-end" else 0)
    assert not (root / "later").exists()


# It needs its own file to the end, is disturbed by another one, and undoes what a later step had done before.
NEEDS_ITSELF = """
echo begun >>{0}/log; sleep 3; cat "$0" >/dev/null || exit 1; rm {0}/z; touch {0}/installed; echo ended >>{0}/log
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
@attack(
    "do-installer-beside-the-next-run",
    threat="a run ends while an installer works, and the next one begins at once",
    holds="the installer keeps its file, no second one runs beside it, and what it undid is done again after it",
)
def test_next_run_waits_for_the_installer_of_a_run_that_ended(how: signal.Signals, root: Path) -> None:
    steps = [ANNOUNCE, _installer(root, NEEDS_ITSELF.format(root)), step("z", "touch")]
    with subprocess.Popen(command_line(root, steps, ["stage"]), stdout=subprocess.DEVNULL) as run:
        assert comes((root / "log").exists)
        (root / "z").touch()
        run.send_signal(how)
    answer = carried_out(root, steps, ["stage"], controller="another")
    assert answer["failure"] is None
    assert (root / "log").read_text(encoding="utf-8").split() == ["begun", "ended"]
    assert (root / "z").exists()
    assert _copies(root) == []


@attack(
    "do-installer-that-does-not-end",
    threat="the installer of a killed run does not end at all",
    holds="the next run fails in time, says so, and runs none beside it",
)
def test_next_run_fails_where_an_installer_does_not_end(root: Path) -> None:
    hangs = _installer(root, f"echo $$ >>{root}/log; while :; do sleep 0.1; done")
    steps = [ANNOUNCE, {**hangs, "target": {**hangs["target"], "limit": 2}}, step("z", "touch")]
    with subprocess.Popen(command_line(root, [ANNOUNCE, hangs], ["stage"]), stdout=subprocess.DEVNULL) as run:
        assert comes(lambda: (root / "log").exists() and (root / "log").read_text(encoding="utf-8"))
        run.kill()
    (running,) = (root / "log").read_text(encoding="utf-8").split()
    try:
        answer = carried_out(root, steps, ["stage"], controller="another")
        assert (answer["failure"]["code"], answer["failure"]["step"]) == ("installer_at_work", "20-hangs")
        assert (root / "log").read_text(encoding="utf-8").split() == [running]
    finally:
        os.kill(int(running), signal.SIGKILL)


@attack(
    "do-told-to-end-in-a-child",
    threat="a run is told to end while an installer works for it",
    holds="it ends at once with an outcome of the step, and no copy stays after the next run",
)
def test_run_that_is_told_to_end_does_not_wait_for_its_child(root: Path) -> None:
    script = f"echo $$ >{root}/begun; while [ ! -e {root}/go ]; do sleep 0.05; done; touch {root}/installed"
    steps = [ANNOUNCE, _installer(root, script), step("z", "touch")]
    with subprocess.Popen(command_line(root, steps, ["stage"]), stdout=subprocess.PIPE, text=True) as run:
        assert comes(lambda: (root / "begun").exists() and (root / "begun").read_text())
        run.terminate()
        answer = json.loads(run.communicate(timeout=PATIENCE)[0])
    assert answer["failure"]["code"] == "interrupted"
    assert [one["outcome"] for one in answer["outcomes"]][1:] == ["failed", "untouched"]
    _goes_on_to_its_end(root, steps)
