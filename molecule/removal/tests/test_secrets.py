"""A password reaches the script that asks for it, and nothing else: no screen, document, log, command line or file."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from integration import lab
from integration.playbooks import Said, playbook

FULL = os.environ.get("AVSHIFT_REMOVAL_SET") == "full"
HOSTS = ("password", "password-dnf") if FULL else ("password",)
RIGHT, WRONG = "k3-S3cret $HOME {battery}", "w7-0ther %s <staple>"
SECRETS = (RIGHT, WRONG)
# Looks at every command line on the host again and again until its input ends; what to look for stands in none.
WATCH = """
import glob, json, select, sys
wanted = [text.encode() for text in json.loads(sys.stdin.readline())]
seen, looks = set(), 0
while not select.select([sys.stdin], [], [], 0.002)[0]:
    looks += 1
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            line = open(path, "rb").read()
        except OSError:
            continue
        seen.update(line.decode(errors="replace") for text in wanted if text in line)
print(json.dumps({"looks": looks, "seen": sorted(seen)}))
"""


@dataclass(frozen=True)
class Ran:
    """What a first run with the wrong password said, what one with the right one did, and what was seen meanwhile."""

    host: str
    folder: Path
    wrong: Said
    right: Said
    watched: dict[str, object]


@pytest.fixture(scope="module", params=HOSTS)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """A host on which removal was tried with the wrong password, and done with the right one."""
    host, patch = str(request.param), pytest.MonkeyPatch()
    fleet = f"{os.environ['AVSHIFT_LAB_FLEET']}-secret"
    patch.setenv("AVSHIFT_LAB_FLEET", fleet)
    made = lab.run("lab/fleet.py", "up", "--fresh", "--fleet", fleet, host)
    assert made.returncode == 0, made.stdout
    folder, given = tmp_path_factory.mktemp("run"), tmp_path_factory.mktemp("given")
    (given / "hosts.json").write_text(json.dumps({"lab": {"hosts": {host: {}}}}), encoding="utf-8")
    patch.setenv("ANSIBLE_INVENTORY", ",".join([*lab.inventories(), str(given / "hosts.json")]))
    watching = [*("podman", "exec", "--interactive", lab.container(host)), *("python3", "-c", WATCH)]
    with subprocess.Popen(watching, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watch:
        assert watch.stdin is not None
        watch.stdin.write(json.dumps(SECRETS) + "\n")
        watch.stdin.flush()
        planned = _play("plan", host, folder)
        assert planned.returncode == 0, planned.text
        wrong, right = (_play("migrate", host, folder, _given(given, password)) for password in (WRONG, RIGHT))
        watched = json.loads(watch.communicate("end\n")[0])
    yield Ran(host, folder, wrong, right, watched)
    lab.run("lab/fleet.py", "down", "--fleet", fleet)
    patch.undo()


def _given(folder: Path, password: str) -> str:
    """Return a file of variables, so that the password stands in no command line of the controller either."""
    path = folder / "vars.json"
    path.write_text(json.dumps({"endpoint_migrate_uninstall_password": password}), encoding="utf-8")
    return str(path)


def _play(name: str, host: str, folder: Path, variables: str | None = None) -> Said:
    approved = ("-e", f"endpoint_migrate_approved_plan={folder}/avshift/plan/plan.json", "-e", f"@{variables}")
    without = ("-vvvv", "--diff", f"--limit={host}", "-e", "endpoint_migrate_provider=none")
    return playbook(name, *without, *(approved if variables else ()), folder=folder)


def _record(ran: Ran) -> dict[str, object]:
    found: dict[str, object] = json.loads((ran.folder / f"avshift/records/{ran.host}.json").read_text(encoding="utf-8"))
    return found


def test_script_gets_the_password(ran: Ran) -> None:
    assert ran.wrong.returncode != 0
    assert "not the password: (secret)" in ran.wrong.text
    assert ran.right.returncode == 0, ran.right.text
    assert _record(ran)["verdict"] == "removed_verified"
    assert lab.on(ran.host, "test", "-e", "/opt/kaspersky").returncode != 0


@pytest.mark.parametrize("secret", SECRETS)
def test_no_screen_shows_it(ran: Ran, secret: str) -> None:
    assert secret not in ran.wrong.text
    assert secret not in ran.right.text


def test_no_command_line_holds_it_while_the_run_works(ran: Ran) -> None:
    assert isinstance(ran.watched["looks"], int)
    assert ran.watched["looks"] > 100
    assert ran.watched["seen"] == []


@pytest.mark.parametrize("secret", SECRETS)
def test_no_log_of_the_host_holds_it(ran: Ran, secret: str) -> None:
    said = lab.must(ran.host, "journalctl", "--no-pager", "--output=json", "--all")
    assert "klnagent64" in said
    assert secret not in said


@pytest.mark.parametrize("secret", SECRETS)
def test_no_file_of_the_host_holds_it(ran: Ran, secret: str) -> None:
    looking = ("grep", "--recursive", "--files-with-matches", "--no-messages", "--fixed-strings", "--file=-")
    places = ("/etc", "/opt", "/root", "/run", "/srv", "/tmp", "/var", "/usr/local", "/home")
    assert lab.on(ran.host, *looking, *places, given=f"{secret}\n").stdout == ""


@pytest.mark.parametrize("secret", SECRETS)
def test_no_file_of_the_controller_holds_it(ran: Ran, secret: str) -> None:
    places = [place for place in (ran.folder, Path.home() / ".ansible") if place.exists()]
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if secret.encode() in path.read_bytes()] == []
