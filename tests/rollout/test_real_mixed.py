"""The mixed fleet with two real Linux hosts: containers of the lab, one with dpkg's packages and one with rpm's.

Their own tools say what is on them, before and after.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import mixed
import pytest
from cores import FULL
from fleets import REPOSITORY, Fleet
from mixed import ALL, APPROVED, AWAY, LINUX, ROLLOUT
from support import load_yaml

from avshift_lab import fleet as containers
from avshift_lab.commands import podman
from avshift_lab.hosts import named
from avshift_lab.paths import CONTAINERS_CONF

pytestmark = pytest.mark.skipif(not FULL, reason="it starts containers: AVSHIFT_ROLLOUT_SET=full")

NAME = "real-mixed"
LIKE = dict(zip(LINUX, ("full", "rpm"), strict=True))
REMOVED = "removed_verified"
PACKAGES = {"kesl", "kesl-gui", "klnagent64"}
LISTED = {
    "full": ("dpkg-query", "--show", "--showformat", "${Package}\n"),
    "rpm": ("rpm", "--query", "--all", "--queryformat", "%{NAME}\n"),
}
RUNNING = ("find", "/proc", "-maxdepth", "2", "-path", "/proc/[0-9]*/exe", "-printf", "%l\n")
THEIRS = re.compile(r"kaspersky|kesl|klnag", re.IGNORECASE)
REPLACEMENT = {"/usr/sbin/clamd", "/usr/sbin/clamonacc"}
# One clock for both hosts, since they share their kernel.
SINCE = ("systemctl", "show", "--property=ActiveEnterTimestampMonotonic", "--value")


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Return the fleet, whose Linux hosts were just started, and remove them."""
    made = mixed.made(tmp_path)
    containers.up(NAME, [named(f"{host}={like}") for host, like in LIKE.items()], fresh=True)
    try:
        made.set_variables({host: _variables(host) for host in LINUX})
        yield made
    finally:
        containers.down(NAME, [])


@pytest.fixture
def samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return what the scenarios try files with, set to this fleet."""
    monkeypatch.setenv("AVSHIFT_LAB_FLEET", NAME)
    monkeypatch.setenv("AVSHIFT_EVIDENCE", str(tmp_path))
    monkeypatch.setenv("CONTAINERS_CONF", str(CONTAINERS_CONF))
    return importlib.import_module("integration.samples")


def _variables(host: str) -> dict[str, Any]:
    """Return how a container is reached and what it gets: as the demo's hosts."""
    reached = load_yaml(REPOSITORY / "inventories/lab/hosts.yml")["lab"]["vars"]
    site = load_yaml(REPOSITORY / "inventories/lab/group_vars/lab.yml")
    own = {"ansible_host": containers.container_name(NAME, host), "avshift_become": True}
    return {**reached, **site, **own}


def _on(host: str, *command: str) -> list[str]:
    return podman("exec", containers.container_name(NAME, host), *command).splitlines()


def _of_theirs(host: str) -> tuple[set[str], set[str]]:
    """Return Kaspersky's packages on a host, and the programs of its processes, by the host's own tools."""
    installed, running = _on(host, *LISTED[LIKE[host]]), _on(host, *RUNNING)
    # Something else is listed at any time.
    assert "/usr/lib/systemd/systemd" in running
    return {one for one in installed if THEIRS.search(one)}, {one for one in running if THEIRS.search(one)}


def test_real_hosts_go_whole_through_every_playbook_beside_windows_hosts(fleet: Fleet, samples: ModuleType) -> None:
    for host in LINUX:
        packages, programs = _of_theirs(host)
        assert packages == PACKAGES and programs

    detected = fleet.run("detect", **ALL)
    mixed.check_looked_at(fleet, "detect", detected)
    found = {**dict.fromkeys(LINUX, ("detected", None)), AWAY: ("unknown", "unreachable")}
    assert {host: one for host, one in fleet.records("detect").items() if host in found} == found
    mixed.check_plan(fleet, fleet.run("plan", avshift_rollout=ROLLOUT, **ALL))
    assert {host: _of_theirs(host)[0] for host in LINUX} == dict.fromkeys(LINUX, PACKAGES)

    mixed.check_migrated(fleet, fleet.run("migrate", avshift_approved_plan=APPROVED, **ALL), REMOVED)
    for host in LINUX:
        _check_migrated(host, samples)
    _check_order(fleet)

    verified = fleet.run("verify", **ALL)
    mixed.check_looked_at(fleet, "verify", verified)
    assert {host: fleet.records("verify")[host] for host in LINUX} == dict.fromkeys(LINUX, (REMOVED, None))
    assert verified.code == 2
    assert [host for host in fleet.hosts if verified.why(host)] == [AWAY]

    mixed.check_reported(fleet.run("report", avshift_records_dir="avshift/verify"), REMOVED)
    mixed.check_documents(fleet.out / "report", REMOVED)


def _check_migrated(host: str, samples: ModuleType) -> None:
    assert _of_theirs(host) == (set(), set())
    assert set(_on(host, *RUNNING)) >= REPLACEMENT
    assert samples.tried(host, "/home", samples.DETECTABLE, "cat").returncode != 0
    assert samples.tried(host, "/home", samples.CLEAN, "cat").stdout == samples.CLEAN


def _check_order(fleet: Fleet) -> None:
    """Check that the second ring's host was changed only after the first ring's host was protected again."""
    plan = json.loads((fleet.folder / APPROVED).read_text(encoding="utf-8"))
    first, second = (host for ring in plan["rollout"]["rings"] for host in ring["hosts"])
    ((done,), (began,)) = _on(first, *SINCE, "avshift-clamonacc"), _on(second, *SINCE, "clamav-daemon")
    assert 0 < int(done) < int(began)
