"""Hosts of the lab reached by Ansible's own ssh connection; looks need the PowerShell that a .NET SDK builds."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import ExitStack
from pathlib import Path

import compare
import disks
import pytest
from conftest import Up
from support import load_yaml
from windows_hosts import HOME

from avshift_windows import ssh, states
from avshift_windows.wine import Prefix

CODES = {"cmd /c exit 7": 7, "sc query klnagent": 0, "sc query gone": 36}
NOBODY = 65534
# One host here has what it refuses only for others than root, and so does the account that looks at it.
REFUSING = "denied"


def test_ansible_s_own_ssh_connection_reaches_a_host(up: Up, tmp_path: Path) -> None:
    with up("installed") as prefix, ssh.reached({"installed": prefix}, tmp_path / "ssh", "cmd") as hosts:
        for at, (line, code) in enumerate(CODES.items()):
            said = disks.ansible(hosts, tmp_path / str(at), "ansible", "all", "-m", "ansible.builtin.raw", "-a", line)
            assert f"rc={code} " in said.stdout, said.stdout + said.stderr
            assert ("RUNNING" in said.stdout) == (code == 0)


def _seen(prefix: Prefix) -> tuple[str, dict[str, int]]:
    # What the lab itself has written for an export, and the times of temporary folders, do not come from the look.
    return prefix.registry(), prefix.files()


def _given_to(account: int, prefix: Prefix) -> Prefix:
    """Return a host that belongs to an account, except the refused folder: Wine serves a host only to its owner."""
    for place, folders, files in os.walk(prefix.folder):
        for name in [".", *folders, *files]:
            path = Path(place) / name
            if not path.is_symlink() and (path.is_dir() or path.stat().st_nlink == 1):
                shutil.chown(path, account, account)
    shutil.chown(prefix.drive / states.load(REFUSING).denied_folder, 0, 0)
    return Prefix(prefix.folder, account)


@pytest.mark.usefixtures("powershell")
def test_every_host_is_found_live_as_recorded_and_a_look_changes_nothing(up: Up, tmp_path: Path) -> None:
    names = [name for name in states.names() if name != REFUSING]
    with ExitStack() as stack:
        prefixes = {name: stack.enter_context(up(name)) for name in names}
        before = {name: _seen(prefix) for name, prefix in prefixes.items()}
        hosts = stack.enter_context(ssh.reached(prefixes, tmp_path / "ssh", "powershell"))
        done = disks.ansible(
            hosts, tmp_path / "look", "ansible-playbook", disks.PLAY, "-e", f"avshift_detect_dir={tmp_path}/detect"
        )
        assert {name: _seen(prefix) for name, prefix in prefixes.items()} == before
    assert done.returncode in (0, 2), done.stdout + done.stderr
    for name in names:
        record = json.loads((tmp_path / "detect" / f"{name}.json").read_text(encoding="utf-8"))
        assert compare.differences(record, load_yaml(HOME / name / "expect.yml")) == [], name


@pytest.mark.usefixtures("powershell")
def test_what_a_host_refuses_is_unknown_and_named(up: Up, tmp_path: Path) -> None:
    state = states.load(REFUSING)
    with up(REFUSING) as made:
        pass
    # Root would be refused nothing. Wine keeps no key's access rights after it ends.
    prefix = _given_to(NOBODY, made)
    with prefix.up(), ssh.reached({REFUSING: prefix}, tmp_path / "ssh", "powershell") as hosts:
        states.refuse(state, prefix)
        disks.ansible(
            hosts, tmp_path / "look", "ansible-playbook", disks.PLAY, "-e", f"avshift_detect_dir={tmp_path}/detect"
        )
    record = json.loads((tmp_path / "detect" / f"{REFUSING}.json").read_text(encoding="utf-8"))
    assert compare.differences(record, load_yaml(HOME / REFUSING / "expect.yml")) == []
    assert record["verdict"] == "unknown"


def test_a_refused_key_is_refused(up: Up) -> None:
    """The lab's own refusals hold: tested with Wine's reg, which could read the key before."""
    state = states.load(REFUSING)
    keys = [f"HKLM\\{key}" for key in state.denied_keys]
    with up(REFUSING) as prefix:
        assert [prefix.call("reg", "query", key).code for key in keys] == [0] * len(keys)
        states.refuse(state, prefix)
        assert [prefix.call("reg", "query", key).code for key in keys] == [1] * len(keys)
        assert (prefix.drive / state.denied_folder).stat().st_mode & 0o777 == 0o700
