"""Where a newcomer starts: an empty Debian without this repository, beside a lab host that is reached by ssh."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
HOST = "by-ssh"
LIMIT_SECONDS = 1800
SHOWN = 4000
CLONE = "/srv/endpoint.git"
# What the machine itself needs to reach PyPI, if it is not reached directly; an empty Debian has neither file.
SETTINGS, CERTIFICATES = Path("/etc/pip.conf"), Path("/etc/ssl/certs/ca-certificates.crt")
CERTIFICATES_INSIDE = "/run/certificates-of-the-machine.crt"


def run(*argv: str, given: str | None = None, cwd: Path = REPOSITORY) -> str:
    """Return a command's output; it has to succeed."""
    conf = str(REPOSITORY / "lab/containers.conf")
    done = subprocess.run(
        argv,
        cwd=cwd,
        env={**os.environ, "CONTAINERS_CONF": conf, "LC_ALL": "C.UTF-8"},
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{shlex.join(argv)}: {done.stdout[-SHOWN:]}"
    return done.stdout


def empty(suite: str) -> str:
    """Return the name of an image of a Debian release with its essential packages, and nothing else."""
    image = f"localhost/avshift-newcomer:{suite}"
    if subprocess.run(["podman", "image", "exists", image], check=False).returncode != 0:
        archive = REPOSITORY / ".cache" / f"newcomer-{suite}.tar"
        archive.parent.mkdir(exist_ok=True)
        run("mmdebstrap", "--variant=minbase", suite, str(archive))
        run("podman", "import", str(archive), image)
        archive.unlink()
    return image


def begin(name: str, suite: str) -> None:
    """Start a container of that image, which does nothing."""
    settings = [f"--volume={SETTINGS}:{SETTINGS}:ro"] if SETTINGS.exists() else []
    if CERTIFICATES.exists():
        settings += [f"--volume={CERTIFICATES}:{CERTIFICATES_INSIDE}:ro", f"--env=PIP_CERT={CERTIFICATES_INSIDE}"]
    run("podman", "run", "--detach", "--rm", f"--name={name}", *settings, empty(suite), "sleep", "infinity")


def offer_clone(name: str) -> None:
    """Have the public repository be in the container, where git finds it under the URL that the page gives.

    It has what git knows of this checkout, committed or not. The commands that are typed stay as they are.
    """
    public = yaml.safe_load((REPOSITORY / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
    with tempfile.TemporaryDirectory() as folder:
        listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        run("xargs", "-0", "cp", "--parents", "-t", folder, given=listed)
        author = ("-c", "user.name=newcomer", "-c", "user.email=newcomer@example.org")
        for arguments in (("init", "-q"), ("add", "--all", "--force"), (*author, "commit", "-q", "-m", "all")):
            run("git", *arguments, cwd=Path(folder))
        run("podman", "cp", f"{folder}/.git", f"{name}:{CLONE}")
    settings = f'[url "{CLONE}"]\n\tinsteadOf = {public}\n[safe]\n\tdirectory = {CLONE}\n'
    run("podman", "exec", "-i", name, "sh", "-c", "cat >/root/.gitconfig", given=settings)


def fleet(suite: str) -> str:
    """Return the name of the lab's fleet for a release, so that two may be followed at once."""
    return f"newcomer-{suite}"


def end(name: str, suite: str) -> None:
    """Remove the container and the host."""
    subprocess.run(["podman", "rm", "--force", "--time=0", name], capture_output=True, check=False)
    run("lab/fleet.py", "down", "--fleet", fleet(suite))


def host(suite: str, key: str) -> str:
    """Start the host with a login user who may become root, install a key, and return the host's address."""
    run("lab/fleet.py", "up", "--fresh", "--fleet", fleet(suite), HOST)
    container = f"avshift-lab-{fleet(suite)}-{HOST}"
    script = f"""
        useradd --create-home --shell /bin/bash admin
        install -d -m 0700 -o admin -g admin /home/admin/.ssh
        echo {shlex.quote(key.strip())} >/home/admin/.ssh/authorized_keys
        echo 'admin ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/admin
    """
    run("podman", "exec", container, "bash", "-eu", "-c", script)
    address = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
    return run("podman", "inspect", "--format", address, container).split()[0]
