"""A part of a change leaves what systemd would end with the connection, the session or the service that started it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running import outlive

ENDING = {
    "a login session": "0::/user.slice/user-1000.slice/session-3.scope",
    "a login session of two hierarchies": "12:pids:/\n1:name=systemd:/user.slice/user-0.slice/session-3.scope\n0::/",
    "the service of one SSH connection": "0::/system.slice/system-ssh.slice/ssh@0-192.0.2.1:22-192.0.2.9:51234.service",
    "the service of a timer": "0::/system.slice/ansible-pull.service",
    "a service with groups of its own": "1:name=systemd:/system.slice/agent.service/jobs\n0::/",
    "a service within a container": "0::/machine.slice/libpod-4f1c.scope/system.slice/ssh.service",
}
STAYING = {
    "a scope of its own": "0::/system.slice/avshift-4711.scope",
    "the first process": "0::/init.scope",
    "a container": "0::/",
    "a container's scope": "0::/system.slice/docker-4f1c.scope",
    "a slice of such a name": "0::/system.slice/of.services.slice/x.scope",
}


def _moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: str, booted: bool = True) -> list[list[str]]:
    """Return what is called for a run in a group of processes."""
    called: list[list[str]] = []
    (tmp_path / "cgroup").write_text(f"{group}\n", encoding="utf-8")
    monkeypatch.setattr(outlive, "OWN_CGROUP", str(tmp_path / "cgroup"))
    monkeypatch.setattr(outlive, "is_systemd", lambda: booted)
    monkeypatch.setattr(outlive, "run", lambda argv, _limit: called.append(argv))
    outlive._leave_unit()
    return called


@pytest.mark.parametrize("what", ENDING)
def test_a_run_leaves_what_ends_as_a_whole(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (argv,) = _moves(tmp_path, monkeypatch, ENDING[what])
    assert argv[:2] == ["busctl", "call"]
    assert argv[-1 - argv[::-1].index("PIDs") :][:4] == ["PIDs", "au", "1", str(os.getpid())]


@pytest.mark.parametrize("what", STAYING)
def test_a_run_stays_where_it_ends_with_nothing_else(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _moves(tmp_path, monkeypatch, STAYING[what]) == []


def test_nobody_is_asked_where_systemd_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for group in ENDING.values():
        assert _moves(tmp_path, monkeypatch, group, booted=False) == []


def test_a_run_that_cannot_leave_goes_on_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(_argv: list[str], _limit: float) -> None:
        raise EndpointError("command_missing", "Running", "busctl", "it is not there", "Install it.")

    (tmp_path / "cgroup").write_text(ENDING["the service of a timer"], encoding="utf-8")
    monkeypatch.setattr(outlive, "OWN_CGROUP", str(tmp_path / "cgroup"))
    monkeypatch.setattr(outlive, "is_systemd", lambda: True)
    monkeypatch.setattr(outlive, "run", refuses)
    outlive._leave_unit()
