"""The callback beside Ansible's own output: on a terminal, in a file, and after a run that broke."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

from cores import FULL
from fleets import AGENT, BROKEN, CLEAN, LIMIT, Fleet, environment

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
from terminals import Terminal

ALL: dict[str, Any] = {"avshift_hosts": "all", "avshift_require_approval": False}
SHOWN = {"ANSIBLE_CALLBACKS_ENABLED": "avshift.endpoint.rollout"}
KINDS = {"h0": AGENT, "h1": CLEAN, "h2": BROKEN, "h3": CLEAN}
STOPPED = "4 hosts: 2 migrated, 1 failed, 0 unreachable, 1 not started"
ROLLOUT = {"rings": [1, 2], "gate": {"min_clean": "100%"}}


def _after_recap(text: str) -> str:
    """Return what comes after the last line of the recap."""
    _before, _recap, after = text.partition("PLAY RECAP")
    return "\n".join(line for line in after.splitlines()[1:] if "unreachable=" not in line)


def test_four_hosts_in_a_file_are_a_line_each_and_the_last_words_come_last(
    tmp_path: Path, each_core: Path | None
) -> None:
    fleet = Fleet(tmp_path, KINDS, each_core)
    run = fleet.run("migrate", settings=SHOWN, avshift_rollout=ROLLOUT, **ALL)
    assert (run.code, run.counted(STOPPED)) == (2, 1), run.text
    assert STOPPED in _after_recap(run.text)
    assert _after_recap(run.text).rstrip().splitlines()[-1].startswith("To go on: ansible-playbook ")
    assert run.counted("ring pilot: 1 of 1 hosts: 1 ") == 1
    assert run.counted("ring ring-2: 2 of 2 hosts: ") == 1
    assert run.counted("  1 module_failed: h2") == 1
    assert "\x1b" not in run.text


def test_the_document_of_a_callback_for_programs_stays_one_document(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, {"h0": CLEAN})
    run = fleet.run("migrate", settings={**SHOWN, "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"}, **ALL)
    before, _brace, document = run.text.partition("\n{\n")
    assert "1 hosts: 1 migrated" in before.replace("1 host:", "1 hosts:"), run.text
    assert "h0" in json.loads("{" + document)["stats"]


def _on_a_terminal(fleet: Fleet, arguments: list[str], columns: int, rows: int) -> bytes:
    """Return the bytes that a run writes to a terminal."""
    outer, inner = pty.openpty()
    own = {**environment(fleet.folder), **SHOWN, "TERM": "xterm", "COLUMNS": str(columns), "LINES": str(rows)}
    command = [str(Path(sys.executable).parent / "ansible-playbook"), *arguments]
    process = subprocess.Popen(command, cwd=fleet.folder, env=own, stdin=inner, stdout=inner, stderr=inner)
    os.close(inner)
    written = []
    try:
        while content := os.read(outer, 1 << 16):
            written.append(content)
    except OSError:
        # A terminal to which no process writes any more ends like this.
        pass
    os.close(outer)
    process.wait(timeout=LIMIT)
    return b"".join(written)


def test_on_a_terminal_a_block_a_ring_stays_and_nothing_of_ansible_s_is_lost(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, KINDS)
    arguments = ["-i", "inventory.yml", "avshift.endpoint.migrate", "-e", "avshift_hosts=all"]
    arguments += ["-e", "avshift_require_approval=false", "-e", "avshift_rollout=1,2"]
    written = _on_a_terminal(fleet, arguments, 100, 30)
    terminal = Terminal(100, 30)
    terminal.write(written.decode("utf-8"))
    assert terminal.text.count("ring pilot: ") == 1, terminal.text
    assert terminal.text.count("ring ring-2: ") == 1
    assert "1 module_failed: h2" in terminal.text
    tasks = terminal.text.count("TASK [")
    assert tasks == written.count(b"TASK [") > 20
    assert "To go on: ansible-playbook " in "\n".join(terminal.lines[-6:])


TWO_PLAYS = """
- import_playbook: avshift.endpoint.migrate
- hosts: "{{ query('avshift.endpoint.rollout', 'hosts', hosts='nowhere', output_dir=7 / 0) }}"
  tasks: []
"""

BROKEN_BATCH = """
- name: Migrate
  hosts: "{{ query('avshift.endpoint.rollout', 'hosts') }}"
  serial: "{{ query('avshift.endpoint.rollout', 'serial') }}"
  gather_facts: false
  tasks:
    - avshift.endpoint.rollout_gate:
        batch: "{{ ansible_play_batch }}"
      run_once: true
    - fail:
        msg: this batch breaks
"""


def test_a_batch_that_breaks_the_run_still_ends_in_the_last_words(tmp_path: Path, core: Path | None) -> None:
    fleet = Fleet(tmp_path, dict.fromkeys(KINDS, CLEAN), core)
    (tmp_path / "own.yml").write_text(BROKEN_BATCH, encoding="utf-8")
    run = fleet.run("own.yml", settings=SHOWN)
    after = _after_recap(run.text)
    assert "4 hosts: 0 migrated, 0 failed, 0 unreachable, 4 not started" in after, run.text
    assert "To go on: ansible-playbook -i inventory.yml own.yml" in after
    assert run.code == 2


if FULL:

    def test_a_run_that_ansible_gives_up_ends_in_the_last_words_too(tmp_path: Path, core: Path | None) -> None:
        fleet = Fleet(tmp_path, KINDS, core)
        (tmp_path / "own.yml").write_text(TWO_PLAYS, encoding="utf-8")
        run = fleet.run("own.yml", settings=SHOWN, avshift_rollout=ROLLOUT, **ALL)
        assert run.text.rstrip().splitlines()[-1].startswith("To go on: ansible-playbook "), run.text
        assert run.code not in (0, 2)
