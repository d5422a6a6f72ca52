"""The time without a scanner, as a reader of a test file sees it: the collection's, in both of its ways, and a play's.

All are seen by the observer of the lab, which reads every 20 ms and uses none of the collection's code. Of the
collection's window it counts the longest time that it may have been, of the other play's the shortest. In one way the
new scanner stands before the old one goes; in the other, to which it falls back, the old one goes first.
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
OURS, BEFORE, PEER, LIKE = "ours", "one-by-one", "peer", "full"
OBSERVER, LOG, FOLDERS = "/run/observer.py", "/run/observed", ("/home", "/srv")
SECONDS, TIMES_SHORTER = 2.0, 20.0
GROUP_VARS = REPOSITORY / "inventories/lab/group_vars/lab.yml"
PROVIDER = REPOSITORY / "plugins/plugin_utils/catalog/data/providers/clamav.yml"
MIGRATE = ("avshift.endpoint.migrate", "-e", "avshift_require_approval=false")
# On each host, for as long as it is measured: every processor of the machine has more to do than it can, and the disk
# has to write to the end.
BUSY = (
    "while :; do :; done",
    "while :; do :; done",
    "while :; do dd if=/dev/zero of=/var/lib/busy bs=1M count=64 conv=fsync status=none; done",
)


@dataclass(frozen=True)
class Round:
    """Seconds without a scanner: as recorded, as the observer saw it at most, the same of the way in which the old one
    goes first, and the other play's at least. ``load`` is quiet or busy, ``probe`` the slowest read of a clean file
    while both scanners stood, ``held`` whether they stood beside each other to the end.
    """

    load: str
    recorded: float
    ours: float
    before_recorded: float
    before: float
    peer: float
    probe: float
    held: bool

    @property
    def ratio(self) -> float:
        """How many times longer the other play's is than the way in which the old one goes first."""
        return self.peer / self.before


def measure(rounds: int, report: Report) -> None:
    """Migrate hosts made anew, one at a time, each beside the other ways on hosts like it, and judge."""
    done = []
    for load in ("quiet", "busy"):
        report.say("", f"== {rounds} rounds on {load} Debian 12 hosts with the product of `{LIKE}`, one play at a time")
        for number in range(1, rounds + 1):
            done.append(_round(load))
            told = (
                "record {recorded:.3f} s, observer {ours:.3f} s, slowest probe {probe:.3f} s; "
                "old one first {before:.3f} s (record {before_recorded:.3f} s); by hand {peer:.1f} s"
            )
            report.say(f"{load} {number}: {told.format(**asdict(done[-1]))}")
    report.values["rounds"] = [{**asdict(one), "ratio": one.ratio} for one in done]
    for load in ("quiet", "busy"):
        _tell([one for one in done if one.load == load], load, report)


def _tell(done: list[Round], load: str, report: Report) -> None:
    medians = {
        name: statistics.median(getattr(one, name) for one in done)
        for name in ("recorded", "ours", "before_recorded", "before", "peer", "ratio", "probe")
    }
    longest = {name: max(getattr(one, name) for one in done) for name in medians}
    rows = [
        [words, f"{medians[name]:.3f}", f"{longest[name]:.3f}"]
        for words, name in (
            ("both beside each other, as recorded", "recorded"),
            ("both beside each other, as observed", "ours"),
            ("the old one first, as recorded", "before_recorded"),
            ("the old one first, as observed", "before"),
            ("remove, install, start", "peer"),
            ("slowest read of a clean file beside each other", "probe"),
        )
    ]
    report.say("")
    report.table([f"{load}: {len(done)} hosts", "median seconds", "longest"], rows)
    report.say("")
    report.judge(
        Target(f"{load}: hosts with a window, as recorded", float(sum(one.recorded > 0 for one in done)), 0.0, "hosts"),
        Target(
            f"{load}: hosts with a read that was not refused", float(sum(one.ours > 0 for one in done)), 0.0, "hosts"
        ),
        Target(f"{load}: median window with the old one first", medians["before"], SECONDS, "s"),
        Target(f"{load}: a play by hand is longer than that", medians["ratio"], TIMES_SHORTER, "times", at_most=False),
    )


