"""Disks in memory, of a size that is given: a host can fill its own and not the machine's, and is up sooner."""

from __future__ import annotations

from pathlib import Path

from .commands import attempt, podman, run
from .distributions import Distribution
from .images import Image

# They are gone at the machine's next start, as their place is.
HOME = Path("/run/avshift-lab-disks")


def make(name: str, image: Image | Distribution, megabytes: int) -> list[str]:
    """Return podman's words for a container whose root is the image, with what it changes on a disk of its own."""
    disk = HOME / name
    upper, work, root = (disk / folder for folder in ("upper", "work", "root"))
    disk.mkdir(parents=True, exist_ok=True)
    run(("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "avshift-lab-disk", str(disk)))
    for folder in (upper, work, root):
        folder.mkdir()
    lower = podman("image", "mount", image.reference).strip()
    layers = f"lowerdir={lower},upperdir={upper},workdir={work}"
    run(("mount", "-t", "overlay", "-o", layers, "avshift-lab-disk", str(root)))
    # The mount above holds on to it.
    podman("image", "unmount", image.reference)
    # What an image says, and a root does not.
    return ["--env=container=podman", "--stop-signal=SIGRTMIN+3", "--rootfs", str(root)]


def remove(name: str) -> None:
    """Throw a container's disk away, if it has one."""
    disk = HOME / name
    if disk.is_dir():
        # Neither is mounted where making it, or the machine, was interrupted.
        attempt(("umount", str(disk / "root")))
        attempt(("umount", str(disk)))
        disk.rmdir()
