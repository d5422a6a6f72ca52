"""Hosts of the lab reached by Ansible's own ssh connection: one sshd each, whose forced command is a Windows shell."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from avshift_lab.errors import LabError

from .wine import Prefix

SHELL = Path(__file__).resolve().parents[1] / "windows" / "ssh" / "winsh"
FIRST_PORT = 2201
SECONDS = 60
CONFIGURATION = """Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {folder}/key.pub
PermitRootLogin yes
StrictModes no
UsePAM no
SetEnv LAB_PREFIX={prefix} LAB_ACCOUNT={account}
ForceCommand /usr/bin/python3 {shell}
"""


@contextmanager
def reached(prefixes: dict[str, Prefix], folder: Path, shell: str) -> Iterator[dict[str, Any]]:
    """Give {host: variables} of an inventory for prefixes that are up, with `powershell` or `cmd` as their shell."""
    folder.mkdir(parents=True)
    # The root has a network of its own, so that any port is free. sshd wants this folder.
    Path("/run/sshd").mkdir(exist_ok=True)
    for name in ("host_key", "key"):
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(argv, stdin=subprocess.DEVNULL, check=True)
    servers = []
    try:
        for port, (name, prefix) in enumerate(prefixes.items(), FIRST_PORT):
            file = folder / f"{name}.conf"
            told = {"port": port, "folder": folder, "prefix": prefix.folder, "account": prefix.account, "shell": SHELL}
            file.write_text(CONFIGURATION.format(**told), encoding="utf-8")
            argv = ["/usr/sbin/sshd", "-D", "-f", str(file), "-E", str(file.with_suffix(".log"))]
            servers.append(subprocess.Popen(argv, stdin=subprocess.DEVNULL))
            _wait(port, servers[-1], file.with_suffix(".log"))
        yield {name: _variables(port, folder, shell) for port, name in enumerate(prefixes, FIRST_PORT)}
    finally:
        for server in servers:
            server.terminate()
            server.wait(SECONDS)


def _variables(port: int, folder: Path, shell: str) -> dict[str, Any]:
    return {
        "ansible_connection": "ssh",
        "ansible_host": "127.0.0.1",
        "ansible_port": port,
        "ansible_user": "root",
        "ansible_shell_type": shell,
        "ansible_ssh_private_key_file": str(folder / "key"),
        "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
        "avshift_become": False,
    }


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else "it said nothing"
    raise LabError("Starting sshd", f"port {port}", said, "Look at it")
