"""The test of fidelity can fail: a step that does more than it says, and one that does less, are found out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fidelity import effects
from fidelity.fidelity import judge
from integration import faulty, lab
from integration.playbooks import playbook

HOST = "agent"
UNDECLARED, NEVER_MADE = "/etc/undeclared", "/etc/never-made"
REMOVING = '    safe_remove.remove(target["path"], target["scope"])\n'
FINISHED = '({"path": places.journal, "scope": "file", "change": "changed"},)'
FAULTS = (
    faulty.Fault(
        "plugins/module_utils/apply/files/path_remove.py",
        REMOVING,
        f'{REMOVING}    open({UNDECLARED!r}, "w").close()\n',
    ),
    faulty.Fault(
        "plugins/plugin_utils/plan/frame.py",
        FINISHED,
        f'{FINISHED[:-2]}, {{"path": {NEVER_MADE!r}, "scope": "file", "change": "created"}})',
    ),
)


@pytest.fixture
def faulty_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The plan of a run by a faulty copy of the collection, on a host of its own."""
    fleet = f"{os.environ['AVSHIFT_LAB_FLEET']}-faulty"
    monkeypatch.setenv("AVSHIFT_LAB_FLEET", fleet)
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(faulty.copy(tmp_path / "collections", *FAULTS)))
    made = lab.run("lab/fleet.py", "up", "--fresh", "--fleet", fleet, HOST)
    assert made.returncode == 0, made.stdout
    lab.observe("before-faulty", HOST)
    without = (f"--limit={HOST}", "-e", "avshift_provider=none")
    plan = tmp_path / "avshift/plan/plan.json"
    for name, approved in (("plan", ()), ("migrate", ("-e", f"avshift_approved_plan={plan}"))):
        said = playbook(name, *without, *approved, folder=tmp_path)
        assert said.returncode == 0, said.text
    lab.observe("after-faulty", HOST)
    yield plan
    lab.run("lab/fleet.py", "down", "--fleet", fleet)


def test_a_step_that_does_more_or_less_than_it_says_is_found_out(faulty_run: Path) -> None:
    before, after = lab.observed("before-faulty", HOST), lab.observed("after-faulty", HOST)
    verdict = judge(before, after, effects.of_host(faulty_run, HOST))
    assert f"{UNDECLARED}: created" in verdict.unexplained
    assert [one for one in verdict.unexplained if not one.startswith(("/etc:", f"{UNDECLARED}:"))] == []
    assert [one.partition(": ")[2] for one in verdict.not_happened] == [f"file {NEVER_MADE}: created"]
