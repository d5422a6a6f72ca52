"""The role alone, in a play of its own: it removes in few results per host, looks again, records, and removes once."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from integration import lab

HOST = "agent"
PLAY = [{"hosts": HOST, "gather_facts": False, "roles": ["avshift.endpoint.kaspersky_remove"]}]
# Of the argument check, the plan and what carries it out, and of looking again and the record.
MOST_RESULTS = 5


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A playbook with the role, for a host of its own."""
    fleet = f"{os.environ['AVSHIFT_LAB_FLEET']}-role"
    monkeypatch.setenv("AVSHIFT_LAB_FLEET", fleet)
    monkeypatch.setenv("ANSIBLE_STDOUT_CALLBACK", "ansible.posix.json")
    made = lab.run("lab/fleet.py", "up", "--fresh", "--fleet", fleet, HOST)
    assert made.returncode == 0, made.stdout
    path = tmp_path / "play.yml"
    path.write_text(yaml.safe_dump(PLAY), encoding="utf-8")
    yield path
    lab.run("lab/fleet.py", "down", "--fleet", fleet)


def _results(play: Path, *arguments: str) -> list[dict[str, Any]]:
    done = lab.run("ansible-playbook", str(play), *arguments, "-e", f"kaspersky_remove_output_dir={play.parent}")
    assert done.returncode == 0, done.stdout
    content = json.loads(done.stdout[done.stdout.index("{\n") :])
    results = [task["hosts"].get(HOST) for one in content["plays"] for task in one["tasks"]]
    return [result for result in results if result is not None]


def test_role_removes_in_few_results_as_its_preview_said(play: Path) -> None:
    preview = _results(play, "--check", "--diff")
    assert lab.on(HOST, "dpkg-query", "--show", "klnagent64").returncode == 0
    removed = _results(play, "--diff")
    assert len(removed) <= MOST_RESULTS
    assert [result.get("diff") for result in removed] == [result.get("diff") for result in preview]
    record = (play.parent / f"records/{HOST}.json").read_text(encoding="utf-8")
    assert json.loads(record)["verdict"] == "removed_verified"
    assert lab.on(HOST, "dpkg-query", "--show", "klnagent64").returncode == 1
    assert lab.on(HOST, "test", "-e", "/opt/kaspersky").returncode == 1
    assert [result["changed"] for result in _results(play)] == [False] * len(removed)
