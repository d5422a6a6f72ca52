"""Images of the fleet's hosts: Debian's own archive, mmdebstrap, podman import. No image registry."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avshift_controller import mirrors

from . import data
from .commands import podman, podman_attempt, run
from .errors import LabError
from .paths import CACHE, IMAGES

REPOSITORY = "localhost/avshift-lab"
KEYS: dict[str, type] = {"base": str, "suite": str, "include": list, "prefetch": list, "mask": list, "run": list}
# What an image has in addition to its base.
ADDED = ("include", "mask", "run")

# Whatever mmdebstrap leaves so that services do not start while it works would also keep them from
# starting in the lab.
NO_POLICY = 'rm -f "$1/usr/sbin/policy-rc.d"'
# The archives of installed packages would only make the image larger.
NO_ARCHIVES = 'chroot "$1" apt-get clean'
# Journal in memory only: on the disk it would grow all the time.
NO_JOURNAL = 'rm -rf "$1/var/log/journal"'


@dataclass(frozen=True)
class Image:
    """What one file of lab/images says."""

    name: str
    suite: str
    include: tuple[str, ...]
    prefetch: tuple[str, ...]
    mask: tuple[str, ...]
    run: tuple[str, ...]
    digest: str

    @property
    def reference(self) -> str:
        """The image's name in podman's storage: it changes with the description and with this code."""
        return f"{REPOSITORY}/{self.name}:{self.digest}"


def load(name: str) -> Image:
    """The image described by lab/images/<name>.yml and the files that it builds on."""
    found = _read(name)
    data.check(IMAGES / f"{name}.yml", found, KEYS, ("suite", "include"))
    made_by = hashlib.sha256(json.dumps(found, sort_keys=True).encode() + Path(__file__).read_bytes())
    return Image(
        name=name,
        suite=found["suite"],
        include=tuple(found["include"]),
        prefetch=tuple(found.get("prefetch", ())),
        mask=tuple(found["mask"]),
        run=tuple(found["run"]),
        digest=made_by.hexdigest()[:12],
    )


def _read(name: str) -> dict[str, Any]:
    own = data.read(IMAGES / f"{name}.yml", KEYS)
    base = _read(own.pop("base")) if "base" in own else {}
    return {**base, **own, **{key: base.get(key, []) + own.get(key, []) for key in ADDED}}


def names() -> list[str]:
    """Every image that is described."""
    return sorted(path.stem for path in IMAGES.glob("*.yml"))


def exists(image: Image) -> bool:
    """Whether the image has been made."""
    return podman_attempt("image", "exists", image.reference).returncode == 0


def lacking(image: Image) -> str:
    """Why the image cannot be made: the mirror that was named lacks its suite. '' if it can."""
    named = os.environ.get("MIRROR", "")
    return mirrors.lacking(named.rstrip("/"), image.suite) if named else ""


def make(image: Image) -> None:
    """Bootstraps the image and gives it to podman."""
    why = lacking(image)
    if why:
        raise LabError("making an image", image.name, why, "Leave its hosts out, or name a mirror that has it: MIRROR=")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        archive = str(Path(folder) / "root.tar")
        run(("mmdebstrap", *_options(image), image.suite, archive))
        podman(
            "import",
            "--change=CMD /sbin/init",
            "--change=ENV container=podman",
            "--change=STOPSIGNAL SIGRTMIN+3",
            f"--change=LABEL avshift.lab.image={image.name}",
            archive,
            image.reference,
        )


def _options(image: Image) -> list[str]:
    options = [
        "--variant=minbase",
        f"--include={','.join(image.include)}",
        # The package lists stay, and so do the archives fetched below.
        "--skip=cleanup/apt",
        f"--customize-hook={NO_ARCHIVES}",
        f"--customize-hook={NO_POLICY}",
        f"--customize-hook={NO_JOURNAL}",
    ]
    if image.prefetch:
        fetch = "apt-get install --download-only --yes --no-install-recommends"
        options.append(f'--customize-hook=chroot "$1" {fetch} {" ".join(image.prefetch)}')
    options.extend(f'--customize-hook=ln -sf /dev/null "$1/etc/systemd/system/{unit}"' for unit in image.mask)
    options.extend(f'--customize-hook=chroot "$1" sh -euc {shlex.quote(command)}' for command in image.run)
    return options
