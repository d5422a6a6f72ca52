"""Playbooks of the collection, run as a person would run them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from integration import lab


@dataclass(frozen=True)
class Said:
    """A run's exit status, and what it said in one line, since Ansible folds long ones."""

    returncode: int
    text: str


def playbook(name: str, *arguments: str, folder: Path) -> Said:
    """Run avshift.endpoint.<name> from a folder, which gets its documents."""
    folder.mkdir(parents=True, exist_ok=True)
    done = lab.run("ansible-playbook", f"avshift.endpoint.{name}", *arguments, cwd=folder)
    return Said(done.returncode, " ".join(done.stdout.split()))
