"""One combination: a controller with its ansible-core, and a Python that the modules run on."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .controllers import Controller
from .paths import CACHE, PLAYBOOK, REPOSITORY, TRANSPORT, TREE
from .pythons import Python

RAN, SKIPPED, FAILED = "ran", "skipped", "FAILED"
LIMIT_SECONDS = 180
TRANSPORT_SECONDS = 1200
LINES_SHOWN = 40


@dataclass(frozen=True)
class Cell:
    """The result of a combination; ``note`` is the reason for skipping it, or where the output of a failure is."""

    outcome: str
    note: str = ""
    log: Path | None = None

    def __str__(self) -> str:
        return f"{self.outcome} ({self.note})" if self.note else self.outcome

    def shown(self) -> str:
        """Return the end of the output."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log else []
        return "\n".join(lines[-LINES_SHOWN:])


def run(controller: Controller, target: Python, finding: str) -> Cell:
    """Run the playbook, or say why this ansible-core does not have this Python as a target."""
    reason = controller.why_not(target)
    if reason:
        return Cell(SKIPPED, reason)
    log = CACHE / f"{controller.core}-on-{target.version}.log"
    return _ran(_argv(controller, target, finding), _environment(controller), log, LIMIT_SECONDS)


def run_transport(controller: Controller) -> Cell:
    """Run the transport's own tests with this ansible-core."""
    argv = [str(controller.place / "bin" / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider", str(TRANSPORT)]
    return _ran(argv, _environment(controller), CACHE / f"{controller.core}-transport.log", TRANSPORT_SECONDS)


def _ran(argv: list[str], environment: dict[str, str], log: Path, limit: int) -> Cell:
    with log.open("wb") as stream:
        try:
            code = subprocess.run(
                argv,
                check=False,
                env=environment,
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                timeout=limit,
            ).returncode
        except subprocess.TimeoutExpired:
            return Cell(FAILED, f"no end after {limit} s", log)
    return Cell(FAILED, f"exit code {code}", log) if code else Cell(RAN)


def _argv(controller: Controller, target: Python, finding: str) -> list[str]:
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": str(target.path),
        "matrix_tree": str(TREE),
        "matrix_finding": finding,
    }
    extra = [part for name, value in variables.items() for part in ("--extra-vars", f"{name}={value}")]
    return [str(controller.place / "bin" / "ansible-playbook"), "-vvv", "--inventory=localhost,", *extra, str(PLAYBOOK)]


def _environment(controller: Controller) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "PYTHON"))}
    # Other collections on this machine must not be found, and the modules' own Python is what counts.
    settings = {
        "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".cache"),
    }
    return {**kept, **settings, "ANSIBLE_FORCE_COLOR": "0", "LC_ALL": "C.UTF-8"}
