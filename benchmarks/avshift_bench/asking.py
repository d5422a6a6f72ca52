"""Run modules of the benchmark in separate processes, without anything warmed up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from .errors import BenchError
from .fleet import environment
from .paths import BENCHMARKS, REPOSITORY


def on_controller(what: str) -> str:
    """Return what avshift_bench.controller prints."""
    argv = [sys.executable, "-m", "avshift_bench.controller", what]
    environ = {**environment(), "PYTHONPATH": str(BENCHMARKS)}
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, cwd=REPOSITORY, check=False)
    if done.returncode != 0:
        cause = (done.stderr.strip() or "it said nothing").splitlines()[-1]
        advice = f"Run it by hand: PYTHONPATH=benchmarks {' '.join(argv)}."
        raise BenchError("Asking the controller's half", what, cause, advice)
    return done.stdout


def made(module: str, size: int, folder: Path) -> None:
    """Have a module create a number of things in a folder; it can import the collection and its tests' helpers."""
    paths = (BENCHMARKS, REPOSITORY / ".cache", REPOSITORY / "tests" / "unit")
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    argv = [sys.executable, "-m", f"avshift_bench.{module}", str(size), str(folder)]
    if subprocess.run(argv, env=environ, check=False).returncode:
        raise BenchError(f"Making {size} of avshift_bench.{module}", str(folder), "it failed", "See above.")
