"""The fleet of a scenario and what the scenario has kept of it. Only the system's own tools are used on hosts."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fidelity import observation

REPOSITORY = Path(__file__).resolve().parents[2]
HOSTS = os.environ.get("AVSHIFT_LAB_HOSTS", "").split()
EVIDENCE = Path(os.environ["AVSHIFT_EVIDENCE"])
TIMEOUT_SECONDS = 900


def container(host: str) -> str:
    """Return the name of a host's container."""
    return f"avshift-lab-{os.environ['AVSHIFT_LAB_FLEET']}-{host}"


def run(
    *argv: str, given: str | None = None, cwd: Path = REPOSITORY, timeout: int = TIMEOUT_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Return a finished command, whatever its exit status; its stderr is at the end of stdout."""
    return subprocess.run(
        argv,
        cwd=cwd,
        input=given,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout,
        check=False,
    )


def on(host: str, *argv: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command as root on a host."""
    return run("podman", "exec", "--interactive", "--env=LC_ALL=C", container(host), *argv, given=given)


def must(host: str, *argv: str, given: str | None = None) -> str:
    """Return the output of a command on a host; it has to succeed."""
    done = on(host, *argv, given=given)
    assert done.returncode == 0, f"{host}: {' '.join(argv)}: {done.stdout}"
    return done.stdout


def observed(moment: str, host: str) -> observation.Observation:
    """Return what a host contained at a moment of the scenario."""
    return observation.read(EVIDENCE / moment / host)


def firewall(moment: str, host: str) -> list[str]:
    """Return a host's rules, chains and policy routes at a moment, each as its tool lists it, with the tool's name."""
    return (EVIDENCE / moment / host / "firewall").read_text(encoding="utf-8").splitlines()


def observe(moment: str, *hosts: str) -> None:
    """Observe hosts now, one per processor at a time, and keep the result under the moment's name."""
    script = str(REPOSITORY / "tests/fidelity/observe.sh")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in pool.map(lambda host: run(script, container(host), str(EVIDENCE / moment / host)), hosts):
            assert done.returncode == 0, done.stdout


def inventories() -> list[str]:
    """Return the sources of the inventory that playbooks use."""
    return os.environ["ANSIBLE_INVENTORY"].split(",")
