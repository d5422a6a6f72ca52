"""The comparison of snapshots can fail: a module that writes one byte in check mode is found out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fidelity.observation import changes
from integration import lab
from integration.playbooks import playbook

WRITTEN = "/var/lib/one-byte"
MODULE = "plugins/module_utils/collect/main.py"
HONEST = '    return {"changed": False, "collected"'
PARTS = ("catalog", "meta", "playbooks", "plugins", "roles", "galaxy.yml")


@pytest.fixture
def faulty_collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of the collection whose collecting module leaves something behind is what Ansible finds."""
    home = tmp_path / "ansible_collections/avshift/endpoint"
    home.mkdir(parents=True)
    for part in PARTS:
        source = lab.REPOSITORY / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, home / part)
    text = (home / MODULE).read_text(encoding="utf-8")
    assert text.count(HONEST) == 1
    fault = f"    with open({WRITTEN!r}, 'w') as stream:\n        stream.write('x')\n"
    (home / MODULE).write_text(text.replace(HONEST, fault + HONEST), encoding="utf-8")
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(tmp_path))


def test_one_byte_written_by_a_plan_is_found(faulty_collection: None, tmp_path: Path) -> None:
    lab.observe("honest", "agent")
    said = playbook("plan", "--limit=agent", folder=tmp_path)
    assert said.returncode == 0, said.text
    lab.observe("one-byte", "agent")
    found = changes(lab.observed("honest", "agent"), lab.observed("one-byte", "agent"))
    assert [str(change) for change in found] == ["/var/lib: changed (mtime)", f"{WRITTEN}: created"]
