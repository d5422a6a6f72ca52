"""A host of stand-ins on which protection is handed over: running units, and the holders of marks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.handover import (
    both_marks,
    handover,
    incoming,
    outgoing,
)
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import own_journal
from ansible_collections.avshift.endpoint.plugins.module_utils.prove.checks import check

OLD = {
    "units": ["old.service"],
    "starting": ["old-too.service"],
    "triggers": ["old.timer"],
    "below": ["/old"],
    "stop_limit": 1,
    "start_limit": 1,
}
NEW: dict[str, Any] = {
    "unit": "new.service",
    "guard": "",
    "replaces": "",
    "below": ["/new"],
    "marks": True,
    "tells": False,
    "limit": 1,
    "socket": "/s",
    "paths": ["/home"],
    "quarantine": "",
    "install": [],
    "activate": [],
    "deactivate": [],
    "probes": [],
}
TARGET = {"digest": "d", "old": OLD, "new": NEW}


class Host:
    """Running units, and which of the two engines holds marks; a unit named in ``broken`` does not start."""

    TELLING_BITS, PERMISSION_BITS = 3, 1

    def __init__(self) -> None:
        self.running = {"old.timer", "old.service"}
        self.enabled: set[str] = set()
        self.broken: set[str] = set()
        self.links = {"old.timer": ["/etc/t/old.timer"], "old.service": ["/etc/w/old.service"]}
        self.said: list[tuple[str, tuple[str, ...]]] = []
        self.on_restart: Any = None
        # A restarted service is another process.
        self.new_pid = 2
        # How often the kernel's list of a process was read.
        self.reads = 0

    def show(self, names: list[str]) -> dict[str, dict[str, str]]:
        return {
            name: {
                "ActiveState": "active" if name in self.running else "inactive",
                "UnitFileState": "enabled" if name in self.enabled else "disabled",
                "LoadState": "loaded",
            }
            for name in names
        }

    def tell(self, verb: str, names: list[str], _limit: float = 0) -> None:
        self.said.append((verb, tuple(names)))
        if verb == "enable":
            self.enabled.update(names)
        elif verb == "disable":
            self.enabled.difference_update(names)
        elif verb == "stop":
            self.running.difference_update(names)
        else:
            if self.on_restart is not None and verb == "restart":
                self.on_restart()
            if set(names) & self.broken:
                raise EndpointError("command_failed", "Asking systemd", names[0], "no", "Look.")
            self.new_pid += "new.service" in names
            self.running.update(names)

    def is_going(self, name: str) -> bool:
        return name in self.running

    def reload_if_needed(self, _names: list[str]) -> None:
        pass

    def forget_failures(self, names: list[str]) -> None:
        self.said.append(("forget", tuple(names)))

    def holders(self, roots: list[str], _bits: int = 0) -> dict[int, list[str]]:
        held = {"/old": "old.service", "/new": "new.service"}[roots[0]] in self.running
        return {1 if roots == ["/old"] else self.new_pid: ["mnt_id:1"]} if held else {}

    def permission_marks(self, pid: int, _bits: int = 0) -> list[str]:
        self.reads += 1
        name = {1: "old.service", self.new_pid: "new.service"}.get(pid, "")
        return ["mnt_id:1"] if name in self.running else []

    def take_away(self, name: str) -> list[list[str]]:
        if name not in self.links:
            raise OSError("read-only")
        return [[path, "/lib"] for path in self.links.pop(name)]

    def executables(self) -> list[tuple[int, str]]:
        return [(1, "/old/scanner")] * ("old.service" in self.running)

    def inode_targets(self, paths: list[str]) -> dict[str, str]:
        return dict.fromkeys(paths, "")

    def uncovered(self, _known: dict[str, str], _targets: list[str]) -> list[str]:
        return []

    def proof(self, *_arguments: Any, **_named: Any) -> list[dict[str, str]]:
        return [check("proof", "ok", "")]


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Host:
    """A host on which the old protection runs and nothing of the new one."""
    made = Host()
    for module in (outgoing, incoming):
        monkeypatch.setattr(module, "systemd", made)
    for module in (both_marks, handover, outgoing, incoming):
        monkeypatch.setattr(module, "interception", made)
    monkeypatch.setattr(incoming, "stop", lambda names, _limit: made.tell("stop", names))
    for kind in ("real_time", "on_demand", "on_access", "vendor"):
        monkeypatch.setattr(getattr(incoming, kind), "prove", made.proof)
    monkeypatch.setattr(outgoing, "START_PAUSE", 0.001)
    for module in (incoming, outgoing):
        monkeypatch.setattr(module, "STEADY", 0.01)
    monkeypatch.setattr(outgoing.boot_links_remove, "take_away", made.take_away)
    monkeypatch.setattr(own_journal, "PATH", str(tmp_path / "avshift/journal.json"))
    return made
