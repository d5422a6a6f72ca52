"""Creating the root, and removing it. A root under its final name is complete."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

from . import groups, locks, mirrors, unsynced
from .errors import ControllerError
from .places import Places
from .processes import dies_with_parent

SUITE = "trixie"
PREFIX, UNFINISHED = "root-", ".new"
# The megabytes that the root, its images and their containers need.
ROOM = 6000
# A process of its own below which everything ends with it, and mounts that no other process sees.
ALONE = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private", "--")
WRAPPER = "#!/bin/sh\n# The mirror that this root was made from.\nexec /usr/bin/mmdebstrap {keyring}\"$@\" '{mirror}'\n"
TIMEOUT_SECONDS = 1800
REMOVE_SECONDS = 20


def packages(places: Places) -> list[str]:
    """Return what the checked-in list names."""
    lines = places.packages.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def path(places: Places) -> Path:
    """Return the path of the root for the current list."""
    made_by = [SUITE, *packages(places), mirrors.named(places.mirror)[0], WRAPPER]
    return places.home / (PREFIX + hashlib.sha256("\n".join(made_by).encode()).hexdigest()[:12])


def make(places: Places) -> Path:
    """Return the root; it is created if it is missing, and other roots are removed."""
    root = path(places)
    if not root.is_dir():
        if os.geteuid() != 0:
            raise ControllerError("Making a controller", str(root), "this needs root", "Call it as root")
        with locks.held(places.lock("making")):
            if not root.is_dir():
                _make(places, root)
    return root


def _make(places: Places, root: Path) -> None:
    begin = time.monotonic()
    # One that was killed may still be ending, and would write into what is made now.
    groups.end(places.making_group)
    unfinished = root.with_name(root.name + UNFINISHED)
    for folder in (*places.home.glob(f"{PREFIX}*{UNFINISHED}"), places.home / "scratch"):
        remove(folder)
    _must_be_free(places)
    if shutil.disk_usage(places.home).free < ROOM << 20:
        raise ControllerError(
            "Making a controller", str(places.home), f"less than {ROOM} MB are free", "Make room, and try again"
        )
    print(f"== setup: a Debian 13 root in {root}, 2 to 4 minutes", flush=True)
    named = mirrors.named(places.mirror)
    mirror = mirrors.chosen(*named)
    _bootstrap(places, unfinished, mirror)
    # Programs are called so where an environment has them.
    (unfinished / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    if not mirror.is_default:
        wrapper = unfinished / "usr/local/bin/mmdebstrap"
        keyring = _keyring_inside(unfinished, mirror.keyring)
        wrapper.write_text(WRAPPER.format(mirror=mirror.main, keyring=keyring), encoding="utf-8")
        wrapper.chmod(0o755)
    _replace_others(places, unfinished)
    # A root under its final name is complete, also after the power has failed.
    unsynced.write_out(unfinished)
    unfinished.rename(root)
    places.mirror.write_text("".join(f"{line}\n" for line in named), encoding="utf-8")
    print(f"   made in {time.monotonic() - begin:.0f} s", flush=True)


def _must_be_free(places: Places) -> None:
    with locks.if_free(places.lock("use")) as is_free:
        if not is_free:
            cause = "another command is running in the root that would be replaced"
            advice = "Wait until it has ended, or run lab/controller down"
            raise ControllerError("Making a controller", str(places.home), cause, advice)


def _replace_others(places: Places, unfinished: Path) -> None:
    """Remove the other roots of this list, which are of no use any more now that there is a new one."""
    from . import holder

    _must_be_free(places)
    holder.down(places)
    for folder in places.home.glob(PREFIX + "*"):
        if folder != unfinished:
            remove(folder)


def _keyring_inside(root: Path, keyring: str) -> str:
    """Copy a keyring of the machine's into the root, where its own path means nothing; return mmdebstrap's option."""
    if not keyring:
        return ""
    inside = Path("etc/apt/keyrings") / f"avshift-mirror{Path(keyring).suffix}"
    (root / inside).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(keyring, root / inside)
    (root / inside).chmod(0o644)
    return f"--keyring=/{inside} "


def _bootstrap(places: Places, root: Path, mirror: mirrors.Mirror) -> None:
    scratch = places.home / "scratch"
    scratch.mkdir()
    argv = [*ALONE, "mmdebstrap", "--mode=root", "--variant=minbase", '--aptopt=APT::Install-Recommends "false"']
    argv += [f"--include={','.join(packages(places))}", *([f"--keyring={mirror.keyring}"] if mirror.keyring else [])]
    argv += [SUITE, str(root), *([] if mirror.is_default else mirror.sources(SUITE))]
    environment = {**os.environ, **mirrors.proxies(), "LC_ALL": "C", "TMPDIR": str(scratch)}

    def prepare() -> None:
        dies_with_parent()
        groups.enter(places.making_group, groups.COMMANDS)
        unsynced.begin()

    groups.make(places.making_group)
    try:
        done = subprocess.run(
            argv,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=TIMEOUT_SECONDS,
            preexec_fn=prepare,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ControllerError("Making a controller", "mmdebstrap", str(error), "Run lab/prerequisites.sh") from error
    finally:
        groups.end(places.making_group)
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-8:]
        raise ControllerError(
            "Making a controller",
            str(root),
            " | ".join(said) or "it said nothing",
            "Name a mirror of Debian 13: MIRROR=",
        )


def remove_all(places: Places) -> None:
    """Remove every root, including incomplete ones, but not what is kept beside them. None may be in use."""
    doomed = [*places.home.glob(PREFIX + "*"), places.home / "scratch"]
    for folder in doomed:
        remove(folder)
    places.mirror.unlink(missing_ok=True)


def remove(folder: Path) -> None:
    """Remove a folder and all below it; refused where anything is mounted below it."""
    for point in mounted_below(folder):
        raise ControllerError("Removing", str(folder), f"{point} is mounted", f"Run umount {point}, and try again")
    until = time.monotonic() + REMOVE_SECONDS
    while folder.is_dir():
        # What was killed a moment ago may still write.
        argv = ["rm", "-rf", "--one-file-system", "--", str(folder)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode != 0 and time.monotonic() > until:
            raise ControllerError("Removing", str(folder), done.stderr, "Look at it, and try again")


def mounted_below(folder: Path) -> list[str]:
    """Return the mount points in and below a folder, as this process sees them."""
    lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    points = [line.split(" ")[4] for line in lines]
    return [point for point in points if point == str(folder) or point.startswith(f"{folder}/")]
