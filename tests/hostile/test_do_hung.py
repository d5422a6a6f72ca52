"""A disk or a server that stops answering while a host is changed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attacks import attack
from doing import ANNOUNCE, PATIENCE, carried_out, comes, command_line, noted, place_of_root, step
from looking import hung

# A machine with other work is slow; a step without the limit never ends.
LIMIT, IN_TIME = 2, 60
STOPPED = {**step("10-stopped", "handover", "handover", new=None), "undo": "It comes back."}

pytestmark = pytest.mark.skipif(not os.access("/dev/fuse", os.W_OK), reason="there is no FUSE here")


@pytest.fixture
def root() -> Iterator[Path]:
    """A directory of root with one, ``dead``, whose file system will not answer."""
    with place_of_root() as made:
        (made / "dead").mkdir()
        yield made


def _real(name: str, kind: str, part: str, **target: Any) -> dict[str, Any]:
    return {"id": name, "part": part, "kind": f"real_{kind}", "undo": "", "target": target}


def _target(root: Path, kind: str) -> dict[str, Any]:
    """Return what a kind of step has to look at on the file system that does not answer."""
    path = str(root / "dead" / "kesl")
    return {
        "path_remove": {"path": path, "scope": "tree", "expected_gone": []},
        "flags_clear": {"flagged": [{"path": path, "flags": "i"}]},
        "lines_remove": {"path": path, "whole": False, "edits": [], "place": "cron", "sha256": ""},
        "await_paths": {"patterns": [path + "/*"], "limit": 1},
    }[kind]


@pytest.mark.parametrize("kind", ["path_remove", "flags_clear", "lines_remove", "await_paths"])
@attack(
    "do-hung-pending",
    threat="the file system of a path that a step names does not answer when a run begins",
    holds="the run ends in time, names the path, has changed nothing, and the next one is let in",
)
def test_what_is_pending_is_told_in_time(kind: str, root: Path) -> None:
    steps = [ANNOUNCE, step("a", "touch"), _real("b", kind, "remove", **_target(root, kind))]
    begun = time.monotonic()
    with hung(root / "dead"):
        answer = carried_out(root, steps, ["stage"], limit=LIMIT, entry="started")
        assert time.monotonic() - begun < IN_TIME
        assert (answer["failed"], answer["code"]) == (True, "time_limit")
        assert str(root / "dead") in answer["msg"] or kind == "await_paths"
        assert not (root / "a").exists()
        free = carried_out(root, [ANNOUNCE, step("c", "touch")], ["stage"], controller="another")
    assert free["failure"] is None


@attack(
    "do-hung-archive",
    threat="a disk stops answering while the owner's data is archived, after a handover to nothing",
    holds="the step fails in time with the path, no draft stays, and the old protection is back",
)
def test_archive_of_a_disk_that_does_not_answer(root: Path) -> None:
    (root / "data").mkdir()
    (root / "data/kept").write_text("the owner's", encoding="utf-8")
    (root / "data/dead").mkdir()
    digest = "d" * 64
    names = {"archive": str(root / f"kept/{digest}.tar.gz"), "manifest": str(root / f"kept/{digest}.sha256")}
    keep = {**_real("20-keep", "", "remove", paths=[str(root / "data")], digest=digest, **names), "kind": "retain"}
    steps = [ANNOUNCE, STOPPED, keep, step("30-go", "touch", "remove")]
    begun = time.monotonic()
    with hung(root / "data/dead"):
        answer = carried_out(root, steps, ["remove"], pending=["20-keep", "30-go"], limit=LIMIT, real=["retain"])
        assert time.monotonic() - begun < IN_TIME
    assert answer["failure"]["code"] == "time_limit"
    assert str(root / "data/dead") in answer["failure"]["message"]
    assert (root / "old-protection-is-back").exists()
    assert not (root / "30-go").exists()
    assert list((root / "kept").iterdir()) == []
    assert (root / "data/kept").read_text(encoding="utf-8") == "the owner's"


@attack(
    "do-hung-way-back",
    threat="a file system stops answering before what a step has written there is taken back",
    holds="the step is named as not taken back, and all the others are",
)
def test_way_back_goes_past_what_does_not_answer(root: Path) -> None:
    hang = 'cd "$0" && touch ready && while [ ! -e go ]; do sleep 0.05; done; exit 1'
    there = {"path": str(root / "first"), "mode": "0644", "before": None, "after": "x", "anyhow": False, "parents": []}
    steps = [
        ANNOUNCE,
        {**_real("a", "file", "stage", **there), "undo": "It is removed."},
        {**_real("b", "file", "stage", **{**there, "path": str(root / "dead/second")}), "undo": "It is removed."},
        step("c", "command", script=hang),
    ]
    with subprocess.Popen(command_line(root, steps, ["stage"], limit=LIMIT), stdout=subprocess.PIPE, text=True) as run:
        assert comes((root / "ready").exists)
        assert (root / "first").exists()
        begun = time.monotonic()
        with hung(root / "dead"):
            (root / "go").touch()
            answer = json.loads(run.communicate(timeout=PATIENCE)[0])
            assert time.monotonic() - begun < IN_TIME
    assert "NOT ROLLED BACK: b" in answer["failure"]["message"]
    assert not (root / "first").exists()
    assert noted(root)["a"] == "undone"


@attack(
    "do-hung-home-left",
    threat="a file system in a user's home stops answering while her file is edited, and stays so afterwards",
    holds="that step fails as hers, and every later step is done: no draft is looked for there without a limit",
)
def test_home_that_hangs_is_not_tidied_for_ever(root: Path) -> None:
    wait = 'cd "$0" && touch ready && while [ ! -e go ]; do sleep 0.05; done; touch a'
    path = root / "dead/sub/.bashrc"
    path.parent.mkdir()
    hers = {**_target(root, "lines_remove"), "path": str(path), "in_home": True, "user": "mallory"}
    steps = [ANNOUNCE, step("a", "command", script=wait), _real("b", "lines_remove", "stage", **hers)]
    steps.append(step("z", "touch"))
    more = {"pending": [one["id"] for one in steps], "as_disk": True}
    limits = {"apply.in_homes.LONGEST": LIMIT, "apply.in_child.TIDYING": LIMIT}
    argv = command_line(root, steps, ["stage"], places=limits, **more)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as run:
        assert comes((root / "ready").exists)
        with hung(root / "dead"):
            (root / "go").touch()
            answer = json.loads(run.communicate(timeout=PATIENCE)[0])
    assert answer["failure"] is None
    assert [one["outcome"] for one in answer["outcomes"]] == ["changed", "changed", "failed", "changed"]
    assert "mallory" in answer["outcomes"][2]["facts"]["message"]


@attack(
    "do-hung-installer",
    threat="the installer lies on a file system that stops answering",
    holds="the step fails in time with its path, and no copy stays",
)
@pytest.mark.parametrize("kind", ["kit_check", "kit_install"])
def test_installer_that_does_not_answer(kind: str, root: Path) -> None:
    target = {"path": str(root / "dead/kit.run"), "sha256": hashlib.sha256(b"").hexdigest(), "argv": ["/bin/true"]}
    more = {"limit": 5, "installed": str(root / "installed"), "uninstall": []}
    steps = [ANNOUNCE, _real("kit", kind, "stage", **target, **more), step("z", "touch")]
    begun = time.monotonic()
    with hung(root / "dead"):
        answer = carried_out(root, steps, ["stage"], limit=LIMIT)
        assert time.monotonic() - begun < IN_TIME
    assert answer["failure"]["code"] == "time_limit"
    assert answer["failure"]["step"] == "kit"
    assert not (root / "z").exists()
    assert [path.name for path in root.iterdir() if path.name.startswith(".avshift")] == []


@attack(
    "do-slow-disk",
    threat="a step on a disk takes many times longer than the limit, but goes on",
    holds="it is not taken for one that hangs",
)
def test_step_that_goes_on_is_not_ended(root: Path) -> None:
    target = {"patterns": [str(root / "late")], "limit": 60}
    steps = [ANNOUNCE, _real("a", "await_paths", "stage", **target), step("z", "touch")]
    with subprocess.Popen(command_line(root, steps, ["stage"], limit=1), stdout=subprocess.PIPE, text=True) as run:
        time.sleep(7)
        (root / "late").touch()
        answer = json.loads(run.communicate(timeout=PATIENCE)[0])
    assert answer["failure"] is None
    assert (root / "z").exists()
