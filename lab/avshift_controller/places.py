"""Where everything of the controller in a folder is. All of it lies below the checkout's .cache."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Where the checkout is inside the root: a path at which Ansible knows it as a collection.
INSIDE = "/avshift/ansible_collections/avshift/endpoint"
# Each further list of packages has a root of its own beside the controller's; both may be in use at once.
LISTS = sorted(path.stem.partition("-")[2] for path in HERE.glob("packages-*.txt"))


@dataclass(frozen=True)
class Places:
    """The paths for one checkout, and for the root of one list of packages: '' for the controller's own."""

    checkout: Path
    listed: str = ""

    @classmethod
    def of_checkout(cls, listed: str = "") -> Places:
        """Return the places of the checkout that this file is in."""
        return cls(HERE.parent.parent, listed)

    @classmethod
    def every(cls) -> list[Places]:
        """Return the places of the controller's own list, and of each other one whose root was ever wanted here."""
        others = [cls.of_checkout(name) for name in LISTS]
        return [cls.of_checkout(), *(places for places in others if places.home.is_dir())]

    @property
    def home(self) -> Path:
        """The folder of all roots of this list and of what is known about those who use them."""
        return self.checkout / ".cache" / "controller" / self.listed

    @property
    def packages(self) -> Path:
        """The list of what the root has."""
        return HERE / (f"packages-{self.listed}.txt" if self.listed else "packages.txt")

    @property
    def cache(self) -> Path:
        """What commands in the root see as the checkout's .cache."""
        return self.home / "cache"

    @property
    def mirror(self) -> Path:
        """The note of MIRROR= and KEYRING=, with which the root was made; without one, there was neither."""
        return self.home / "mirror"

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
        """The name of this root's control group, which is used for nothing else."""
        return (
            "avshift-controller-" + hashlib.sha256(f"{self.checkout} {self.listed}".strip().encode()).hexdigest()[:12]
        )

    @property
    def making_group(self) -> str:
        """The name of the control group of what makes a root."""
        return f"{self.control_group}-making"
