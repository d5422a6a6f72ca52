"""Run make targets, a given number at once, and report continuously what runs, what ended, and how long it took.

``python lab/parts.py --jobs 2 lint unit molecule-removal``: the first named begin first. What a part prints goes to
``.cache/parts/<part>.log`` and, once the part has ended, to standard output in one piece. Ends with 1 if a part failed;
the others are still run.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from heartbeat import clock

LOGS = Path(__file__).resolve().parents[1] / ".cache" / "parts"
REPORT_EVERY_SECONDS = 20
LOOK_EVERY_SECONDS = 0.5
ENDING_SECONDS = 60


@dataclass
class Part:
    """A make target that runs or has run."""

    name: str
    began: float = field(default_factory=time.monotonic)
    took: float = 0.0
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """The file that has all it prints."""
        return LOGS / f"{self.name}.log"

    def start(self) -> None:
        """Begin; the flags that one make hands to another are not handed down."""
        own = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["make", "--no-print-directory", self.name],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=own,
                # A group of its own, so that all of it can be ended.
                start_new_session=True,
            )

    def has_ended(self) -> bool:
        """Return True once it has, and keep how long it took."""
        if self.process is None or self.process.poll() is None:
            return False
        self.took = time.monotonic() - self.began
        return True

    def end(self) -> None:
        """End all that it has begun, which gets a while to clean up."""
        if self.process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(ENDING_SECONDS)

    @property
    def failed(self) -> bool:
        """Whether it ended with anything but 0."""
        return self.process is None or self.process.returncode != 0


def say(text: str) -> None:
    """Print it now."""
    print(text, flush=True)


def show(part: Part) -> None:
    """Print what an ended part has printed, and how it ended."""
    say(f"\n===== {part.name} =====")
    sys.stdout.buffer.write(part.log.read_bytes())
    sys.stdout.flush()
    say(f"===== {part.name}: {'FAILED' if part.failed else 'passed'} after {clock(part.took)} =====\n")


def run(names: list[str], jobs: int) -> list[Part]:
    """Run all of them and return them as they ended."""
    going: list[Part] = []
    try:
        return _run(list(names), jobs, going)
    finally:
        for part in going:
            part.end()


def _run(waiting: list[str], jobs: int, going: list[Part]) -> list[Part]:
    """Run what is waiting; ``going`` holds what runs."""
    count = len(waiting)
    ended: list[Part] = []
    began = reported = time.monotonic()
    while waiting or going:
        while waiting and len(going) < jobs:
            part = Part(waiting.pop(0))
            part.start()
            going.append(part)
            say(f"-- {part.name} begins; {len(waiting)} to go after it")
        time.sleep(LOOK_EVERY_SECONDS)
        for part in [one for one in going if one.has_ended()]:
            going.remove(part)
            ended.append(part)
            show(part)
        now = time.monotonic()
        if going and now - reported >= REPORT_EVERY_SECONDS:
            reported = now
            running = ", ".join(f"{part.name} ({clock(now - part.began)})" for part in going)
            say(f"-- {clock(now - began)}: {len(ended)} of {count} parts done; running: {running}")
    return ended


def _stopped(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def main() -> int:
    """Run what the arguments name; return 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=1, help="how many run at once")
    parser.add_argument("parts", nargs="+", help="make targets")
    given = parser.parse_args()
    LOGS.mkdir(parents=True, exist_ok=True)
    # So that what runs is ended too; containers stay until the scenario runs again.
    signal.signal(signal.SIGTERM, _stopped)
    ended = run(given.parts, given.jobs)
    for part in ended:
        say(f"{'FAILED' if part.failed else 'passed'}  {clock(part.took):>12}  {part.name}")
    return int(any(part.failed for part in ended))


if __name__ == "__main__":
    sys.exit(main())
