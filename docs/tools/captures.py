"""Keeps in docs/examples/rollout.ansi what a rollout prints with its callback: five containers, one gone meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
KEPT = REPOSITORY / "docs" / "examples" / "rollout.ansi"
FLEET = "captures"
HOSTS = {"web-01": "agent", "web-02": "agent", "web-03": "agent", "db-01": "leftovers", "mon-01": "clean"}
# Of the last ring, so that it is missed there and nowhere else.
GONE = "web-03"
RINGS = [{"name": "pilot", "hosts": ["web-01"]}, {"name": "early", "hosts": ["db-01", "mon-01"]}, {"name": "rest"}]
RUN = ["avshift.endpoint.migrate", "-i", "hosts.yml", "-e", "avshift_hosts=all"]
APPROVED = ["-e", "avshift_approved_plan=avshift/plan/plan.json"]


def main() -> int:
    """Bring the fleet up, plan it, stop one host, migrate, and keep what that printed; return an exit code."""
    lab = [sys.executable, "lab/fleet.py"]
    wanted = [f"{name}={like}" for name, like in HOSTS.items()]
    subprocess.run([*lab, "up", "--fresh", "--fleet", FLEET, *wanted], cwd=REPOSITORY, check=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            KEPT.write_text(_printed(Path(folder)), encoding="utf-8")
    finally:
        subprocess.run([*lab, "down", "--fleet", FLEET], cwd=REPOSITORY, check=True)
    return 0


def _printed(folder: Path) -> str:
    _inventory(folder, {})
    (folder / "rollout.yml").write_text(yaml.safe_dump({"rings": RINGS}))
    _playbook(folder, ["avshift.endpoint.plan", "-i", "hosts.yml", "-e", "avshift_rollout=rollout.yml"], fails=False)
    # As hosts are reached elsewhere: the reason that is shown is then ssh's, and has nothing of containers.
    _inventory(folder, {GONE: {"ansible_connection": "ssh", "ansible_host": _address(GONE)}})
    subprocess.run(["podman", "stop", "--time=0", _container(GONE)], check=True, stdout=subprocess.DEVNULL)
    printed = _playbook(folder, [*RUN, *APPROVED], fails=True)
    # What is not as it was printed: folders of the machine that it ran on.
    shown = printed.replace(f"{folder}/", "").replace(f"{REPOSITORY}/.cache/ansible_collections/", "")
    return f"$ ansible-playbook {' '.join([*RUN, *APPROVED])}\n{shown}"


def _container(host: str) -> str:
    return f"avshift-lab-{FLEET}-{host}"


def _address(host: str) -> str:
    form = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
    command = ["podman", "inspect", "--format", form, _container(host)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()[0]


def _inventory(folder: Path, own: dict[str, dict[str, str]]) -> None:
    hosts = {host: own.get(host) for host in HOSTS}
    (folder / "hosts.yml").write_text(yaml.safe_dump({"lab": {"vars": _variables(), "hosts": hosts}}))


def _variables() -> dict[str, object]:
    lab = yaml.safe_load((REPOSITORY / "inventories/lab/hosts.yml").read_text(encoding="utf-8"))["lab"]["vars"]
    site = yaml.safe_load((REPOSITORY / "inventories/lab/group_vars/lab.yml").read_text(encoding="utf-8"))
    return {**lab, **site, "ansible_host": f"avshift-lab-{FLEET}-{{{{ inventory_hostname }}}}"}


def _playbook(folder: Path, arguments: list[str], *, fails: bool) -> str:
    own = {"ANSIBLE_FORCE_COLOR": "1", "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".cache"), "COLUMNS": "118"}
    own["ANSIBLE_CALLBACKS_ENABLED"] = "avshift.endpoint.rollout"
    done = subprocess.run(
        ["ansible-playbook", *arguments],
        cwd=folder,
        env={**os.environ, **own},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if (done.returncode != 0) != fails:
        raise SystemExit(f"Capturing a rollout: {arguments[0]}: it ended with {done.returncode}. {done.stdout}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
