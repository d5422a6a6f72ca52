"""A process that acts if its parent is killed, and leaves nothing behind when that ends in any other way."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running import heir
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.heir import Heir

GENEROUS = 60


def _until(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + GENEROUS
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come about")


def _is_gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return True


class _Run:
    """A run in its own process, which follows its orders and waits there; its heir creates a file."""

    def __init__(self, folder: Path, does: Callable[[Heir], None], keep: tuple[int, ...] = ()) -> None:
        self.acted = folder / "acted"
        reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            try:
                with Heir(self._act, keep) as made:
                    does(made)
                    os.write(writing, b"%d\n" % made._child.pid)
                    time.sleep(GENEROUS)
            finally:
                os._exit(1)
        os.close(writing)
        self.heir = int(os.read(reading, 20))
        os.close(reading)

    def _act(self) -> None:
        self.acted.write_text(str(os.getpid()))

    def kill(self) -> None:
        """Kill it, and its whole group."""
        os.killpg(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def ended(self) -> bool:
        """Return whether the heir acted, once it is gone."""
        _until(lambda: _is_gone(self.heir))
        return self.acted.exists()


def test_it_acts_when_its_parent_and_all_of_its_group_are_killed(tmp_path: Path) -> None:
    run = _Run(tmp_path, lambda made: made.stand_by())
    run.kill()
    assert run.ended()
    assert run.acted.read_text() == str(run.heir)


@pytest.mark.parametrize("does", [lambda made: None, lambda made: (made.stand_by(), made.dismiss())])
def test_it_does_nothing_where_nothing_was_begun_or_all_is_done(tmp_path: Path, does: Callable[[Heir], None]) -> None:
    run = _Run(tmp_path, does)
    run.kill()
    assert not run.ended()


def test_it_is_gone_when_its_parent_has_ended_its_work(tmp_path: Path) -> None:
    with Heir((tmp_path / "acted").touch) as made:
        made.stand_by()
        pid = made._child.pid
        assert not _is_gone(pid)
    assert _is_gone(pid)
    with pytest.raises(ValueError, match="no"), Heir((tmp_path / "acted").touch) as made:
        made.stand_by()
        pid = made._child.pid
        raise ValueError("no")
    assert _is_gone(pid)
    assert not (tmp_path / "acted").exists()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_to_all_that_is_in_a_scope_does_not_end_it(tmp_path: Path, name: str) -> None:
    run = _Run(tmp_path, lambda made: made.stand_by())
    os.kill(run.heir, getattr(signal, name))
    time.sleep(3 * heir.EVERY)
    assert not _is_gone(run.heir)
    run.kill()
    assert run.ended()


def test_nothing_begins_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Heir, "_wait", lambda _self, _board: None)
    with pytest.raises(EndpointError, match="it does not start") as caught, Heir(lambda: None):
        (tmp_path / "begun").touch()
    assert caught.value.code == "no_heir"
    assert not (tmp_path / "begun").exists()


def test_nobody_gets_the_lock_of_a_killed_run_before_it_has_acted(tmp_path: Path) -> None:
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    go_on = tmp_path / "go-on"

    class Slow(_Run):
        def _act(self) -> None:
            _until(go_on.exists)
            super()._act()

    fcntl.flock(lock, fcntl.LOCK_EX)
    run = Slow(tmp_path, lambda made: made.stand_by(), (lock,))
    os.close(lock)
    run.kill()
    mine = os.open(tmp_path / "lock", os.O_RDWR)
    with pytest.raises(BlockingIOError):
        fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
    go_on.touch()
    assert run.ended()
    _until(lambda: _is_free(mine))
    os.close(mine)


def _is_free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def test_it_holds_no_other_file_of_its_parent_s(tmp_path: Path) -> None:
    kept, other = (os.open(tmp_path / name, os.O_RDWR | os.O_CREAT) for name in ("kept", "other"))
    with Heir(lambda: None, (kept,)) as made:
        pid = made._child.pid
        _until(lambda: str(tmp_path / "other") not in _open(pid))
        assert str(tmp_path / "kept") in _open(pid)
    for descriptor in (kept, other):
        os.close(descriptor)


def _open(pid: int) -> list[str]:
    found = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(os.readlink(link))
        except OSError:
            continue
    return found
