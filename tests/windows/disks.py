"""A host of the lab as a disk: its registry as hives, made by hivex, in its own drive C; and Ansible's look at it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import hivex_child
import regf_build
import windows_hosts
from importable import HOME, REPOSITORY

from avshift_windows.wine import Prefix

# An alias of the control set in use, which only a running system has.
ALIAS = "CURRENTCONTROLSET"
SECONDS = 900
# This host's own: not one of a Debian package, which has no collection of this name.
PLAY = "avshift.endpoint.detect"


def put_hives(prefix: Prefix, exported: str) -> Path:
    """Write a host's registry as hives into its drive C, and return that."""
    for file, keys in windows_hosts.hives_of(exported).items():
        path = prefix.drive / file
        windows_hosts.put_hive(path, regf_build.hive({"": {}}))
        kept = {key: values for key, values in keys.items() if key.partition("\\")[0].upper() != ALIAS}
        hivex_child.make(str(path), {key: _listed(values) for key, values in kept.items()})
    return prefix.drive


def _listed(values: dict[str, regf_build.Value]) -> dict[str, list[Any]]:
    return {name: [kind, raw.hex()] for name, (kind, raw) in values.items()}


def looked_at(disks: dict[str, Path], folder: Path) -> dict[str, dict[str, Any]]:
    """Return the record of each disk by the name of its host: all of them in one run of the playbook."""
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "avshift_become": False}
    hosts = {name: {**local, "kaspersky_detect_root": str(disk)} for name, disk in disks.items()}
    done = ansible(hosts, folder, "ansible-playbook", "--forks=2", PLAY, "-e", f"avshift_detect_dir={folder}/detect")
    assert done.returncode in (0, 2), done.stdout + done.stderr
    found = sorted(folder.glob("detect/**/*.json"))
    records = [json.loads(path.read_text(encoding="utf-8")) for path in found]
    return {record["host"]: record for record in records if "host" in record}


def ansible(hosts: dict[str, Any], folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run an Ansible command on {host: variables}, with a folder for what it needs."""
    folder.mkdir(parents=True, exist_ok=True)
    inventory = folder / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    return subprocess.run(
        [command[0], "-i", str(inventory), *command[1:]],
        cwd=REPOSITORY,
        env=_environment(folder),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(HOME.parent),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        # One connection per task: none outlasts its task, and no path is too long for a socket.
        "ANSIBLE_SSH_ARGS": "-o ControlMaster=no",
    }
