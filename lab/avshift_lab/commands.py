"""Running other programs, podman above all."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from .errors import LabError
from .paths import CONTAINERS_CONF

TIMEOUT_SECONDS = 900


def environment() -> dict[str, str]:
    """Every podman call needs the lab's own configuration."""
    return {**os.environ, "CONTAINERS_CONF": str(CONTAINERS_CONF), "LC_ALL": "C"}


def attempt(argv: Sequence[str], extra: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The finished process, whatever its exit status."""
    try:
        return subprocess.run(
            list(argv),
            env={**environment(), **(extra or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise LabError("command not found", argv[0], "it is not installed", "Run lab/prerequisites.sh") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(
            "command timed out", " ".join(argv[:4]), f"no end after {TIMEOUT_SECONDS} s", "Look at the host"
        ) from error


def run(argv: Sequence[str], extra: dict[str, str] | None = None) -> str:
    """The output of a command that has to succeed."""
    done = attempt(argv, extra)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-12:]
        cause = f"exit status {done.returncode}: " + " | ".join(said)
        raise LabError("command failed", " ".join(argv[:6]), cause, "Run it by hand to see more")
    return done.stdout


def podman(*args: str) -> str:
    """The output of a podman command that has to succeed."""
    return run(("podman", *args))


def podman_attempt(*args: str) -> subprocess.CompletedProcess[str]:
    """A podman command that may fail."""
    return attempt(("podman", *args))