def _round(load: str) -> Round:
    hosts = (OURS, BEFORE, PEER)
    _fleet("up", "--fresh", "--fleet", FLEET, *(f"{host}={LIKE}" for host in hosts))
    try:
        # What Ansible's own module needs is no part of the other play's window.
        _inside(PEER, "apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "python3-apt")
        ours = _observed(OURS, load, *MIGRATE)
        before = _observed(BEFORE, load, *MIGRATE, "-e", json.dumps({"avshift_catalog_dirs": [str(_catalog())]}))
        by_hand = (str(PLAYBOOKS / "remove_install_start.yml"), "-e", json.dumps({"signatures": _signatures()}))
        peer = _observed(PEER, load, *by_hand)
        recorded, facts = _recorded(OURS)
        told = facts["overlap"]
        return Round(
            load, recorded, _longest(ours), _recorded(BEFORE)[0], _longest(before), _shortest(peer),
            told["slowest_probe_seconds"], told["held"],
        )  # fmt: skip
    finally:
        _fleet("down", "--fleet", FLEET)


def _catalog() -> Path:
    """Return a site's catalog whose ClamAV may not intercept beside another scanner."""
    made = CACHE / "one-by-one"
    (made / "providers").mkdir(parents=True, exist_ok=True)
    text = PROVIDER.read_text(encoding="utf-8")
    changed = text.replace("\ncoexistence: overlapping\n", "\ncoexistence: on_demand_first\n")
    if changed == text:
        raise BenchError("Changing the catalog", str(PROVIDER), "its class of coexistence is another one", "See there.")
    (made / "providers/clamav.yml").write_text(changed, encoding="utf-8")
    return made


def _signatures() -> str:
    options = yaml.safe_load(GROUP_VARS.read_text(encoding="utf-8"))["avshift_provider_options"]
    return "".join(options["site_signatures"].values())


def _recorded(host: str) -> tuple[float, dict[str, Any]]:
    """Return the window in a host's record, and the facts of its handover."""
    record = json.loads((CACHE / "avshift/records" / f"{host}.json").read_text(encoding="utf-8"))
    if record["verdict"] != "removed_verified":
        raise BenchError("Migrating", host, f"its verdict is {record['verdict']}", "See its record.")
    facts = next(step["facts"] for step in record["outcomes"]["handover"] if "window_seconds" in step["facts"])
    return float(record["window_seconds"]), facts


def _observed(host: str, load: str, playbook: str, *arguments: str) -> list[dict[str, Any]]:
    """Run a playbook on a host under the observer's eyes; return the observer's lines of JSON."""
    _run("podman", "cp", str(LAB / "on_host/observer.py"), f"{_container(host)}:{OBSERVER}")
    _inside(host, "systemd-run", "--unit=observer", "--quiet", "python3", OBSERVER, LOG, *FOLDERS)
    for number, script in enumerate(BUSY if load == "busy" else ()):
        _inside(host, "systemd-run", f"--unit=busy{number}", "--quiet", "sh", "-c", script)
    CACHE.mkdir(parents=True, exist_ok=True)
    inventory = CACHE / "window.yml"
    inventory.write_text(
        yaml.safe_dump({"lab": {"hosts": {host: {"ansible_host": _container(host)}}}}), encoding="utf-8"
    )
    sources = [f"--inventory={LAB.parent / 'inventories/lab'}", f"--inventory={inventory}", f"--limit={host}"]
    _run(str(Path(sys.executable).parent / "ansible-playbook"), playbook, *sources, *arguments, cwd=CACHE)
    _inside(host, "systemctl", "stop", "observer", *(f"busy{number}" for number in range(len(BUSY)) if load == "busy"))
    return [json.loads(line) for line in _inside(host, "cat", LOG).splitlines()]


def _longest(lines: list[dict[str, Any]]) -> float:
    """Return the longest time without a scanner that the lines allow: between the refused reads around it, 0 if all
    reads were refused.
    """
    return max((_around(mine, read) if read else 0.0 for mine, read in _by_folder(lines)), default=0.0)


def _around(mine: list[dict[str, Any]], read: list[dict[str, Any]]) -> float:
    after: float = min(line["first"] for line in mine if line["first"] > read[-1]["last"])
    return after - float(max(line["last"] for line in mine if line["last"] < read[0]["first"]))


def _shortest(lines: list[dict[str, Any]]) -> float:
    """Return the shortest time without a scanner that the lines allow: from the first to the last read."""
    return min(float(read[-1]["last"] - read[0]["first"]) if read else 0.0 for _mine, read in _by_folder(lines))


def _by_folder(lines: list[dict[str, Any]]) -> list[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Return (all lines, those of reads that were not refused) of each folder."""
    found = []
    for folder in FOLDERS:
        mine = sorted((line for line in lines if line["folder"] == folder), key=lambda line: line["first"])
        read = [line for line in mine if line["outcome"] != "refused"]
        if not mine or mine[0]["outcome"] != "refused" or mine[-1]["outcome"] != "refused":
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
