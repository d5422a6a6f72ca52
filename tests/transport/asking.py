"""Runs of a real Ansible that ask a stand-in for a host, on this machine, and their results."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from importable import REPOSITORY

LIMIT_SECONDS = 400
HERE = Path(__file__).resolve().parent
PLAY = """
- hosts: all
  gather_facts: false
  strategy: free
  tasks:
    - ask:
        root: "{{ image }}"
        secret: "{{ secret | default('') }}"
      check_mode: true
      timeout: "{{ limit | default(0) }}"
      ignore_errors: true
      ignore_unreachable: true
"""


@dataclass(frozen=True)
class Told:
    """What a run printed, and the result of its task."""

    text: str
    result: dict[str, Any]


def interpreter(folder: Path, name: str, script: str) -> str:
    """Return the path of a stand-in for a host's Python: a shell script."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def ask(
    folder: Path, hosts: dict[str, dict[str, Any]], *arguments: str, patch: str = "", **environment: str
) -> dict[str, Told]:
    """Ask hosts, each with its variables, at once. ``patch`` runs in Ansible's process first: another ansible-core."""
    for name in ("image", "patched"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "patched" / "sitecustomize.py").write_text(patch, encoding="utf-8")
    (folder / "play.yml").write_text(PLAY, encoding="utf-8")
    known = {"all": {"hosts": {name: _variables(folder, name, given) for name, given in hosts.items()}}}
    (folder / "hosts.json").write_text(json.dumps(known), encoding="utf-8")
    done = playbook(folder, str(folder / "play.yml"), "--forks=8", *arguments, **environment)
    results = {name: folder / f"{name}.json" for name in hosts}
    assert all(path.exists() for path in results.values()), done.stdout
    return {name: Told(done.stdout, json.loads(path.read_text(encoding="utf-8"))) for name, path in results.items()}


def playbook(folder: Path, name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a playbook for the hosts of hosts.json; its stderr is in stdout. No process of it keeps running."""
    try:
        return _run(folder, name, arguments, environment)
    finally:
        for process in running(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def running(folder: Path) -> list[int]:
    """Return the processes whose command names something in a test's folder: a stand-in that never answers stays."""
    found = []
    for told in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if f"{folder}/".encode() in told.read_bytes() and int(told.parent.name) != os.getpid():
                found.append(int(told.parent.name))
    return found


def _run(
    folder: Path, name: str, arguments: tuple[str, ...], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible-playbook")),
            f"--inventory={folder / 'hosts.json'}",
            *arguments,
            name,
        ],
        cwd=folder,
        env={**_environment(folder), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


def _variables(folder: Path, name: str, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "image": str(folder / "image"),
        "result": str(folder / f"{name}.json"),
        **given,
    }


def _environment(folder: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "PYTHON"))}
    return {
        **kept,
        "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".cache"),
        "ANSIBLE_ACTION_PLUGINS": str(HERE / "action_plugins"),
        "ANSIBLE_FORCE_COLOR": "0",
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_NOCOLOR": "1",
        "COLUMNS": "1000",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(folder / "patched"),
    }
