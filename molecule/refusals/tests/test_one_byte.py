"""The comparison of snapshots can fail: a module that writes one byte in check mode is found out."""

from __future__ import annotations

from pathlib import Path

import pytest
from fidelity.observation import changes
from integration import faulty, lab
from integration.playbooks import playbook

WRITTEN = "/var/lib/one-byte"
HONEST = '    try:\n        return {"changed": False, "collected"'
WRITING = f"    with open({WRITTEN!r}, 'w') as stream:\n        stream.write('x')\n"
FAULT = faulty.Fault("plugins/module_utils/collect/main.py", HONEST, WRITING + HONEST)


@pytest.fixture
def faulty_collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of the collection whose collecting module leaves something behind is what Ansible finds."""
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(faulty.copy(tmp_path, FAULT)))


def test_one_byte_written_by_a_plan_is_found(faulty_collection: None, tmp_path: Path) -> None:
    lab.observe("honest", "agent")
    said = playbook("plan", "--limit=agent", folder=tmp_path)
    assert said.returncode == 0, said.text
    lab.observe("one-byte", "agent")
    found = changes(lab.observed("honest", "agent"), lab.observed("one-byte", "agent"))
    assert [str(change) for change in found] == ["/var/lib: changed (mtime)", f"{WRITTEN}: created"]
