"""A run that is asked to end while a command installs: that goes on to its end, and only then is it undone."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply import runner
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.handover import handover
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.packages import (
    apt,
    going_on,
    kit_install,
    package_repair,
    packages_install,
)
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import dpkg_status
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import own_places
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running import bounded
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.commands import must
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.signals import Heard
from handover_host import NEW, TARGET, Host, host

__all__ = ["host"]

PATIENCE = 30
PACKAGES = {"by": "apt-get", "names": ["new"], "changes": [{"name": "new", "new": "1", "old": None}]}

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only a package manager of root's counts")


def _program(path: Path, seconds: float, then: str = "true") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\ntouch {path}.begun\nsleep {seconds}\n{then}\ntouch {path}.ended\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def _comes(path: Path) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return path.exists()


@contextmanager
def _told_to_end_after(path: Path) -> Iterator[None]:
    def tell() -> None:
        _comes(path)
        os.kill(os.getpid(), signal.SIGTERM)

    teller = threading.Thread(target=tell)
    teller.start()
    yield
    teller.join()


def test_old_scanner_starts_only_when_the_installation_of_one_that_bears_none_has_ended(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_places, "FOLDERS", (str(tmp_path),))
    installed = tmp_path / "installed"
    setup = _program(tmp_path / f"{own_places.PREFIX}x" / "setup", 1, f"touch {installed}")
    seen: list[tuple[str, bool]] = []
    real = host.tell

    def tell(verb: str, names: list[str], limit: float = 0) -> None:
        seen.append((verb, installed.exists()))
        real(verb, names, limit)

    monkeypatch.setattr(host, "tell", tell)
    monkeypatch.setattr(kit_install, "do", lambda _target: must([str(setup)], 60, "Installing", "Look.", lasting=True))
    target = {"path": "/kit", "installed": str(installed), "uninstall": []}
    new = {**NEW, "install": [{"kind": "kit_install", "target": target}]}
    with (
        _told_to_end_after(Path(f"{setup}.begun")),
        pytest.raises(handover.HandoverFailed, match=r"terminated during this step.*is back, tested"),
    ):
        handover.do({**TARGET, "new": new})
    assert seen[-1] == ("start", True)
    assert not going_on.is_installing(target)


def test_package_that_an_interrupted_run_still_installs_goes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "installed"
    manager = _program(tmp_path / "apt-get", 1, f"touch {installed}")

    def change(arguments: list[str], _planned: set[str]) -> None:
        if arguments[0] == "purge":
            installed.unlink()
        else:
            must([str(manager), *arguments], 60, "Installing", "Look.", lasting=True)

    monkeypatch.setattr(apt, "change", change)
    monkeypatch.setattr(dpkg_status, "named", lambda _names: [{"name": "new"}] * installed.exists())
    monkeypatch.setattr(dpkg_status, "is_installed", lambda _known: True)
    step = {"id": "i", "part": "stage", "kind": "packages_install", "undo": "It is purged.", "target": PACKAGES}
    with _told_to_end_after(Path(f"{manager}.begun")), Heard() as signals:
        result = runner.carry_out([step], ["i"], False, signals=signals)
    assert (result["failure"]["code"], result["failure"]["undone"]) == ("interrupted", ["i"])
    assert _comes(Path(f"{manager}.ended"))
    assert not installed.exists()


@contextmanager
def _going_on(manager: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([str(manager), *words], stdout=subprocess.DEVNULL) as process:
        assert _comes(Path(f"{manager}.begun"))
        yield process
        process.terminate()


def test_script_that_fails_is_not_put_back_while_its_package_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "kesl.prerm"
    script.write_text("exit 1\n", encoding="utf-8")
    gone = tmp_path / "gone"
    monkeypatch.setattr(dpkg_status, "LISTS", str(tmp_path))
    monkeypatch.setattr(dpkg_status, "named", lambda names: [] if gone.exists() else [{"name": names[0]}])
    target = {"package": "kesl", "script": str(script), "aside": str(tmp_path / "aside" / "digest" / "kesl.prerm")}
    package_repair.do(target)
    manager = _program(tmp_path / "dpkg", 0.5, f"touch {gone}")
    with _going_on(manager, "--purge", "kesl:amd64"), pytest.raises(EndpointError, match="has been removed"):
        package_repair.undo(target)
    assert not script.exists()


@pytest.mark.parametrize(
    ("name", "words", "counts"),
    [
        ("apt-get", ["install", "new=1"], True),
        ("dpkg", ["--unpack", "/var/cache/apt/archives/new_1_amd64.deb"], True),
        ("apt-get", ["install", "newer"], False),
        ("tail", ["-f", "new"], False),
    ],
)
def test_nothing_else_that_runs_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: list[str], counts: bool
) -> None:
    monkeypatch.setattr(going_on, "LIMIT", 0.1)
    monkeypatch.setattr(dpkg_status, "named", lambda _names: [])
    with _going_on(_program(tmp_path / name, 5), *words):
        if counts:
            with pytest.raises(bounded.Hung, match="Waiting for what the run has started: new: no end within"):
                packages_install.undo(PACKAGES)
        else:
            packages_install.undo(PACKAGES)
