"""Hosts of the lab reached by ssh: the key, the accounts, the inventory, and connections that break."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

from integration import lab
from integration.accounts import Account

KEY = lab.EVIDENCE / "key"
INVENTORY = lab.EVIDENCE / "hosts.yml"
AVSHIFT = lab.EVIDENCE / "avshift"
PASSWORD = "a-password-of-the-lab"
ADDRESS = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
LIMIT_SECONDS = 900
LOCK = "/run/avshift.lock"
# Waits until the lock is held, breaks every ssh connection hard, and prints which process had the lock.
BREAK = f"""
tries=0
until holder=$(head -n 1 {LOCK} 2>/dev/null) && [ -n "$holder" ] && kill -0 "$holder" 2>/dev/null; do
    tries=$((tries + 1)); [ "$tries" -lt 2400 ] || exit 1; sleep 0.05
done
pkill -KILL '^sshd-session$' ; pkill -KILL -f '^sshd: (olga|root)'
echo "$holder"
"""
# Waits until no process holds the lock any more.
END = f"flock --timeout 600 {LOCK} true"


def make_key() -> None:
    """Make the key that opens all accounts."""
    lab.EVIDENCE.mkdir(parents=True, exist_ok=True)
    done = lab.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(KEY))
    assert done.returncode == 0, done.stdout


def prepare(account: Account) -> None:
    """Create the login user, install the key, and do what the account's file says."""
    public = KEY.with_suffix(".pub").read_text(encoding="utf-8")
    script = f"""
        useradd --create-home --shell /bin/bash olga
        echo 'olga:{PASSWORD}' | chpasswd
        for home in /root /home/olga; do
            install -d -m 0700 $home/.ssh
            echo '{public.strip()}' >$home/.ssh/authorized_keys
        done
        chown -R olga: /home/olga/.ssh
        {account.prepare}
    """
    lab.must(account.name, "bash", "-eu", "-c", script)


def write_inventory(accounts: list[Account]) -> None:
    """Write the inventory that a user would have: addresses, and what the accounts' files say."""
    hosts = {account.name: {"ansible_host": _address(account.name), **_variables(account)} for account in accounts}
    INVENTORY.write_text(yaml.safe_dump({"all": {"hosts": hosts}}), encoding="utf-8")


def _address(host: str) -> str:
    return lab.run("podman", "inspect", "--format", ADDRESS, lab.container(host)).stdout.split()[0]


def _variables(account: Account) -> dict[str, Any]:
    site = yaml.safe_load((lab.REPOSITORY / "inventories/lab/group_vars/lab.yml").read_text(encoding="utf-8"))
    if account.purpose != "broken":
        site = {"avshift_provider": "none"}
    known = {"ansible_user": "olga", "ansible_ssh_private_key_file": str(KEY)}
    return {**known, **site, **account.variables}


def arguments(name: str, hosts: list[str], *more: str) -> list[str]:
    """Return the command that runs avshift.endpoint.<name> for hosts."""
    limited = [f"--inventory={INVENTORY}", f"--limit={','.join(hosts)}", "--forks=4"]
    return ["ansible-playbook", f"avshift.endpoint.{name}", *limited, *more]


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a user whose ansible.cfg differs from this repository's."""
    config = lab.EVIDENCE / "ansible.cfg"
    # On a machine that is busy with other parts, sudo's prompt may take longer than Ansible's own 10 seconds.
    defaults = "[defaults]\nhost_key_checking = False\nretry_files_enabled = False\ntimeout = 60\n"
    config.write_text(defaults, encoding="utf-8")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    sockets = Path("/tmp") / f"avshift-{os.getpid()}"
    return {
        **kept,
        "ANSIBLE_CONFIG": str(config),
        "ANSIBLE_COLLECTIONS_PATH": str(lab.REPOSITORY / ".cache"),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(sockets),
        "ANSIBLE_FORCE_COLOR": "0",
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def playbook(kept_as: str, name: str, hosts: list[str], *more: str, **changed: str) -> subprocess.CompletedProcess[str]:
    """Run avshift.endpoint.<name>; its output is kept. Some hosts are meant to fail, so its status says nothing."""
    done = subprocess.run(
        arguments(name, hosts, *more),
        cwd=lab.EVIDENCE,
        env=environment(**changed),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    (lab.EVIDENCE / f"{kept_as}.log").write_text(done.stdout, encoding="utf-8")
    return done


def broken_in(task: str, host: str, *more: str) -> str:
    """Migrate a host, break its connection during a task, and wait until the host has finished.

    Returns Ansible's output.
    """
    with subprocess.Popen(
        arguments("migrate", [host], *more),
        cwd=lab.EVIDENCE,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        assert running.stdout is not None
        said = []
        for line in running.stdout:
            said.append(line)
            if line.startswith("TASK [") and task in line:
                lab.must(host, "sh", "-c", BREAK)
        running.wait(LIMIT_SECONDS)
    lab.must(host, "sh", "-c", END)
    text = "".join(said)
    with (lab.EVIDENCE / f"broken-{host}.log").open("a", encoding="utf-8") as log:
        log.write(text)
    return text
