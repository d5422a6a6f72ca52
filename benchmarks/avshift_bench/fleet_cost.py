"""What whole playbooks cost the controller and hosts, compared with Ansible's own tasks on the same scripted hosts."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .asking import made
from .errors import BenchError
from .fleet import environment
from .paths import CACHE, PLAYBOOKS
from .report import Report, Target
from .tree import of_tree

HOME = CACHE / "cost"
PING, GATHERED, BY_HAND, DETECT, PLAN = "ping", "gathered", "plan_by_hand", "detect", "plan"
REFUSED, MIGRATE, AGAIN = "migrate, refused", "migrate", "migrate again"
OWN = (DETECT, PLAN, REFUSED, MIGRATE, AGAIN)
TITLES = {
    PING: "`ping`",
    GATHERED: "`gather_facts` + `package_facts`",
    BY_HAND: "a plan by hand",
    DETECT: "`avshift.endpoint.detect`",
    PLAN: "`avshift.endpoint.plan`",
    REFUSED: "`avshift.endpoint.migrate`, every host has drifted and is refused",
    MIGRATE: "`avshift.endpoint.migrate`",
    AGAIN: "`avshift.endpoint.migrate` again, nothing to do",
}
RESULT = re.compile(rb"^(?:ok|changed|skipping|fatal|failed): \[", re.MULTILINE)
HEAD = (
    "",
    "hosts",
    "wall s",
    "in pings",
    "controller CPU s",
    "in pings",
    "hosts' CPU s",
    "all processes MB",
    "results a host",
)
MOST_RESULTS, MOST_PINGS = 1.1, 1.5


@dataclass(frozen=True)
class Taken:
    """Seconds on the clock, processor seconds of the controller and of hosts, most MB together, results a host."""

    wall: float
    controller: float
    hosts: float
    peak_mb: float
    results: float


def results_of(output: Path, hosts: int) -> float:
    """Return how many lines of results Ansible's output has for each host."""
    return len(RESULT.findall(output.read_bytes())) / hosts


def measure(sizes: list[int], compared_up_to: int, forks: int, report: Report) -> None:
    """Run everything on fleets of these sizes, print a table in Markdown and judge the goals."""
    report.say("", f"Scripted hosts, local connections, {forks} at once; one run each, in this order.", "")
    rows: list[list[str]] = []
    for size in sizes:
        taken = _of_size(size, size <= compared_up_to, forks)
        rows += _rows(size, taken)
        report.values[str(size)] = {name: asdict(one) for name, one in taken.items()}
        if PING in taken:
            plan, ping = taken[PLAN], taken[PING]
            report.judge(
                Target(
                    f"controller's CPU of a plan, {size} hosts", plan.controller / ping.controller, MOST_PINGS, "pings"
                ),
                Target(f"results of a plan, {size} hosts", plan.results, MOST_RESULTS, "a host"),
            )
    report.say("")
    report.markdown(HEAD, rows)
    report.say("")


def _of_size(size: int, is_compared: bool, forks: int) -> dict[str, Taken]:
    folder = HOME / str(size)
    shutil.rmtree(folder, ignore_errors=True)
    made("scripted_fleet", size, folder / "fleet")
    jobs = {name: job for name, job in JOBS.items() if is_compared or name in (PING, *OWN)}
    return {name: job(_Run(folder, size, forks, name)) for name, job in jobs.items()}


class _Run:
    """One playbook on one fleet."""

    def __init__(self, folder: Path, size: int, forks: int, name: str) -> None:
        self.fleet, self._folder, self._size, self._forks, self._name = folder / "fleet", folder, size, forks, name

    def play(self, playbook: str, codes: tuple[int, ...] = (0,), **given: Any) -> Taken:
        """Run it and return what it took; it has to end with one of the codes."""
        for notes in self.fleet.glob("*/cpu"):
            notes.unlink()
        output = self._folder / f"{self._name.replace(', ', '-').replace(' ', '-')}.out"
        argv = [str(Path(sys.executable).parent / "ansible-playbook"), f"--inventory={self.fleet / 'hosts.yml'}"]
        argv += [f"--forks={self._forks}", playbook, "-e", json.dumps({"avshift_output_dir": self.out, **given})]
        usage = of_tree(argv, environment(), output, codes)
        hosts = sum(float(line) for notes in self.fleet.glob("*/cpu") for line in notes.read_text().split())
        return Taken(usage.wall, usage.cpu - hosts, hosts, usage.peak_mb, results_of(output, self._size))

    @property
    def out(self) -> str:
        """The folder of all documents."""
        return str(self._folder / "avshift")

    def own(self, name: str, codes: tuple[int, ...] = (0,)) -> Taken:
        """Run a playbook of the collection, on all hosts at once, under the plan that was made before."""
        approved = {"avshift_approved_plan": f"{self.out}/plan/plan.json"} if name == MIGRATE else {}
        hosts = {"avshift_hosts": "all", "avshift_rollout": {"rings": ["100%"], "stop_after": "100%"}}
        settings = {"avshift_detect_dir": f"{self.out}/detect", "avshift_stop_file": f"{self.out}/STOP"}
        return self.play(f"avshift.endpoint.{name}", codes, **hosts, **settings, **approved)


def _by_hand(run: _Run) -> Taken:
    (run.fleet.parent / "by_hand").mkdir()
    return run.play(str(PLAYBOOKS / f"{BY_HAND}.yml"), plan_folder=str(run.fleet.parent / "by_hand"))


def _refused(run: _Run) -> Taken:
    """Put every host into another state than the approved one."""
    mark = run.fleet / "drifted"
    mark.touch()
    taken = run.own(MIGRATE, (2,))
    mark.unlink()
    return taken


def _migrated(run: _Run) -> Taken:
    taken = run.own(MIGRATE)
    if len(list(run.fleet.glob("*/carried-out"))) != len(list(run.fleet.glob("*/python"))):
        raise BenchError(
            "Migrating", str(run.fleet), "not every host was changed", f"See the output in {run.fleet.parent}."
        )
    return taken


JOBS: dict[str, Callable[[_Run], Taken]] = {
    PING: lambda run: run.play(str(PLAYBOOKS / f"{PING}.yml")),
    GATHERED: lambda run: run.play(str(PLAYBOOKS / f"{GATHERED}.yml")),
    DETECT: lambda run: run.own(DETECT),
    PLAN: lambda run: run.own(PLAN),
    BY_HAND: _by_hand,
    REFUSED: _refused,
    MIGRATE: _migrated,
    AGAIN: lambda run: run.own(MIGRATE),
}


def _rows(size: int, taken: dict[str, Taken]) -> list[list[str]]:
    ping = taken.get(PING)
    rows = []
    for name, one in taken.items():
        pings = [f"{one.wall / ping.wall:.1f}", f"{one.controller / ping.controller:.1f}"] if ping else ["", ""]
        times = [f"{one.wall:.0f}", pings[0], f"{one.controller:.0f}", pings[1], f"{one.hosts:.0f}"]
        rows.append([TITLES[name], f"{size:,}", *times, f"{one.peak_mb:.0f}", f"{one.results:.1f}"])
    return rows
