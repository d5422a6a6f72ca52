"""The endpoint that is measured: a container of the lab, filled for it and removed afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import dpkg
from .errors import BenchError
from .paths import ENDPOINT_CODE, LAB, ON_HOST, REPOSITORY

FLEET, HOST = "bench", "clean"
NAME = f"avshift-lab-{FLEET}-{HOST}"
PLACE = "/run/avshift-bench"
CODE = f"{PLACE}/code"
PROBES = f"{PLACE}/probes.json"
READY = f"{PLACE}/holders.json"
PYTHON = "/usr/bin/python3"
PACKAGES, PROCESSES, DESCRIPTORS_EACH = 3000, 400, 25
READY_SECONDS = 60


@contextmanager
def filled(probes: dict[str, Any], modules: dict[str, bytes]) -> Iterator[dict[str, Any]]:
    """Have a host with packages, processes and descriptors, what to run on it, and remove it; yields what it has."""
    _fleet("up", "--fresh", "--fleet", FLEET, HOST)
    try:
        _tool_of_the_peer()
        _copy(probes, modules)
        database = _packages()
        holders = _holders()
        yield {
            "packages": database.packages,
            "status_bytes": database.status_bytes,
            "listed_files": database.listed_files,
            "processes": len(holders["pids"]),
            "descriptors": holders["descriptors"],
            "python": inside(PYTHON, "-c", "import platform; print(platform.python_version())").strip(),
        }
        inside("kill", str(holders["parent"]))
    finally:
        _fleet("down", "--fleet", FLEET)


def inside(*argv: str) -> str:
    """Return the output of a command on the host that has to succeed."""
    return _run("podman", "exec", NAME, *argv)


def taken(*arguments: str) -> dict[str, Any]:
    """Return what processor_time.py says on the host."""
    answer: dict[str, Any] = json.loads(inside(PYTHON, f"{PLACE}/processor_time.py", *arguments))
    return answer


def module(name: str) -> float:
    """Return the processor milliseconds that a whole module takes on the host."""
    answer = taken("module", f"{PLACE}/{name}.py")
    if answer["failed"]:
        raise BenchError("Running a module", f"{name} on {NAME}", answer["failed"], "Run it there by hand.")
    return float(answer["module"])


def _fleet(*arguments: str) -> None:
    _run(sys.executable, str(LAB / "fleet.py"), *arguments)


def _tool_of_the_peer() -> None:
    """Install the library with which package_facts reads dpkg's database."""
    inside("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "python3-apt")


def _copy(probes: dict[str, Any], modules: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        code = place / "code" / "ansible_collections" / "avshift" / "endpoint" / "plugins"
        code.mkdir(parents=True)
        _run("cp", "--recursive", str(ENDPOINT_CODE), str(code))
        for script in ON_HOST.glob("*.py"):
            (place / script.name).write_bytes(script.read_bytes())
        (place / "probes.json").write_text(json.dumps(probes), encoding="utf-8")
        for module, content in modules.items():
            (place / f"{module}.py").write_bytes(content)
        inside("mkdir", "-p", PLACE)
        _run("podman", "cp", f"{place}/.", f"{NAME}:{PLACE}")


def _packages() -> dpkg.Database:
    with tempfile.TemporaryDirectory() as name:
        made = dpkg.make(Path(name), PACKAGES)
        _run("podman", "cp", f"{name}/.", f"{NAME}:/var/lib/dpkg")
    return made


def _holders() -> dict[str, Any]:
    argv = [PYTHON, f"{PLACE}/holders.py", str(PROCESSES), str(DESCRIPTORS_EACH), READY]
    _run("podman", "exec", "--detach", NAME, *argv)
    limit = time.monotonic() + READY_SECONDS
    while time.monotonic() < limit:
        try:
            found: dict[str, Any] = json.loads(inside("cat", READY))
            return found
        except BenchError:
            time.sleep(0.5)
    raise BenchError("Filling the host", NAME, f"no {READY} after {READY_SECONDS} s", "Look at holders.py there.")


def _run(*argv: str) -> str:
    environment = {**os.environ, "CONTAINERS_CONF": str(LAB / "containers.conf"), "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(
            argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, cwd=REPOSITORY, check=False
        )
    except FileNotFoundError as error:
        raise BenchError("Running a command", argv[0], "it is not installed", "Run lab/prerequisites.sh.") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().replace("\n", " | ")[-600:]
        cause = f"exit code {done.returncode}: {said or 'it said nothing'}"
        raise BenchError("Running a command", " ".join(argv[:5]), cause, "Run it by hand to see more.")
    return done.stdout.decode(errors="replace")
