"""Disks in memory, of a given size: a host can fill its own disk but not the machine's, and starts faster."""

from __future__ import annotations

from pathlib import Path

from .commands import attempt, podman, run
from .distributions import Distribution
from .images import Image

# They are gone at the machine's next start, as their place is.
HOME = Path("/run/avshift-lab-disks")
# More than a host of the lab ever changes, and few enough for all of them to be made in a second.
FILES = 20_000


def make(name: str, image: Image | Distribution, megabytes: int) -> list[str]:
    """Return podman's arguments for a container whose root is the image and whose changes go to its own disk."""
    disk = HOME / name
    upper, work, root = (disk / folder for folder in ("upper", "work", "root"))
    disk.mkdir(parents=True, exist_ok=True)
    run(("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,nr_inodes={FILES},mode=0700", "avshift-lab-disk", str(disk)))
    for folder in (upper, work, root):
        folder.mkdir()
    lower = podman("image", "mount", image.reference).strip()
    layers = f"lowerdir={lower},upperdir={upper},workdir={work}"
    run(("mount", "-t", "overlay", "-o", layers, "avshift-lab-disk", str(root)))
    # The mount above keeps it in use.
    podman("image", "unmount", image.reference)
    # Settings that come from an image, but not from a root directory.
    return ["--env=container=podman", "--stop-signal=SIGRTMIN+3", "--rootfs", str(root)]


def remove(name: str) -> None:
    """Throw a container's disk away, if it has one."""
    disk = HOME / name
    if disk.is_dir():
        # Neither is mounted where making it, or the machine, was interrupted.
        attempt(("umount", str(disk / "root")))
        attempt(("umount", str(disk)))
        disk.rmdir()
