"""What every host is made of: the stand-in packages, the lab's own programs, and a prefix that is copied for each
host.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from avshift_lab.errors import LabError

from .wine import Prefix

CHECKOUT = Path(__file__).resolve().parents[2]
KIT = CHECKOUT / "tests" / "windows-acceptance"
PROGRAMS = CHECKOUT / "lab" / "windows" / "programs"
COMPILER = ("x86_64-w64-mingw32-gcc-win32", "-Os", "-s", "-municode")
# A PowerShell 7 for Windows, where `lab/windows/powershell.sh` has built one.
POWERSHELL = CHECKOUT / ".cache" / "powershell"


@dataclass(frozen=True)
class Place:
    """The folder below .cache where it all lies; made for the sources as they are now."""

    folder: Path

    @classmethod
    def made(cls) -> Place:
        """Return it, made again if its sources changed."""
        place = cls(CHECKOUT / ".cache" / "windows" / _sources())
        if not (place.folder / "ready").exists():
            shutil.rmtree(place.folder.parent, ignore_errors=True)
            place._make()
            (place.folder / "ready").touch()
        return place

    @property
    def built(self) -> Path:
        """Where the stand-in packages lie."""
        return self.folder / "built"

    @property
    def template(self) -> Prefix:
        """The prefix that has only Wine and the lab's own programs."""
        return Prefix(self.folder / "template")

    @property
    def hosts(self) -> Path:
        """Where hosts lie."""
        return self.folder / "hosts"

    def empty_hosts(self) -> None:
        """Remove every host; none may be up."""
        shutil.rmtree(self.hosts, ignore_errors=True)
        self.hosts.mkdir()

    def _make(self) -> None:
        _call(sys.executable, str(KIT / "build.py"), str(self.built))
        self.template.make()
        for source in sorted(PROGRAMS.glob("*.c")):
            _call(*COMPILER, "-o", str(self.template.drive / f"{source.stem}.exe"), str(source))
        # PowerShell is not copied into each host.
        (self.template.drive / "pwsh").symlink_to(POWERSHELL)


def _sources() -> str:
    every = sorted(
        [*KIT.glob("stand-ins/*"), KIT / "build.py", *PROGRAMS.glob("*.c"), *Path(__file__).parent.glob("*.py")]
    )
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in every)).hexdigest()[:12]


def _call(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError("Making the Windows lab", command[0], done.stderr or done.stdout, "See lab/windows/README.md")
