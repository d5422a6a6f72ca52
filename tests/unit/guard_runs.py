"""Run the guard of ClamAV's on-access scanner with a systemd, a /proc and a clock that a test controls."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import settings
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux.staging import layout_files
from support import CATALOG

GUARD = "/etc/avshift/clamonacc-guard"
UNIT = "avshift-clamonacc.service"
# What the kernel shows for a process that intercepts, for one without marks, and for one that waits for its engine.
MARKED, MARKLESS, WAITING = 7, 8, 9
FANOTIFY = "fanotify flags:34 event-flags:8000\n"
FDINFO = {
    MARKED: FANOTIFY + "fanotify ino:1f8025 sdev:4d mflags:0 mask:8030000 ignored_mask:0\n",
    MARKLESS: FANOTIFY,
    WAITING: FANOTIFY,
}
THREADS = {MARKED: 8, MARKLESS: 8, WAITING: 1}
SYSTEMCTL = """#!/bin/sh
if [ "$1" = show ]; then cat "$FAKE/state"; exit; fi
read -r now _ <"$FAKE/proc/uptime"
echo "${now%%.*} $*" >>"$FAKE/calls"
if [ -e "$FAKE/refusal" ]; then cat "$FAKE/refusal" >&2; exit 1; fi
"""
SLEEP = """#!/bin/sh
read -r now _ <"$FAKE/proc/uptime"
now=$((${now%%.*} + STEP))
echo "$now.00 0.00" >"$FAKE/proc/uptime"
if [ -e "$FAKE/at-$now" ]; then
    cp "$FAKE/at-$now" "$FAKE/state"
    rm -rf "$FAKE/proc/7"
    ! grep -q MainPID=7 "$FAKE/state" || cp -r "$FAKE/kept/7" "$FAKE/proc/7"
    ! grep -q Crashed=yes "$FAKE/state" || rm "$FAKE/proc/7/fdinfo/4"
fi
[ "$now" -lt "$SECONDS_TO_RUN" ] || kill "$PPID"
"""


@dataclass(frozen=True)
class Run:
    """The guard's messages, and its requests to systemd: [second, words]."""

    said: list[str]
    calls: list[tuple[int, str]]

    def told(self, verb: str) -> list[int]:
        """Return when systemd was asked to do something with the unit."""
        return [second for second, words in self.calls if words == f"--no-block {verb} {UNIT}"]


def state(active: str, pid: int = 0, enabled: str = "enabled") -> str:
    """Return what systemd shows of the unit."""
    return f"MainPID={pid}\nActiveState={active}\nUnitFileState={enabled}\n"


def crashed() -> str:
    """Return what systemd shows when the process that intercepted has closed its fanotify group, and runs on."""
    return state("active", MARKED) + "Crashed=yes\n"


def text(options: dict[str, Any] | None = None) -> str:
    """Return the guard as it is written to a host."""
    provider = CATALOG.providers["clamav"]
    chosen = settings.settled(provider, {"database": "site", **(options or {})})
    written = layout_files.files(provider.platforms["debian"], chosen)
    return next(file.text for file in written if file.path == GUARD)


def run(
    folder: Path,
    states: dict[int, str],
    seconds: int,
    refusal: str = "",
    options: dict[str, Any] | None = None,
    step: int = 1,
) -> Run:
    """Run the guard for so many seconds of its own clock, with systemd's output from each of these seconds on.

    Each of its waits takes ``step`` seconds.
    """
    for pid, content in FDINFO.items():
        for home in ("proc", "kept"):
            (folder / home / str(pid) / "fdinfo").mkdir(parents=True)
            (folder / home / str(pid) / "fdinfo/4").write_text(content, encoding="ascii")
            (folder / home / str(pid) / "status").write_text(f"Threads:\t{THREADS[pid]}\n", encoding="ascii")
    (folder / "proc/uptime").write_text("0.00 0.00\n", encoding="ascii")
    for second, shown in states.items():
        (folder / (f"at-{second}" if second else "state")).write_text(shown, encoding="ascii")
    if refusal:
        (folder / "refusal").write_text(refusal, encoding="ascii")
    for name, program in (("systemctl", SYSTEMCTL), ("sleep", SLEEP)):
        (folder / name).write_text(program, encoding="ascii")
        (folder / name).chmod(0o755)
    (folder / "guard").write_text(text(options).replace("/proc/", f"{folder}/proc/"), encoding="utf-8")
    environment = {
        "PATH": f"{folder}:/usr/bin:/bin",
        "FAKE": str(folder),
        "SECONDS_TO_RUN": str(seconds),
        "STEP": str(step),
    }
    done = subprocess.run(
        ["sh", str(folder / "guard")], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    calls = (folder / "calls").read_text(encoding="utf-8").splitlines() if (folder / "calls").exists() else []
    parted = [line.partition(" ") for line in calls]
    return Run(done.stdout.splitlines(), [(int(second), words) for second, _space, words in parted])
