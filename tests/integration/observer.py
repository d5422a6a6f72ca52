"""The observer of lab/on_host on hosts: when could a reader read the test file? It knows nothing of the collection."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from integration import lab

PROGRAM = lab.REPOSITORY / "lab/on_host/observer.py"
ON_HOST, LOG, UNIT = "/run/observer.py", "/run/observed", "observer"
FOLDERS = ("/home", "/srv")
READ, REFUSED = "read", "refused"


@dataclass(frozen=True)
class Span:
    """A time during which a folder's file had one outcome: from before the first read to after the last, in seconds."""

    folder: str
    outcome: str
    first: float
    last: float
    reads: int
    slowest: float


def start(host: str) -> None:
    """Start to observe a host."""
    put = lab.run("podman", "cp", str(PROGRAM), f"{lab.container(host)}:{ON_HOST}")
    assert put.returncode == 0, put.stdout
    lab.must(host, "systemd-run", f"--unit={UNIT}", "--collect", "--quiet", "python3", ON_HOST, LOG, *FOLDERS)


def stop(host: str) -> list[Span]:
    """Stop it and return what it saw, in order."""
    lab.must(host, "systemctl", "stop", UNIT)
    lines: list[dict[str, Any]] = [json.loads(line) for line in lab.must(host, "cat", LOG).splitlines()]
    return sorted((Span(**line) for line in lines), key=lambda span: span.first)
