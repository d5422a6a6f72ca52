"""The controller's side: detection compared with Ansible itself, on a fleet of local connections."""

from __future__ import annotations

import json
import os
import statistics
import sys
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

from . import usage
from .paths import CACHE, PLAYBOOKS, REPOSITORY
from .report import Report, Target
from .usage import Usage

PING, FACTS, SETUP, DETECTION = "ping", "facts", "setup", "detection"
TITLES = {PING: "ping", FACTS: "package_facts + service_facts", SETUP: "setup", DETECTION: "kaspersky_info"}
WALL_LIMIT, FACTS_FACTOR, RESULTS, MB_PER_HOST = 1.3, 4.0, 1.0, 0.2


@dataclass(frozen=True)
class Size:
    """How many hosts, how many at once, how often, and with how many hosts memory is measured again."""

    hosts: int
    many: int
    forks: int
    rounds: int
    interpreter: str


def measure(size: Size, report: Report) -> None:
    """Count, measure in rotated order, print the table and judge it."""
    report.say("", f"== {size.hosts} hosts, {size.forks} at once, ansible_connection=local, {size.rounds} rounds")
    report.say("Warm-up, which also counts the results; then rounds in rotated order. Medians of the rounds follow.")
    counted = {name: _count(name, size) for name in TITLES}
    taken = _rounds(size, report)
    slopes = {name: _slope(name, size, taken[name]) for name in (PING, DETECTION)}
    report.values["fleet"] = {
        "size": asdict(size),
        "rounds": {name: [asdict(one) for one in several] for name, several in taken.items()},
        "results_per_host": counted,
        "mb_per_host": slopes,
    }
    _print(report, taken, counted)
    _judge(report, size, taken, counted, slopes)


def _rounds(size: Size, report: Report) -> dict[str, list[Usage]]:
    names = list(TITLES)
    taken: dict[str, list[Usage]] = {name: [] for name in names}
    for number in range(size.rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            taken[name].append(_run(name, size.hosts, size))
        told = ", ".join(f"{name} {taken[name][-1].wall:.1f} s" for name in names)
        report.say(f"round {number + 1}: {told}")
    return taken


def _slope(name: str, size: Size, taken: list[Usage]) -> float:
    """Return by how many MB the main process grows with each host."""
    few = statistics.median(one.peak_mb for one in taken)
    return (_run(name, size.many, size).peak_mb - few) / (size.many - size.hosts)


def _count(name: str, size: Size) -> float:
    """Return the number of task results per host, by Ansible's own JSON."""
    _run(name, size.hosts, size, {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"})
    answer = json.loads(_output(name).read_text(encoding="utf-8"))
    return sum(len(task["hosts"]) for play in answer["plays"] for task in play["tasks"]) / size.hosts


def _run(name: str, hosts: int, size: Size, extra: dict[str, str] | None = None) -> Usage:
    argv = [
        str(Path(sys.executable).parent / "ansible-playbook"),
        f"--inventory={_inventory(hosts, size.interpreter)}",
        f"--forks={size.forks}",
        str(PLAYBOOKS / f"{name}.yml"),
    ]
    return usage.of_command(argv, {**environment(), **(extra or {})}, _output(name))


def environment() -> dict[str, str]:
    """Return the environment of every measured Ansible: what the caller set for Ansible is not in it."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    return {**kept, "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0", "LC_ALL": "C.UTF-8"}


def _inventory(hosts: int, interpreter: str) -> Path:
    path = CACHE / f"inventory-{hosts}.ini"
    names = "".join(f"host{number:03d}\n" for number in range(1, hosts + 1))
    settings = f"ansible_connection=local\nansible_python_interpreter={interpreter}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"[fleet]\n{names}\n[all:vars]\n{settings}", encoding="utf-8")
    return path


def _output(name: str) -> Path:
    return CACHE / f"{name}.out"


def _middle(taken: list[Usage]) -> Usage:
    values = zip(*(astuple(one) for one in taken), strict=True)
    return Usage(*(statistics.median(column) for column in values))


def _ratio(taken: dict[str, list[Usage]], over: str, under: str) -> float:
    """Return the median of the rounds' ratios: what disturbed a round disturbed both."""
    pairs = zip(taken[over], taken[under], strict=True)
    return statistics.median(one.wall / other.wall for one, other in pairs)


def _print(report: Report, taken: dict[str, list[Usage]], counted: dict[str, float]) -> None:
    ping = _middle(taken[PING])
    rows = []
    for name, title in TITLES.items():
        middle = _middle(taken[name])
        wall = [f"{middle.wall:.2f}", f"{_ratio(taken, name, PING):.2f}"]
        memory = [f"{middle.peak_mb:.1f}", f"{middle.peak_mb - ping.peak_mb:+.1f}"]
        rows.append([title, *wall, f"{middle.cpu:.2f}", f"{middle.cpu / ping.cpu:.2f}", f"{counted[name]:g}", *memory])
    report.say("")
    report.table(["task", "wall s", "x ping", "CPU s", "x ping", "results/host", "main peak MB", "over ping MB"], rows)
    report.say(
        "Peak: VmHWM of the main ansible-playbook process alone, polled from /proc; its forks are not in it.", ""
    )


def _judge(
    report: Report, size: Size, taken: dict[str, list[Usage]], counted: dict[str, float], slopes: dict[str, float]
) -> None:
    growth = f"growth of the main process from {size.hosts} to {size.many} hosts (ping: {slopes[PING]:.3f})"
    report.judge(
        Target("wall of detection, in pings", _ratio(taken, DETECTION, PING), WALL_LIMIT, "x"),
        Target(
            "wall of package_facts + service_facts, in detections",
            _ratio(taken, FACTS, DETECTION),
            FACTS_FACTOR,
            "x",
            at_most=False,
        ),
        Target("task results of detection per host", counted[DETECTION], RESULTS, "results"),
        Target(growth, slopes[DETECTION], MB_PER_HOST, "MB per host"),
    )
