"""A whole migration of real hosts of the lab, compared with a play that removes, installs and starts."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict

from .fleet_cost import Taken, results_of
from .lab_hosts import BY_HAND, LabHosts, environment, run, verified
from .paths import CACHE
from .report import Report, Target
from .tree import of_tree

LAB_HOSTS = LabHosts("migration")
LIKE, OUT = "full", CACHE / "migration"
PLAN, MIGRATE, VERIFY, PLAY = "plan", "migrate", "verify", "play by hand"
TITLES = {
    PLAN: "`avshift.endpoint.plan`",
    MIGRATE: "`avshift.endpoint.migrate` under that plan",
    VERIFY: "`avshift.endpoint.verify`",
    PLAY: "remove, install, start by Ansible's own modules",
}
# What notes on a host how much of the processor each call takes, and what it calls.
TIMED = """#!/bin/sh
{called} "$@"
code=$?
times >>{times}
exit $code
"""
APT, REAL, OF_APT = "/usr/bin/apt-get", "/usr/bin/apt-get.real", "/run/apt-times"
PYTHON, INTERPRETER, OF_PYTHON = "/usr/bin/python3", "/usr/local/bin/timed-python", "/run/python-times"
SECONDS = re.compile(r"(\d+)m([\d.]+)s")
# Processor seconds of a host's Python for a plan, the package manager's simulations apart.
BESIDE_APT = 0.3
HEAD = ("", "hosts", "wall s", "controller CPU s", "hosts' CPU s", "all processes MB", "results a host")


def measure(number: int, report: Report) -> None:
    """Plan, migrate and verify so many new hosts, and let a play do the same to as many like them."""
    ours, peers = ([f"{way}-{one}" for one in range(1, number + 1)] for way in ("ours", "peer"))
    report.say("", f"{number} containers of the lab with the product of `{LIKE}`, all at once; one run each.", "")
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    with LAB_HOSTS.up(LIKE, *ours, *peers):
        LAB_HOSTS.prepare_by_hand(peers)
        of_python, of_apt = _of_one_plan(ours[0])
        taken = {
            PLAN: _taken(ours, PLAN, "avshift.endpoint.plan"),
            MIGRATE: _taken(ours, MIGRATE, "avshift.endpoint.migrate", avshift_approved_plan=f"{OUT}/plan/plan.json"),
            VERIFY: _taken(ours, VERIFY, "avshift.endpoint.verify"),
            PLAY: _taken(peers, PLAY, *BY_HAND),
        }
    for host in ours:
        verified(OUT / "records" / f"{host}.json")
    report.values["migration"] = {name: asdict(one) for name, one in taken.items()}
    rows = [[TITLES[name], str(number), *_cells(one)] for name, one in taken.items()]
    report.markdown(HEAD, rows)
    told = f"One host planned alone: its Python took {of_python:.2f} s, {of_apt:.2f} s of them for apt's simulations."
    report.say("", told)
    report.judge(Target("a plan's processor time on a host beside these", of_python - of_apt, BESIDE_APT, "s"))


def _of_one_plan(host: str) -> tuple[float, float]:
    """Return the processor seconds of a host's Python for a plan, and those of apt-get, which it calls."""
    LAB_HOSTS.inside(host, "mv", APT, REAL)
    for path, called, times in ((APT, REAL, OF_APT), (INTERPRETER, PYTHON, OF_PYTHON)):
        text = TIMED.format(called=called, times=times)
        LAB_HOSTS.inside(host, "sh", "-c", f'printf %s "$0" >{path}; chmod 755 {path}', text)
    _taken([host], PLAN, "avshift.endpoint.plan", ansible_python_interpreter=INTERPRETER)
    LAB_HOSTS.inside(host, "mv", REAL, APT)
    return _noted(host, OF_PYTHON), _noted(host, OF_APT)


def _noted(host: str, times: str) -> float:
    found = SECONDS.findall(LAB_HOSTS.inside(host, "cat", times))
    return sum(60 * int(minutes) + float(seconds) for minutes, seconds in found)


def _cells(one: Taken) -> list[str]:
    return [*(f"{value:.0f}" for value in (one.wall, one.controller, one.hosts, one.peak_mb)), f"{one.results:.1f}"]


def _taken(hosts: list[str], name: str, playbook: str, *arguments: str, **given: str) -> Taken:
    """Run a playbook that has to succeed; what its hosts take is counted by their control groups."""
    own = {"avshift_hosts": "lab", "avshift_output_dir": str(OUT), "avshift_rollout": {"rings": ["100%"]}, **given}
    argv = LAB_HOSTS.play(hosts, playbook, *arguments, "-e", json.dumps(own))
    output = OUT / f"{name.replace(' ', '-')}.out"
    before = _used(hosts)
    usage = of_tree(argv, environment(), output)
    return Taken(usage.wall, usage.cpu, _used(hosts) - before, usage.peak_mb, results_of(output, len(hosts)))


def _used(hosts: list[str]) -> float:
    """Return the processor seconds that all processes of the hosts have taken since these were started."""
    asked = ("podman", "stats", "--no-stream", "--format", "{{.CPUNano}}")
    return sum(map(int, run(*asked, *map(LAB_HOSTS.container, hosts)).split())) / 1e9
