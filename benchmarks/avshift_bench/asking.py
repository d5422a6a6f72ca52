"""Ask avshift_bench.controller in a process of its own, which nothing has warmed up."""

from __future__ import annotations

import subprocess
import sys

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
