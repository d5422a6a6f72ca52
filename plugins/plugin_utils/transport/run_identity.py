# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which run of Ansible this is: a host distinguishes it from others of the same controller, plan and change."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...module_utils.agreed.runs import BUSY
from ..errors import AvshiftError

# As the endpoint names the run that has left a lease: see its run_lock.
NAMED = re.compile(r"process (\d{1,10}:\d{1,20}:\d{0,20}:[0-9a-f]{0,32})\)")


def of_process(process: int) -> str:
    """Return "process id:start:PID namespace:boot" of a process of this controller, '' where that is not known."""
    started = _started(process)
    return f"{process}:{started}:{_namespace()}:{_boot()}" if started else ""


def has_ended(identity: str) -> bool:
    """Return True if the process of an identity is certainly not there any more. Of one in another container or of
    another boot, which may be of another controller with this one's host name, nothing is certain.
    """
    process, started, namespace, boot = identity.split(":")
    if not boot or (namespace, boot) != (_namespace(), _boot()):
        return False
    try:
        # A process of another user may not be asked, but exists.
        with contextlib.suppress(PermissionError):
            os.kill(int(process), 0)
    except (ProcessLookupError, OverflowError):
        return True
    now = _started(int(process))
    return bool(now) and now != started


def asked(ask: Callable[[dict[str, Any]], dict[str, Any]], arguments: dict[str, Any]) -> dict[str, Any]:
    """Return what ``ask(arguments)`` gives. Where the host keeps its place for a run of this controller that has ended
    meanwhile, it is asked once more with that in the request; AvshiftError ``run_in_progress`` where that run goes on.
    """
    try:
        return ask(arguments)
    except AvshiftError as error:
        named = NAMED.search(str(error)) if error.code == BUSY else None
        if named is None or not has_ended(named[1]):
            raise
    return ask({**arguments, "ended": named[1]})


def _started(process: int) -> str:
    """Return when a process began, in ticks since the boot; '' where the system does not say."""
    with contextlib.suppress(OSError, IndexError):
        # The name, in brackets, may hold anything.
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        return told.rpartition(")")[2].split()[19]
    return ""


def _namespace() -> str:
    """Return the number of this controller's PID namespace; '' where the system does not say."""
    with contextlib.suppress(OSError):
        return "".join(filter(str.isdigit, os.readlink("/proc/self/ns/pid")))
    return ""


def _boot() -> str:
    """Return the ID of this controller's boot, which no other machine has; '' where the system does not say."""
    with contextlib.suppress(OSError):
        told = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii", errors="replace")
        return "".join(letter for letter in told if letter in "0123456789abcdef")[:32]
    return ""
