"""Run a command, pass on what it prints, and report how long it has run whenever it has printed nothing for a while.

``python3 lab/heartbeat.py NAME COMMAND…``; ends as the command does. It needs no package, since `make` uses it
before there is any.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time

SILENCE_SECONDS = 20.0


def clock(seconds: float) -> str:
    """Return seconds as minutes and seconds."""
    return f"{int(seconds) // 60} min {int(seconds) % 60:02} s"


def run(name: str, command: list[str], silence: float = SILENCE_SECONDS) -> int:
    """Run a command and return its exit code, or 128 and the signal's number where a signal ended it."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if process.stdout is None:
        raise RuntimeError("a pipe was asked for, and there is none")
    number = process.stdout.fileno()
    while True:
        readable, _writable, _wrong = select.select([number], [], [], silence)
        if not readable:
            say(f"   … {name}: {clock(time.monotonic() - began)}\n".encode())
            continue
        text = os.read(number, 1 << 16)
        if not text:
            break
        say(text)
    code = process.wait()
    return code if code >= 0 else 128 - code


def say(text: bytes) -> None:
    """Print it now."""
    sys.stdout.buffer.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2:]))
