"""Where the benchmark's parts are."""

from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent.parent
REPOSITORY = BENCHMARKS.parent
PLAYBOOKS = BENCHMARKS / "playbooks"
ON_HOST = BENCHMARKS / "on_host"
ENDPOINT_CODE = REPOSITORY / "plugins" / "module_utils"
LAB = REPOSITORY / "lab"
CACHE = REPOSITORY / ".cache" / "benchmarks"
