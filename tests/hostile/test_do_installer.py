"""Attacks on what root runs: the installer that was checked is the one that is run, and no other."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.handover import enrol
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.packages import kit_check, kit_install
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.services import processes_end
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import one_process
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import own_places
from attacks import attack
from doing import NOBODY, as_nobody, carried_out, comes, place_of_root, step
from importable import REPOSITORY
from looking import let_write

IN_ACCESS = 0x10
TRIES = 4


@pytest.fixture
def root() -> Iterator[Path]:
    """A directory that belongs to root, with everything above it."""
    with place_of_root() as place:
        yield place


def _installer(folder: Path, text: str = "exit 0") -> Path:
    path = folder / "agent.sh"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def _target(path: Path, **more: Any) -> dict[str, Any]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    named = {"path": str(path), "sha256": digest, "argv": [str(path)], "installed": "/none"}
    return {**named, "limit": 60, "uninstall": [], **more}


def _swap_when_read(folder: Path, marker: Path) -> None:
    """Replace the installer with another program as soon as it was read."""
    libc = ctypes.CDLL(None)
    watch = libc.inotify_init()
    (folder / "evil").write_text(f"#!/bin/sh\ntouch {marker}\n", encoding="utf-8")
    (folder / "evil").chmod(0o755)
    libc.inotify_add_watch(watch, str(folder / "agent.sh").encode(), IN_ACCESS)
    (folder / "ready").touch()
    os.read(watch, 4096)
    (folder / "evil").rename(folder / "agent.sh")


@attack("installer-exchanged", threat="a user exchanges an installer that was read", holds="root never runs hers")
def test_installer_that_is_exchanged_when_it_was_read(root: Path) -> None:
    folder, marker = root / "hers", root / "ran-as-root"
    mode = root.parent.stat().st_mode & 0o7777
    root.chmod(0o711)
    root.parent.chmod(0o711)
    try:
        for _try in range(TRIES):
            folder.mkdir()
            target = _target(_installer(folder))
            for path in (folder, *folder.iterdir()):
                os.chown(path, NOBODY, NOBODY)
            attacker = as_nobody(lambda: _swap_when_read(folder, marker))
            assert comes((folder / "ready").exists)
            with contextlib.suppress(EndpointError):
                kit_install.do(target)
            os.kill(attacker, signal.SIGKILL)
            os.waitpid(attacker, 0)
            subprocess.run(["rm", "-r", str(folder)], check=True)
            assert not marker.exists()
    finally:
        root.parent.chmod(mode)


def _reach(case: str, root: Path) -> Path:
    """Return an installer that users other than root can replace, each time in another way."""
    inner = root / "outer" / "inner"
    inner.mkdir(parents=True)
    path = _installer(inner, f"touch {root}/ran")
    if case == "file-of-a-user":
        os.chown(path, NOBODY, NOBODY)
    elif case == "file-for-a-group":
        path.chmod(0o775)
    elif case == "file-for-all":
        path.chmod(0o757)
    elif case == "directory-of-a-user":
        os.chown(inner, NOBODY, NOBODY)
    elif case == "directory-for-a-group":
        inner.chmod(0o775)
    elif case == "sticky-directory":
        inner.chmod(0o1777)
    elif case == "directory-above-of-a-user":
        os.chown(inner.parent, NOBODY, NOBODY)
    elif case == "link-in-a-directory-of-a-user":
        (root / "hers").mkdir()
        (root / "hers" / "link").symlink_to(inner)
        os.chown(root / "hers", NOBODY, NOBODY)
        return root / "hers" / "link" / path.name
    elif case == "file-by-an-access-list":
        let_write(path, NOBODY)
    elif case == "directory-by-an-access-list":
        let_write(path.parent, NOBODY)
    elif case == "link-in-its-place":
        (root / "link.sh").symlink_to(path)
        return root / "link.sh"
    return path


REACHES = (
    *("file-of-a-user", "file-for-a-group", "file-for-all", "directory-of-a-user", "directory-for-a-group"),
    *("sticky-directory", "directory-above-of-a-user", "link-in-a-directory-of-a-user", "link-in-its-place"),
    *("file-by-an-access-list", "directory-by-an-access-list"),
)


@pytest.mark.parametrize("case", REACHES)
@attack("installer-in-reach", threat="a user can replace the installer", holds="it is refused, and not run")
def test_installer_that_others_can_replace_is_not_run(case: str, root: Path) -> None:
    target = _target(_reach(case, root))
    for act in (kit_check.do, kit_install.do):
        with pytest.raises(EndpointError):
            act(target)
    assert not (root / "ran").exists()


@attack("installer-copy-in-reach", threat="a user waits for the copy", holds="the copy is in a directory of root's own")
def test_copy_of_an_installer_is_out_of_reach_and_gone_in_the_end(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_places, "FOLDERS", [str(root)])
    said = 'stat -c "%u %a" "$(dirname "$0")" "$0" >' + f"{root}/said; echo $0 >>{root}/said"
    kit_install.do(_target(_installer(root, said)))
    folder, program, name = (root / "said").read_text(encoding="utf-8").splitlines()
    assert (folder, program) == ("0 700", "0 700")
    assert Path(name).name == "agent.sh"
    assert Path(name).parent not in (root, root / "agent.sh")
    assert not Path(name).exists()


@attack("installer-copy-left", threat="a run is killed while it installs", holds="the next run removes the copy")
def test_copy_that_a_killed_run_has_left_goes_with_the_next(root: Path) -> None:
    left = root / (own_places.PREFIX + "of-a-killed-run")
    left.mkdir(mode=0o700)
    (left / "agent.sh").write_text("200 MB", encoding="utf-8")
    carried_out(root, [step("a", "touch")], ["stage"])
    assert not left.exists()


@attack("installer-shortened", threat="an installer is interrupted while it is copied", holds="it is not run")
def test_other_content_than_the_approved_one_is_not_run(root: Path) -> None:
    target = _target(_installer(root, f"touch {root}/ran\n# the end"))
    with Path(target["path"]).open("r+b") as stream:
        stream.truncate(30)
    with pytest.raises(EndpointError):
        kit_install.do(target)
    assert not (root / "ran").exists()


@pytest.mark.parametrize("way", ["uninstaller", "enrolment", "enrolment-undone"])
@attack("vendors-program-in-reach", threat="a user can replace a vendor's program", holds="root does not run it")
def test_vendors_program_that_others_can_replace_is_not_run(way: str, root: Path) -> None:
    hers = root / "hers"
    hers.mkdir()
    program = _installer(hers, f"touch {root}/ran")
    os.chown(hers, NOBODY, NOBODY)
    command = {"argv": [str(program)], "limit": 60}
    bound = {"name": "x", "probes": [], "values": {}, "steps": [command], "undo": [command], "retries": 1, "delay": 0}
    with pytest.raises(EndpointError):
        if way == "uninstaller":
            kit_install.undo(_target(_installer(root), uninstall=[command]))
        elif way == "enrolment":
            enrol.do(bound)
        else:
            enrol.undo(bound)
    assert not (root / "ran").exists()


@attack("enrolment-file-in-reach", threat="a user owns the directory of a token", holds="no token is written there")
def test_token_is_not_written_where_others_may_write(root: Path) -> None:
    hers = root / "hers"
    hers.mkdir()
    os.chown(hers, NOBODY, NOBODY)
    steps = [{"file": str(hers / "token"), "secret": "token"}]
    target = {"name": "x", "probes": [], "values": {"token": "S3cret"}, "steps": steps, "retries": 1, "delay": 0}
    with pytest.raises(EndpointError):
        enrol.do(target)
    assert list(hers.iterdir()) == []


KILL_IN_ENROL = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.avshift.endpoint.plugins.module_utils.apply import enrol
real = getattr(os, sys.argv[3])
def killed(*rest, **named):
    if sys.argv[4] == "after":
        real(*rest, **named)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(os, sys.argv[3], killed)
steps = [{"file": sys.argv[2], "secret": "token"}]
enrol.do({"name": "x", "probes": [], "values": {"token": "S3cret-T0ken"}, "steps": steps, "retries": 1, "delay": 0})
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", ["fsync", "link", "fchmod", "replace"])
@attack("token-draft-left", threat="a run is killed while it writes a token", holds="no other name has it")
def test_kill_leaves_no_draft_of_a_token(call: str, when: str, root: Path) -> None:
    place = root / "etc"
    place.mkdir(mode=0o700)
    argv = [sys.executable, "-B", "-c", KILL_IN_ENROL, str(REPOSITORY / ".cache"), str(place / "token"), call, when]
    subprocess.run(argv, check=False, timeout=60, capture_output=True)
    assert {path.name for path in place.iterdir()} <= {"token"}


@attack("number-of-another", threat="a process ends and its number is given to another", holds="that one lives on")
@pytest.mark.parametrize("kernel", ["with-descriptors", "without"])
def test_process_that_has_the_number_by_now_gets_no_signal(kernel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if kernel == "without":
        monkeypatch.setattr(one_process, "_opened", lambda _pid: None)
    with subprocess.Popen(["sleep", "60"]) as innocent:
        looks = iter([{innocent.pid: "/opt/forged/watchdog"}])
        monkeypatch.setattr(processes_end, "_running", lambda _roots: next(looks, {}))
        processes_end.do({"below": ["/opt/forged"], "first": []})
        time.sleep(0.1)
        assert innocent.poll() is None
        innocent.kill()


@attack("program-exchanged-by-exec", threat="a process becomes another program", holds="it gets no signal")
def test_process_that_runs_another_program_by_now_gets_no_signal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subprocess.Popen(["sh", "-c", f"echo >{tmp_path}/up; exec sleep 60"]) as changed:
        assert comes((tmp_path / "up").exists)
        looks = iter([{changed.pid: os.path.realpath("/bin/sh")}])
        monkeypatch.setattr(processes_end, "_running", lambda _roots: next(looks, {}))
        assert comes(lambda: "sleep" in os.readlink(f"/proc/{changed.pid}/exe"))
        processes_end.do({"below": ["/bin"], "first": []})
        time.sleep(0.1)
        assert changed.poll() is None
        changed.kill()
