"""A disk with a large registry, read by the collection and by regipy, each in its own process."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from .errors import BenchError
from .paths import REPOSITORY
from .report import Report, Target

KEYS, FILLING, ROUNDS = 200_000, 640, 5
MOST_SECONDS, MOST_MB = 2.0, 100.0
UNIT = REPOSITORY / "tests" / "unit"
HOST = "consumer"
LIMIT = 900
ENGINE = "ansible_collections.avshift.endpoint.plugins.plugin_utils"
HEAD = (
    "import json, re, resource, sys, time\nroot, reads = sys.argv[1], json.load(open(sys.argv[2], encoding='utf-8'))\n"
)
TAIL = """
with open("/proc/self/status") as stream:
    # What the process was before it was given its program does not count.
    own = int(re.search(r"VmHWM:\\s+(\\d+)", stream.read()).group(1))
peak = max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
print(json.dumps({"seconds": time.monotonic() - begun, "kib": peak, "found": sorted(found)}))
"""
OWN = f"""
sys.path.insert(0, {str(REPOSITORY / ".cache")!r})
from ansible_collections.avshift.endpoint.plugins.module_utils.windows.main import answers_of
begun = time.monotonic()
answers = answers_of(root, reads)

def names(answer):
    for name, below in answer.get("below", dict()).items():
        yield name
        yield from names(below)

found = [name for one in reads for name in names(answers[one["id"]])]
"""
# The same questions of the same hive; views and folders are left out, and so is whether it is whole.
REGIPY = """
import logging
logging.disable(logging.CRITICAL)
from regipy.exceptions import NoRegistrySubkeysException, RegistryKeyNotFoundException
from regipy.registry import RegistryHive
begun = time.monotonic()
hive = RegistryHive(root + "/windows/system32/config/SOFTWARE")
found = []

def values_of(key, wanted):
    known = {value.name: value.value for value in key.iter_values(trim_values=False) or ()}
    return known if wanted is None else {name: known[name] for name in wanted if name in known}

def read(key, one, depth):
    values = values_of(key, one.get("values"))
    match = re.compile(one["match"], re.IGNORECASE) if one.get("match") else None
    for child in (key.iter_subkeys() or ()) if depth else ():
        if match is None or depth > 1:
            read(child, one, depth - 1)
            found.append(child.name)
        else:
            texts = [child.name, *map(str, values_of(child, one["values"]).values())]
            found.extend([child.name] if any(map(match.search, texts)) else [])

for one in reads:
    view = "\\\\WOW6432Node" if one["view"] == "Registry32" else ""
    try:
        read(hive.get_key(view + "\\\\" + one["path"].partition("\\\\")[2]), one, one.get("depth", 0))
    except (NoRegistrySubkeysException, RegistryKeyNotFoundException):
        continue
"""


def measure(report: Report) -> None:
    """Make the disk, look at it in turn, and judge the collection's own look."""
    with tempfile.TemporaryDirectory(prefix="avshift-hive-") as folder:
        root = Path(folder) / "disk"
        size = _make(root)
        asked = Path(folder) / "reads.json"
        asked.write_text(json.dumps(_reads()), encoding="utf-8")
        report.say(
            f"SOFTWARE: {size / 1e6:.0f} MB, {KEYS:,} keys; {len(_reads())} questions; median of {ROUNDS} rounds", ""
        )
        runs = [(_run(OWN, root, asked), _run(REGIPY, root, asked)) for _round in range(ROUNDS)]
    _judge(runs, size, report)


def _judge(runs: list[tuple[dict[str, Any], dict[str, Any]]], size: int, report: Report) -> None:
    assert size > 150_000_000
    # Only the same work may be compared.
    assert set(runs[0][0]["found"]) == set(runs[0][1]["found"]) and runs[0][0]["found"]
    ratio = statistics.median(theirs["seconds"] / own["seconds"] for own, theirs in runs)
    rows, medians = [], []
    for number, name in enumerate(("the collection", "regipy")):
        seconds = statistics.median(run[number]["seconds"] for run in runs)
        memory = statistics.median(run[number]["kib"] for run in runs) * 1024 / 1e6
        medians.append((seconds, memory))
        rows.append([name, f"{seconds:.3f} s", f"{memory:.0f} MB"])
    report.table(["reader", "time", "memory"], rows)
    report.say(f"regipy takes {ratio:.1f} times as long (median of the rounds' ratios)", "")
    report.values.update(size=size, keys=KEYS, runs=runs, ratio=ratio)
    report.judge(
        Target("a look at the disk", medians[0][0], MOST_SECONDS, "s"),
        Target("memory of that look", medians[0][1], MOST_MB, "MB"),
        Target("regipy's time by its own", ratio, 1.0, "times", at_most=False),
    )


def _run(program: str, root: Path, asked: Path) -> dict[str, Any]:
    command = [sys.executable, "-B", "-c", HEAD + program + TAIL, str(root), str(asked)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    if done.returncode != 0:
        raise BenchError("Looking at a hive", str(root), done.stderr.strip()[-600:], "Run make setup, and try again.")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _reads() -> list[dict[str, Any]]:
    """Return what detection asks of the hive SOFTWARE."""
    sys.path[:0] = [str(REPOSITORY / ".cache")]
    # Only what stands above makes these importable.
    platforms, loader = (import_module(f"{ENGINE}.{name}") for name in ("platforms", "catalog.loader"))
    catalog = loader.with_sites(loader.own(), ())
    asked = platforms.detection(catalog.products, catalog.limits, platforms.named("windows"))["reads"]
    return [one for one in asked if one["kind"] == "key" and one["path"].startswith("SOFTWARE") and "names" not in one]


def _make(root: Path) -> int:
    """Make the disk of a recorded host, with as many classes more as a large one has; return the hive's size."""
    sys.path[:0] = [str(UNIT), str(REPOSITORY / ".cache")]
    regf_build, windows_hosts = import_module("regf_build"), import_module("windows_hosts")
    windows_hosts.make_disk(HOST, root)
    keys = windows_hosts.registry(HOST)[windows_hosts.HIVES[r"HKEY_LOCAL_MACHINE\SOFTWARE"]]
    value = regf_build.text("x" * (FILLING // 2))
    for number in range(KEYS // 4):
        name = f"Classes\\CLSID\\{{{number:08x}-0000-4000-8000-000000000000}}"
        keys[name] = {"": value}
        for below in ("InprocServer32", "ProgID", "TypeLib"):
            keys[f"{name}\\{below}"] = {"": value}
    path = root / windows_hosts.HIVES[r"HKEY_LOCAL_MACHINE\SOFTWARE"]
    windows_hosts.put_hive(path, regf_build.hive(keys))
    size: int = path.stat().st_size
    return size
