"""A real Ansible checks mounted Windows disks by ``kaspersky_info``, and writes a record of each."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from asking import playbook
from importable import REPOSITORY

sys.path.append(str(REPOSITORY / "tests" / "unit"))

PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - avshift.endpoint.kaspersky_info:
        root: "{{ disk }}"
        records_dir: "{{ records }}"
"""
# What is done to a recorded host's disk, and what is found on it.
FOUND: dict[str, tuple[str, list[str], str]] = {
    "clean": ("clean", [], "never_present"),
    "installed": ("installed", ["kes_windows", "network_agent_windows"], "detected"),
    "server": ("server", ["ksws_windows"], "detected"),
    "torn": ("clean", [], "unknown"),
    "missing": ("clean", [], "unknown"),
    # What one user's hive would say is unknown for that user, and for nothing else.
    "userless": ("clean", [], "never_present"),
}


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The records of one run of Ansible, each host of which is a disk."""
    import windows_hosts

    folder = tmp_path_factory.mktemp("disks")
    for name, (host, _found, _verdict) in FOUND.items():
        windows_hosts.make_disk(host, folder / name)
    hive = folder / "torn" / windows_hosts.CONFIG / "SOFTWARE"
    hive.write_bytes(hive.read_bytes()[:4000])
    (folder / "missing" / windows_hosts.CONFIG / "SYSTEM").unlink()
    (folder / "userless" / windows_hosts.USERS_HIVE).write_bytes(b"no hive")
    hosts = {
        name: {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "disk": str(folder / name),
            "records": str(folder / "records"),
        }
        for name in FOUND
    }
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    (folder / "play.yml").write_text(PLAY, encoding="utf-8")
    done = playbook(folder, str(folder / "play.yml"), "--forks=2")
    assert done.returncode == 0, done.stdout
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (folder / "records").glob("*.json")}


@pytest.mark.parametrize("name", FOUND)
def test_a_disk_is_checked_and_recorded(name: str, records: dict[str, Any]) -> None:
    _host, found, verdict = FOUND[name]
    record = records[name]
    collected = record["verification"]["collected"]
    assert record["verdict"] == verdict
    assert sorted(one["id"] for one in collected["findings"]) == found
    unknown = {one["id"]: one["cause"] for one in collected["unknowns"]}
    user = "user_hive:S-1-5-21-0-0-0-1000"
    assert ("is damaged" in unknown.get(user, "")) == (name == "userless")
    assert collected["complete"] == (verdict != "unknown")
