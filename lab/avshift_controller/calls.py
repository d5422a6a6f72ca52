"""Running a command in the root. However it ends, everything that it started and that is still running is ended."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from . import groups, holder, locks, mirrors
from .errors import ControllerError
from .places import INSIDE, Places
from .processes import began, dies_with_parent

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Variables that a command gets from its caller's environment.
PASSED = ("TERM", "COLUMNS", "LINES", "no_proxy", "http_proxy", "https_proxy", "MIRROR", "JOBS")
PREFIX = "AVSHIFT_"
IN_CHECKOUT = ("/bin/sh", "-c", 'cd "$0" && exec "$@"', INSIDE)


def run(places: Places, root: Path, command: list[str]) -> int:
    """Run a command in a root, and return its exit code, as a shell gives it."""
    if os.geteuid() != 0:
        raise ControllerError("Entering the root", str(root), "this needs root", "Call it as root")
    with locks.if_free(places.lock("use")) as alone:
        if alone and places.calls.is_dir() and any(places.calls.iterdir()):
            # A command was killed, and no other process is in the root.
            holder.down(places)
    with locks.held(places.lock("use"), fcntl.LOCK_SH):
        held = holder.running(places, root)
        with _noted(places) as call:
            code = _inside(places, held, command, call.name)
            call.unlink(missing_ok=True)
    return code


@contextmanager
def _noted(places: Places) -> Iterator[Path]:
    """Have a note of this call, which stays where it is killed or gives up."""
    places.calls.mkdir(parents=True, exist_ok=True)
    call = places.calls / str(os.getpid())
    groups.make_below(places.control_group, call.name)
    call.write_text(began(os.getpid()), encoding="ascii")
    previous = signal.signal(signal.SIGTERM, _give_up)
    try:
        yield call
    finally:
        signal.signal(signal.SIGTERM, previous)


def _give_up(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _inside(places: Places, held: holder.Holder, command: list[str], call: str) -> int:
    of = f"/proc/{held.first}"
    argv = ["nsenter", f"--mount={of}/ns/mnt", f"--pid={of}/ns/pid_for_children", f"--ipc={of}/ns/ipc"]
    argv += [f"--cgroup={of}/ns/cgroup", f"--net={of}/root/run/controller.net", "--", *IN_CHECKOUT, *command]

    def prepare() -> None:
        dies_with_parent()
        groups.enter(places.control_group, f"{groups.COMMANDS}/{call}")

    with subprocess.Popen(argv, env=_environment(places), preexec_fn=prepare) as process:
        while True:
            try:
                code = process.wait()
                return 128 - code if code < 0 else code
            except KeyboardInterrupt:
                # The command got it too, and ends in its own way.
                continue


def _environment(places: Places) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key in PASSED or key.startswith(PREFIX)}
    mirror = mirrors.named(places.mirror)[0]
    return {
        **mirrors.proxies(),
        **kept,
        **({"MIRROR": mirror} if mirror else {}),
        "PATH": PATH,
        "HOME": "/root",
        "LC_ALL": "C.UTF-8",
        "AVSHIFT_CONTROLLER": "inside",
        "PYTHONDONTWRITEBYTECODE": "1",
        # Debian 13's podman otherwise says so at each call, among what a command prints.
        "PODMAN_IGNORE_CGROUPSV1_WARNING": "1",
        # Git refuses a checkout that belongs to another user.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }
