"""Where everything of the controller in a folder is. All of it lies below the checkout's .cache."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Where the checkout is inside the root: a path at which Ansible knows it as a collection.
INSIDE = "/avshift/ansible_collections/avshift/endpoint"


@dataclass(frozen=True)
class Places:
    """The paths for one checkout."""

    checkout: Path

    @classmethod
    def of_checkout(cls) -> Places:
        """Return the places of the checkout that this file is in."""
        return cls(HERE.parent.parent)

    @property
    def home(self) -> Path:
        """The folder of all roots and of what is known about those who use them."""
        return self.checkout / ".cache" / "controller"

    @property
    def packages(self) -> Path:
        """The list of what the root has."""
        return HERE / "packages.txt"

    @property
    def cache(self) -> Path:
        """What commands in the root see as the checkout's .cache."""
        return self.home / "cache"

    @property
    def calls(self) -> Path:
        """A file for each command that runs; it stays where the command was killed."""
        return self.home / "calls"

    @property
    def holder(self) -> Path:
        """The note of who holds the namespaces."""
        return self.home / "holder.json"

    @property
    def log(self) -> Path:
        """What the supervisor had to say."""
        return self.home / "supervisor.log"

    def lock(self, name: str) -> Path:
        """A lock file: `making` a root, `starting` the holder, or `use` of it."""
        self.home.mkdir(parents=True, exist_ok=True)
        return self.home / f"{name}.lock"

    @property
    def control_group(self) -> str:
        """The name of this checkout's control group, which is used for nothing else."""
        return "avshift-controller-" + hashlib.sha256(str(self.checkout).encode()).hexdigest()[:12]
