"""Whatever fails or is interrupted, wherever: the owner's data is there, in its place or in an archive that
verifies.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.files import path_remove, retain
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.files import safe_paths
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import own_journal

# Calls that write, name, remove or sync. Every one of these is made to fail once.
CALLS = ("open", "mkdir", "fsync", "replace", "unlink", "rmdir")
CONTENT = {"logs/a": b"one\n", "logs/deep/b": b"two\n", "logs/line\nfeed": b"", "settings.ini": b"[General]\n"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory with a product's tree, part of which is the owner's data, and the journal's place."""
    monkeypatch.setattr(own_journal, "PATH", str(tmp_path / "state" / "journal.json"))
    # The calls of its child are counted too.
    monkeypatch.setattr(own_journal, "apart", lambda act: act())
    _put(tmp_path)
    return tmp_path


def _put(home: Path) -> None:
    for name, content in CONTENT.items():
        place = home / "product" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def _target(home: Path) -> dict[str, Any]:
    kept = home / "state" / "retained"
    return {
        "digest": "abc",
        "paths": [str(home / "product" / "logs"), str(home / "product" / "settings.ini")],
        "archive": str(kept / "abc.tar.gz"),
        "manifest": str(kept / "abc.sha256"),
        "drafts": [],
    }


def _change(home: Path) -> None:
    """Do what three steps of a plan do: archive, remove the product's tree, and end the run in the journal."""
    target, tree = _target(home), {"path": str(home / "product"), "scope": "tree", "expected_gone": []}
    if not retain.look(target):
        retain.do(target)
    assert retain.look(target)
    if not path_remove.look(tree):
        path_remove.do(tree)
    own_journal.note("abc", status="done")


def _verified(archive: Path) -> bool:
    """Return True if the archive holds all the owner's data, by the system's own tools."""
    if not archive.exists():
        return False
    out = archive.parent.parent.parent / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    subprocess.run(["tar", "-xzf", str(archive), "-C", str(out)], check=True, timeout=60)
    manifest = str(archive).replace(".tar.gz", ".sha256")
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", manifest], cwd=out, capture_output=True, timeout=60, check=False
    )
    product = out / str(archive.parent.parent.parent / "product").lstrip("/")
    return checked.returncode == 0 and all((product / name).read_bytes() == text for name, text in CONTENT.items())


def _is_safe(home: Path) -> bool:
    """Return True if every piece of data is in its place, or all of them are in an archive that verifies."""
    there = [home / "product" / name for name in CONTENT if (home / "product" / name).exists()]
    whole = len(there) == len(CONTENT) and all((home / "product" / n).read_bytes() == c for n, c in CONTENT.items())
    archive = home / "state" / "retained" / "abc.tar.gz"
    return _verified(archive) if archive.exists() or not whole else whole


def _noted(home: Path) -> list[str]:
    """Return the names of the archives in the journal, the last one first."""
    told = [run["retained"] for run in own_journal.read()["runs"] if "retained" in run]
    return [Path(name).name for kept in told for name in (kept["archive"], *kept.get("earlier", ()))]


def _drafts(home: Path) -> list[str]:
    """Return what is in the state directories besides the files with known names."""
    own = {"retained", "journal.json", "abc.tar.gz", "abc.sha256"}
    return sorted(child.name for child in (home / "state").rglob("*") if child.name not in own)


class _Fault:
    """Counted system calls, one of which fails."""

    def __init__(self, number: int, fail: Callable[[], None]) -> None:
        self.number = number
        self.fail = fail
        self.calls = 0

    def around(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.calls += 1
            if self.calls == self.number:
                self.fail()
            return real(*arguments, **named)

        return call


def _with(fault: _Fault, home: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, fault.around(getattr(os, name)))
        patch.setattr(os, "fdopen", _writing(fault, os.fdopen))
        _change(home)


def _writing(fault: _Fault, fdopen: Callable[..., Any]) -> Callable[..., Any]:
    """Let writes to what is opened for writing fail too."""

    def opened(descriptor: int, mode: str = "r", *arguments: Any) -> Any:
        stream = fdopen(descriptor, mode, *arguments)
        return _Stream(stream, fault) if "w" in mode else stream

    return opened


class _Stream:
    def __init__(self, stream: Any, fault: _Fault) -> None:
        self._stream = stream
        self.write = fault.around(stream.write)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *_arguments: object) -> None:
        self._stream.close()


