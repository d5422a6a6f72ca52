"""The machine that was measured. Times mean nothing without it."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any


def describe() -> dict[str, Any]:
    """Return the machine and the versions that matter."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1 << 20),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "ansible_core": version("ansible-core"),
        "packages": _packages(),
        "systemd": Path("/run/systemd/system").is_dir(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def told(described: dict[str, Any]) -> str:
    """Return the description as one line."""
    line = (
        "Machine: {cores} cores ({processor}), {memory_mb} MB, Linux {kernel}, load {load_before}, "
        "{packages} packages in dpkg's database; controller: Python {python}, ansible-core {ansible_core}"
    )
    return line.format(**described)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _packages() -> int:
    try:
        text = Path("/var/lib/dpkg/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    return sum(line.startswith("Package: ") for line in text.splitlines())
