"""Playbooks of the collection, run as a person would run them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from integration import lab

# As ansible-core 2.19 writes them.
CAUSE = re.compile(r"\[ERROR\]: Task failed: (?:Action failed: )?(.+?) Origin: ")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True)
class Said:
    """A run's exit status, and its output in one line, since Ansible folds long ones."""

    returncode: int
    text: str

    @property
    def causes(self) -> list[str]:
        """The messages of the collection's own failures, in the order of their text; times are removed."""
        return sorted(TIME.sub("TIME", cause) for cause in CAUSE.findall(self.text))


def playbook(name: str, *arguments: str, folder: Path) -> Said:
    """Run avshift.endpoint.<name> from a folder, which gets its documents."""
    folder.mkdir(parents=True, exist_ok=True)
    done = lab.run("ansible-playbook", f"avshift.endpoint.{name}", *arguments, cwd=folder)
    return Said(done.returncode, " ".join(done.stdout.split()))


def held(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder of the controller."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
