"""Packages: the holder of a lock is named, a script is set aside and put back, and a failure shows what was printed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.packages import (
    apt,
    await_packages,
    dpkg,
    package_change,
    package_repair,
)
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import dpkg_status, package_locks
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError

HOLD = "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.lockf(f, fcntl.LOCK_EX); print(flush=True); input()"


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "lock"
    path.touch()
    monkeypatch.setattr(package_locks, "LOCKS", {"dpkg": (str(tmp_path / "absent"), str(path))})
    return path


@pytest.fixture
def holder(lock: Path) -> Iterator[int]:
    argv = [sys.executable, "-c", HOLD, str(lock)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


@pytest.mark.parametrize(("notes", "asked"), [([], False), (["0012"], True)])
def test_dpkg_takes_over_its_own_notes_before_apt_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, notes: list[str], asked: bool
) -> None:
    for name in notes:
        (tmp_path / name).touch()
    said: list[str] = []
    monkeypatch.setattr(dpkg, "NOTES", str(tmp_path))
    for module in (dpkg, apt):
        monkeypatch.setattr(module, "made", lambda argv, *_arguments: said.append(argv[0]))
    monkeypatch.setattr(apt, "rehearsed", lambda argv, *_arguments, **_named: said.append(argv[1]) or "")
    apt.change(["install", "a"], {"a"})
    assert said == [*["dpkg"] * asked, "-s", "apt-get"]


def test_free_lock_is_waited_for_no_longer(lock: Path) -> None:
    package_locks.wait("dpkg", 0)


def test_run_begins_only_when_all_databases_are_free(lock: Path) -> None:
    target = {"databases": ["dpkg"], "limit": 0}
    assert not await_packages.look(target)
    assert await_packages.do(target) is None


def test_run_does_not_begin_while_a_database_is_locked(lock: Path, holder: int) -> None:
    with pytest.raises(EndpointError, match="nothing was removed"):
        await_packages.do({"databases": ["dpkg"], "limit": 0})


def test_holder_of_a_lock_is_named_after_the_limit(lock: Path, holder: int) -> None:
    with pytest.raises(EndpointError, match=f"process {holder}.* holds {lock}") as raised:
        package_locks.wait("dpkg", 0)
    assert raised.value.code == "package_manager_locked"
    assert str(holder) not in package_locks.told(package_locks.holder("dpkg"), with_pid=False)


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("dpkg: installed kesl package pre-removal script subprocess returned error", "package_script_failed"),
        ("error: %preun(klnagent64-15.1.0-20748.x86_64) scriptlet failed, exit status 1", "package_script_failed"),
        ("E: something else", "command_failed"),
    ],
)
def test_failure_says_what_was_printed(lock: Path, printed: str, code: str) -> None:
    with pytest.raises(EndpointError) as raised:
        package_change.made(["sh", "-c", 'echo a reason of its own; echo "$0" >&2; exit 3', printed], "dpkg")
    assert raised.value.code == code
    assert raised.value.facts == {"exit_code": 3, "printed": ["a reason of its own", printed]}


def test_rehearsal_has_to_name_what_is_planned_and_nothing_else() -> None:
    package_change.only(["kesl"], ["kesl"], ["dnf"], "")
    for found, code in ((["kesl", "other"], "packages_beyond_plan"), ([], "packages_refused")):
        with pytest.raises(EndpointError) as raised:
            package_change.only(found, ["kesl"], ["dnf"], "Error: a conflict")
        assert raised.value.code == code


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setattr(dpkg_status, "LISTS", str(tmp_path))
    script = tmp_path / "kesl.prerm"
    script.write_bytes(b"#!/bin/sh\nexit 1 # \xff\n")
    return {"package": "kesl", "script": str(script), "aside": str(tmp_path / "aside" / "digest" / "kesl.prerm")}


def test_script_is_set_aside_and_put_back(target: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    script, aside = Path(target["script"]), Path(target["aside"])
    content = script.read_bytes()
    assert package_repair.look(target) is False
    package_repair.do(target)
    assert package_repair.look(target) is True
    assert aside.read_bytes() == content
    monkeypatch.setattr(dpkg_status, "named", lambda names: [{"name": name} for name in names])
    package_repair.undo(target)
    assert script.read_bytes() == content
    assert script.stat().st_mode & 0o777 == 0o755
    assert not aside.exists()


def test_script_of_a_package_that_has_gone_stays_aside(target: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    package_repair.do(target)
    monkeypatch.setattr(dpkg_status, "named", lambda names: [])
    with pytest.raises(EndpointError, match="has been removed"):
        package_repair.undo(target)
    assert Path(target["aside"]).exists()
    assert not Path(target["script"]).exists()


@pytest.mark.parametrize("script", ["/etc/shadow", "/var/lib/dpkg/status", "/var/lib/dpkg/info/kesl.list"])
def test_only_scripts_around_removal_are_set_aside(script: str) -> None:
    with pytest.raises(EndpointError, match="does not belong to dpkg"):
        package_repair.look({"package": "kesl", "script": script, "aside": "/nowhere/at/all"})
