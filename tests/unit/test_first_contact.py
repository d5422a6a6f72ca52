"""What a first run says if there is nothing to look at: one block that names the next steps."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import next_steps
from support import REPOSITORY, load_yaml

RUN = {"change_id": "", "time": "2026-01-01T00:00:00Z", "collection_version": "0.1.0", "catalog_digest": "0" * 64}


def _silent(host: str, code: str) -> dict[str, Any]:
    return runs.of_detection(host, {"failed": True, "code": code, "msg": "x"}, RUN)


def _numbered(lines: list[str]) -> list[str]:
    assert lines[0] == "What to do next:"
    numbers = [line.split(".")[0].strip() for line in lines[1:]]
    assert numbers == [str(number) for number in range(1, len(lines))]
    return lines[1:]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("unreachable", "ssh USER@HOST"),
        ("become_failed", "--ask-become-pass"),
        ("become_failed", "Leave ansible_become_user at root"),
        ("failed", "ansible_become_method"),
        ("module_failed", "ansible_python_interpreter"),
        ("root_needed", "ansible_become: true"),
        ("python_missing", "ansible_python_interpreter"),
        ("python_unsupported", "where there are several"),
        ("timed_out", "avshift_timeout"),
        ("never_heard_of", "the host's record"),
    ],
)
def test_each_cause_has_one_line_with_its_remedy_and_then_how_to_look_again(code: str, words: str) -> None:
    lines = _numbered(next_steps.lines([_silent(f"h{number}", code) for number in range(4)]))
    assert len(lines) == 2
    assert code in lines[0]
    assert "hosts: 4 (h0, h1, h2, …)" in lines[0]
    assert words in lines[0]
    assert "--limit 'h0,h1,h2,h3'" in lines[1]


def test_the_cause_of_most_hosts_comes_first_and_many_hosts_are_not_all_named() -> None:
    records = [_silent(f"h{number:02}", "unreachable") for number in range(12)] + [_silent("a", "become_failed")]
    lines = _numbered(next_steps.lines(records))
    assert ["unreachable" in lines[0], "become_failed" in lines[1]] == [True, True]
    assert "--limit 'HOSTS'" in lines[2]


def test_codes_of_failing_connections_that_are_documented_have_a_remedy() -> None:
    cases = load_yaml(REPOSITORY / "tests" / "fixtures" / "failures.yml")
    codes = {case["code"] for case in cases} - {"connection_lost"}
    assert codes <= set(next_steps.remedies())


def _ansible(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    own = {
        "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".cache"),
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_NOCOLOR": "1",
    }
    command = [str(Path(sys.executable).parent / "ansible-playbook"), *arguments]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **own}, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.mark.parametrize("playbook", ["detect", "plan", "verify"])
def test_an_inventory_with_no_host_is_an_error_and_says_what_to_do(tmp_path: Path, playbook: str) -> None:
    (tmp_path / "hosts").write_text("")
    done = _ansible(tmp_path, "-i", "hosts", f"avshift.endpoint.{playbook}")
    told = " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0
    assert "the inventory has no such host, so that nothing was done" in told
    assert "ansible-inventory -i INVENTORY --graph" in told


def _look(folder: Path, image: Path) -> list[str]:
    """Return what make look runs."""
    said = subprocess.run(
        ["make", "-n", "-C", str(REPOSITORY), "look", f"DIR={image}"], capture_output=True, text=True, check=True
    ).stdout
    (line,) = [line for line in said.replace("\\\n", " ").splitlines() if "avshift.endpoint.detect" in line]
    return shlex.split(line)


def test_an_image_is_looked_at_and_nothing_in_it_changed(tmp_path: Path) -> None:
    image = tmp_path / "image"
    (image / "opt/kaspersky/kesl/libexec").mkdir(parents=True)
    (image / "opt/kaspersky/kesl/libexec/kesl").write_text("x")
    before = {path: path.stat().st_mtime_ns for path in image.rglob("*")}
    command = _look(tmp_path, image)
    assert "avshift_become=false" in command
    arguments = [one.replace("{{ ansible_playbook_python }}", sys.executable) for one in command[1:]]
    done = _ansible(tmp_path, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((tmp_path / "avshift/look/localhost.json").read_text())
    assert record["verdict"] == "detected", done.stdout
    assert [found["id"] for found in record["verification"]["collected"]["findings"]] == ["kesl"]
    assert {path: path.stat().st_mtime_ns for path in image.rglob("*")} == before
    # Nothing can be planned for an image.
    told = done.stdout.partition("What to do next:")[2]
    assert "create the image again" in told
    assert "avshift.endpoint.plan" not in told


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"ansible_become_method": "nosuch"}, "failed, hosts: 1 (web1). Ansible failed before it could start"),
        (
            {"ansible_become_user": "nosuch"},
            "become_failed, hosts: 1 (web1). Check that the login user may become root",
        ),
        ({"ansible_python_interpreter": "PRINTS-NOTHING"}, "module_failed, hosts: 1 (web1). The table above says why"),
        (
            {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1},
            "unreachable, hosts: 1 (web1).",
        ),
    ],
    ids=str,
)
def test_a_detection_that_failed_ends_with_what_to_do_next(tmp_path: Path, wrong: dict[str, Any], words: str) -> None:
    mute = tmp_path / "python"
    mute.write_text("#!/bin/sh\nexit 0\n")
    mute.chmod(0o755)
    given = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, **wrong}
    given = {name: str(mute) if value == "PRINTS-NOTHING" else value for name, value in given.items()}
    (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": {"web1": given}}}))
    done = _ansible(tmp_path, "-i", "hosts.json", "avshift.endpoint.detect")
    assert done.returncode == 2
    record = json.loads((tmp_path / "avshift/detect/web1.json").read_text())
    assert record["failure"]["code"] == words.partition(",")[0]
    told = (done.stdout + done.stderr).partition("What to do next:\n")[2]
    assert words in told
    # Behind it comes Ansible's recap, and no error.
    rest = [line for line in told.splitlines() if line and not line.startswith((" ", "ok: ", "web1 ", "PLAY RECAP"))]
    assert rest == [], done.stdout


def test_a_silent_command_is_reported_and_its_output_and_code_are_passed_on() -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import heartbeat as h; sys.exit(h.run('part', sys.argv[2:], 0.2))"
    )
    command = [
        sys.executable,
        "-c",
        script,
        str(REPOSITORY / "lab"),
        "sh",
        "-c",
        "echo begin; sleep 1; echo end; exit 3",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 3
    assert done.stdout.startswith("begin\n")
    assert done.stdout.endswith("end\n")
    assert "… part: 0 min 0" in done.stdout


def test_a_plan_names_a_host_whose_become_method_is_none_and_writes_its_documents(tmp_path: Path) -> None:
    given = {"ansible_connection": "local", "ansible_become_method": "nosuch"}
    (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": {"web1": given}}}))
    done = _ansible(tmp_path, "-i", "hosts.json", "avshift.endpoint.plan")
    assert done.returncode == 2
    plan = json.loads((tmp_path / "avshift/plan/plan.json").read_text())
    assert "Invalid become method" in plan["not_planned"]["web1"]
