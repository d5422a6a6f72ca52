"""The time without a scanner, as a reader of a test file sees it: the collection's, and that of a play written by hand.

Both are seen by the observer of the lab, which reads every 20 ms and uses none of the collection's code. Of the
collection's window it counts the longest time that it may have been, of the other play's the shortest.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from .errors import BenchError
from .paths import CACHE, LAB, PLAYBOOKS, REPOSITORY
from .report import Report, Target

FLEET = f"{os.environ.get('AVSHIFT_FLEET_PREFIX', 'bench')}-window"
OURS, PEER, LIKE = "ours", "peer", "full"
OBSERVER, LOG, FOLDERS = "/run/observer.py", "/run/observed", ("/home", "/srv")
SECONDS, TIMES_SHORTER, EXACT_TO = 2.0, 20.0, 0.01
GROUP_VARS = REPOSITORY / "inventories/lab/group_vars/lab.yml"


@dataclass(frozen=True)
class Round:
    """Seconds without a scanner: as recorded, by how much that may be too long, as the observer saw it at most, and the
    other play's at least.
    """

    recorded: float
    exact_to: float
    ours: float
    peer: float

    @property
    def ratio(self) -> float:
        """How many times longer the other play's is."""
        return self.peer / self.ours


def measure(rounds: int, report: Report) -> None:
    """Migrate hosts made anew, one at a time, each beside the other play on a host like it, and judge."""
    report.say("", f"== {rounds} rounds on Debian 12 hosts with the product of host `{LIKE}`, one play at a time")
    done = []
    for number in range(1, rounds + 1):
        done.append(_round())
        told = "record {recorded:.3f} s (exact to {exact_to:.3f} s), observer {ours:.3f} s, by hand {peer:.1f} s"
        report.say(f"round {number}: {told.format(**asdict(done[-1]))}, {done[-1].ratio:.0f} times")
    report.values["rounds"] = [{**asdict(one), "ratio": one.ratio} for one in done]
    _tell(done, report)


def _tell(done: list[Round], report: Report) -> None:
    medians = {
        name: statistics.median(getattr(one, name) for one in done)
        for name in ("recorded", "exact_to", "ours", "peer", "ratio")
    }
    rows = [
        ["migration, as recorded", f"{medians['recorded']:.3f}"],
        ["migration, as observed", f"{medians['ours']:.3f}"],
        ["remove, install, start", f"{medians['peer']:.1f}"],
    ]
    report.say("")
    report.table(["median window", "seconds"], rows)
    report.say("")
    report.judge(
        Target("median window of a migration", max(medians["recorded"], medians["ours"]), SECONDS, "s"),
        Target("its record is exact to", medians["exact_to"], EXACT_TO, "s"),
        Target("a play by hand is longer", medians["ratio"], TIMES_SHORTER, "times", at_most=False),
    )


def _round() -> Round:
    _fleet("up", "--fresh", "--fleet", FLEET, f"{OURS}={LIKE}", f"{PEER}={LIKE}")
    try:
        # What Ansible's own module needs is no part of the other play's window.
        _inside(PEER, "apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "python3-apt")
        ours = _observed(OURS, "avshift.endpoint.migrate", "-e", "avshift_require_approval=false")
        peer = _observed(
            PEER, str(PLAYBOOKS / "remove_install_start.yml"), "-e", json.dumps({"signatures": _signatures()})
        )
        return Round(*_recorded(), _longest(ours), _shortest(peer))
    finally:
        _fleet("down", "--fleet", FLEET)


def _signatures() -> str:
    options = yaml.safe_load(GROUP_VARS.read_text(encoding="utf-8"))["avshift_provider_options"]
    return "".join(options["site_signatures"].values())


def _recorded() -> tuple[float, float]:
    record = json.loads((CACHE / "avshift/records" / f"{OURS}.json").read_text(encoding="utf-8"))
    if record["verdict"] != "removed_verified":
        raise BenchError("Migrating", OURS, f"its verdict is {record['verdict']}", "See its record.")
    facts = next(step["facts"] for step in record["outcomes"]["handover"] if "unprotected_until" in step["facts"])
    return float(record["window_seconds"]), float(facts["window_exact_to_seconds"])


def _observed(host: str, playbook: str, *arguments: str) -> list[dict[str, Any]]:
    """Run a playbook on a host under the observer's eyes; return the observer's lines of JSON."""
    _run("podman", "cp", str(LAB / "on_host/observer.py"), f"{_container(host)}:{OBSERVER}")
    _inside(host, "systemd-run", "--unit=observer", "--quiet", "python3", OBSERVER, LOG, *FOLDERS)
    CACHE.mkdir(parents=True, exist_ok=True)
    inventory = CACHE / "window.yml"
    inventory.write_text(
        yaml.safe_dump({"lab": {"hosts": {host: {"ansible_host": _container(host)}}}}), encoding="utf-8"
    )
    sources = [f"--inventory={LAB.parent / 'inventories/lab'}", f"--inventory={inventory}", f"--limit={host}"]
    _run(str(Path(sys.executable).parent / "ansible-playbook"), playbook, *sources, *arguments, cwd=CACHE)
    _inside(host, "systemctl", "stop", "observer")
    return [json.loads(line) for line in _inside(host, "cat", LOG).splitlines()]


def _longest(lines: list[dict[str, Any]]) -> float:
    """Return the longest time without a scanner that the lines allow: between the refused reads around it."""
    longest: float = max(
        min((line["first"] for line in mine if line["first"] > read[-1]["last"]), default=read[-1]["last"])
        - max(line["last"] for line in mine if line["last"] < read[0]["first"])
        for mine, read in _by_folder(lines)
    )
    return longest


def _shortest(lines: list[dict[str, Any]]) -> float:
    """Return the shortest time without a scanner that the lines allow: from the first to the last read."""
    shortest: float = min(read[-1]["last"] - read[0]["first"] for _mine, read in _by_folder(lines))
    return shortest


def _by_folder(lines: list[dict[str, Any]]) -> list[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    found = []
    for folder in FOLDERS:
        mine = sorted((line for line in lines if line["folder"] == folder), key=lambda line: line["first"])
        read = [line for line in mine if line["outcome"] == "read"]
        refused = [line for line in mine if line["outcome"] == "refused"]
        if not read or not refused or refused[0]["first"] > read[0]["first"] or refused[-1]["last"] < read[-1]["last"]:
            advice = "The old scanner has to refuse it at first and the new one in the end."
            raise BenchError("Observing", folder, "the test file was not refused before and after", advice)
        found.append((mine, read))
    return found


def _container(host: str) -> str:
    return f"avshift-lab-{FLEET}-{host}"


def _inside(host: str, *argv: str) -> str:
    return _run("podman", "exec", _container(host), *argv)


def _fleet(*arguments: str) -> None:
    _run(sys.executable, str(LAB / "fleet.py"), *arguments)


def _run(*argv: str, cwd: Path = REPOSITORY) -> str:
    configured = {"CONTAINERS_CONF": LAB / "containers.conf", "ANSIBLE_CONFIG": REPOSITORY / "ansible.cfg"}
    environment = {**os.environ, **{key: str(path) for key, path in configured.items()}, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=cwd, check=False
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().replace("\n", " | ")[-600:]
        cause = f"exit code {done.returncode}: {said or 'it said nothing'}"
        raise BenchError("Running a command", " ".join(argv[:5]), cause, "Run it by hand to see more.")
    return done.stdout
