"""The endpoint's side: the processor time that collecting takes on a busy host."""

from __future__ import annotations

import base64
import json
import statistics
from typing import Any

from . import host
from .asking import on_controller
from .report import Report, Target

ROUNDS = 11
CPU_LIMIT_MS = 100.0
PEERS = {"package_facts": ["package_facts"], "package_facts + service_facts": ["package_facts", "service_facts"]}
MODULES = ("endpoint", "ping", "package_facts", "service_facts", "setup")


def measure(report: Report) -> None:
    """Fill a host, measure collecting and whole modules on it in turn, print and judge."""
    asked = json.loads(on_controller("ask"))
    modules = {name: base64.b64decode(content) for name, content in asked["modules"].items()}
    with host.filled(asked["arguments"], modules) as described:
        title = "== An endpoint: {packages} packages, {processes} processes, {descriptors} descriptors"
        report.say("", title.format(**described))
        report.say(
            "dpkg's status has {status_bytes} bytes, its lists name {listed_files} files; Python {python}; "
            "a container with systemd".format(**described)
        )
        collecting, whole = _rounds()
    report.values["endpoint"] = {"host": described, "collecting": collecting, "modules_cpu_ms": whole}
    _print(report, collecting, whole)


def _rounds() -> tuple[list[dict[str, Any]], dict[str, list[float]]]:
    collecting: list[dict[str, Any]] = []
    whole: dict[str, list[float]] = {name: [] for name in MODULES}
    for number in range(ROUNDS + 1):
        one = host.taken("collect", host.CODE, host.PROBES)
        modules = {name: host.module(name) for name in MODULES}
        if number:  # the first round only warms the caches up
            collecting.append(one)
            for name, used in modules.items():
                whole[name].append(used)
    return collecting, whole


def _print(report: Report, collecting: list[dict[str, Any]], whole: dict[str, list[float]]) -> None:
    middle = {part: statistics.median(one[part] for one in collecting) for part in ("start", "imports", "collecting")}
    most = max(one["collecting"] for one in collecting)
    modules = {name: statistics.median(used) for name, used in whole.items()}
    rows = [
        ["collecting alone", f"{middle['collecting']:.1f}", ""],
        ["its imports, compiled each time, as in the module", f"{middle['imports']:.1f}", ""],
        ["the interpreter's start", f"{middle['start']:.1f}", ""],
        *(
            [f"whole module: {name}", f"{used:.1f}", f"{used / modules['endpoint']:.2f}"]
            for name, used in modules.items()
        ),
    ]
    report.say(
        f"Medians of {ROUNDS} fresh processes, children included; what systemd takes to answer is not in it.", ""
    )
    report.table(["CPU", "ms", "x endpoint"], rows)
    last = collecting[-1]
    report.say(f"Collected: {last['items']} items; not checked: {', '.join(last['unknown']) or 'nothing'}.")
    report.say(f"The slowest collecting took {most:.1f} ms.")
    for title, names in PEERS.items():
        report.say(f"{title} / endpoint: {sum(modules[name] for name in names) / modules['endpoint']:.1f} x")
    report.say("")
    report.judge(Target("CPU of collecting on the endpoint", middle["collecting"], CPU_LIMIT_MS, "ms"))