def _count(home: Path) -> int:
    """Return how many calls an undisturbed change makes, and restore everything."""
    fault = _Fault(0, lambda: None)
    _with(fault, home)
    assert _verified(home / "state" / "retained" / "abc.tar.gz")
    assert not (home / "product").exists()
    _again(home)
    return fault.calls


def _again(home: Path) -> None:
    for name in ("state", "product", "out"):
        shutil.rmtree(home / name, ignore_errors=True)
    _put(home)


def _full() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_disk_that_is_full_at_any_moment_costs_nothing(home: Path) -> None:
    calls = _count(home)
    assert calls > 30, "the calls are seen"
    for number in range(1, calls + 1):
        failed = False
        try:
            _with(_Fault(number, _full), home)
        except (EndpointError, OSError):
            failed = True
        assert _is_safe(home), number
        assert failed or not (home / "product").exists(), number
        assert _drafts(home) == [], number
        _change(home)
        assert _verified(home / "state" / "retained" / "abc.tar.gz"), number
        assert not (home / "product").exists(), number
        _again(home)


def _killed(number: int, home: Path) -> Iterator[int]:
    child = os.fork()
    if child == 0:
        try:
            _with(_Fault(number, lambda: os.kill(os.getpid(), signal.SIGKILL)), home)
        finally:
            os._exit(0)
    yield os.waitpid(child, 0)[1]


def test_run_that_is_killed_at_any_moment_costs_nothing_and_ends_the_same_when_run_again(home: Path) -> None:
    for number in range(1, _count(home) + 1):
        status = next(_killed(number, home))
        assert os.WIFSIGNALED(status), number
        assert _is_safe(home), number
        _change(home)
        assert _verified(home / "state" / "retained" / "abc.tar.gz"), number
        assert _noted(home) == ["abc.tar.gz"], number
        assert _drafts(home) == [], number
        assert not (home / "product").exists(), number
        _again(home)


def test_file_that_cannot_be_read_stops_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree that was only half walked is not taken for the whole."""
    scandir = os.scandir

    def refuse(place: Any) -> Any:
        if isinstance(place, int) and os.readlink(f"/proc/self/fd/{place}").endswith("/deep"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(place)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(EndpointError, match="logs/deep") as caught:
        retain.do(_target(home))
    assert caught.value.code == "path_unreadable"
    monkeypatch.undo()
    assert _is_safe(home)
    assert list((home / "state" / "retained").iterdir()) == []


def test_archive_that_the_disk_has_damaged_is_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = retain._write

    def damaged(draft: str, paths: list[str]) -> list[str]:
        skipped: list[str] = write(draft, paths)
        raw = bytearray(Path(draft).read_bytes())
        raw[len(raw) // 2] ^= 0xFF
        Path(draft).write_bytes(raw)
        return skipped

    monkeypatch.setattr(retain, "_write", damaged)
    with pytest.raises((EndpointError, OSError)):
        retain.do(_target(home))
    assert list((home / "state" / "retained").iterdir()) == []


def test_what_runs_that_were_cut_off_have_left_goes(home: Path) -> None:
    kept = home / "state" / "retained"
    kept.mkdir(parents=True)
    (kept / "older.tar.gz.part").write_bytes(b"half")
    retain.do({**_target(home), "drafts": [str(kept / "older.tar.gz.part")]})
    assert sorted(child.name for child in kept.iterdir()) == ["abc.sha256", "abc.tar.gz"]


def test_what_holds_no_data_is_told(home: Path) -> None:
    os.mkfifo(home / "product" / "logs" / "fifo")
    assert retain.do(_target(home))["skipped"] == [safe_paths.shown(str(home / "product" / "logs" / "fifo"))]
