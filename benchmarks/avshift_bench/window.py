"""The time without a scanner, as a reader of a test file sees it: the collection's, in both of its ways, and a play's.

All are watched by the lab's observer, which reads every 20 ms and uses none of the collection's code. Of the
collection's window it counts the longest time that it may have been, of the other play's the shortest. In one way the
new scanner stands before the old one goes; in the other, to which it falls back, the old one goes first.
"""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from .errors import BenchError
from .lab_hosts import BY_HAND, LabHosts, run, verified
from .paths import CACHE, LAB, REPOSITORY
from .report import Report, Target

LAB_HOSTS = LabHosts("window")
OURS, BEFORE, PEER, LIKE = "ours", "one-by-one", "peer", "full"
OBSERVER, LOG, FOLDERS = "/run/observer.py", "/run/observed", ("/home", "/srv")
SECONDS, TIMES_SHORTER = 2.0, 20.0
PROVIDER = REPOSITORY / "plugins/plugin_utils/catalog/data/providers/clamav.yml"
MIGRATE = ("avshift.endpoint.migrate", "-e", "avshift_require_approval=false", "-e", "avshift_rollout=100%")
LOADS = ("quiet", "busy")
# On the first host of those measured at once: every processor of the machine has more to do than it can, and the disk
# has to write to the end.
BUSY = (
    "while :; do :; done",
    "while :; do :; done",
    "while :; do dd if=/dev/zero of=/var/lib/busy bs=1M count=64 conv=fsync status=none; done",
)


@dataclass(frozen=True)
class Round:
    """Seconds without a scanner: as recorded, as the observer saw it at most, the same of the way in which the old one
    goes first, and the other play's at least; None where only the first was measured. ``load`` is quiet or busy,
    ``probe`` the slowest read of a clean file while both scanners stood, ``held`` whether they stood beside each other
    to the end.
    """

    load: str
    recorded: float
    ours: float
    probe: float
    held: bool
    before_recorded: float | None = None
    before: float | None = None
    peer: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times longer the other play's is than the way in which the old one goes first."""
        return self.peer / self.before if self.peer is not None and self.before is not None else None

    def __str__(self) -> str:
        told = f"record {self.recorded:.3f} s, observer {self.ours:.3f} s, slowest probe {self.probe:.3f} s"
        if self.before is None:
            return told
        before = f"old one first {self.before:.3f} s (record {self.before_recorded:.3f} s)"
        return f"{told}; {before}; by hand {self.peer:.1f} s"


@dataclass(frozen=True)
class Extent:
    """How many hosts are measured under each of ``loads``, how many of them at once, and for the first how many of them
    the two other ways are measured too, on hosts like them.
    """

    rounds: int
    beside: int
    loads: tuple[str, ...] = LOADS
    at_once: int = 1

    def batches(self) -> list[range]:
        """Return the numbers of the hosts that are measured at once."""
        return [
            range(first, min(first + self.at_once, self.rounds + 1))
            for first in range(1, self.rounds + 1, self.at_once)
        ]


def measure(extent: Extent, report: Report) -> None:
    """Migrate newly made hosts, each beside the other ways on hosts like it, and judge what was measured."""
    done: list[Round] = []
    for load in extent.loads:
        together = f"{extent.at_once} at once" if extent.at_once > 1 else "one at a time"
        report.say("", f"== {load}, {together}: {extent.rounds} Debian 12 hosts with the product of `{LIKE}`")
        for numbers in extent.batches():
            for number, one in zip(numbers, _rounds(load, numbers, extent.beside), strict=True):
                done.append(one)
                report.say(f"{load} {number}: {one}")
            report.values["rounds"] = [{**asdict(one), "ratio": one.ratio} for one in done]
    for load in extent.loads:
        _tell([one for one in done if one.load == load], load, report)


def _tell(done: list[Round], load: str, report: Report) -> None:
    rows = [
        [words, str(len(values)), f"{statistics.median(values):.3f}", f"{max(values):.3f}"]
        for words, name in (
            ("both side by side, as recorded", "recorded"),
            ("both side by side, as observed", "ours"),
            ("the old one first, as recorded", "before_recorded"),
            ("the old one first, as observed", "before"),
            ("remove, install, start", "peer"),
            ("slowest read of a clean file with both", "probe"),
        )
        if (values := _values(done, name))
    ]
    report.say("")
    report.markdown([f"{load}, in seconds", "hosts", "median", "longest"], rows)
    parted = sum(not one.held for one in done)
    report.say("", f"{load}: on {parted} of {len(done)} hosts the two did not stand side by side to the end")
    read = sum(one.ours > 0 for one in done)
    report.judge(
        Target(f"{load}: hosts with a window, as recorded", float(sum(one.recorded > 0 for one in done)), 0.0, "hosts"),
        Target(f"{load}: hosts with a read that was not refused", float(read), 0.0, "hosts"),
    )
    if _values(done, "ratio"):
        before, ratio = (statistics.median(_values(done, name)) for name in ("before", "ratio"))
        report.judge(
            Target(f"{load}: median window with the old one first", before, SECONDS, "s"),
            Target(f"{load}: a play by hand is longer than that", ratio, TIMES_SHORTER, "times", at_most=False),
        )


def _values(done: list[Round], name: str) -> list[float]:
    return [value for value in (getattr(one, name) for one in done) if value is not None]


def _rounds(load: str, numbers: range, beside: int) -> list[Round]:
    """Measure hosts at once, first all in one way, then those up to number ``beside`` in the next."""
    ours = [f"{OURS}-{number}" for number in numbers]
    before, peers = ([f"{way}-{number}" for number in numbers if number <= beside] for way in (BEFORE, PEER))
    with LAB_HOSTS.up(LIKE, *ours, *before, *peers):
        LAB_HOSTS.prepare_by_hand(peers)
        seen = _observed(ours, load, *MIGRATE)
        if peers:
            one_by_one = (*MIGRATE, "-e", json.dumps({"avshift_catalog_dirs": [str(_catalog())]}))
            seen |= _observed(before, load, *one_by_one)
            seen |= _observed(peers, load, *BY_HAND)
        return [_round(load, seen, number) for number in numbers]


def _round(load: str, seen: dict[str, list[dict[str, Any]]], number: int) -> Round:
    ours, before, peer = (f"{way}-{number}" for way in (OURS, BEFORE, PEER))
    recorded, facts = _recorded(ours)
    told = facts["overlap"]
    one = Round(load, recorded, _longest(seen[ours]), told["slowest_probe_seconds"], told["held"])
    if before not in seen:
        return one
    return replace(
        one,
        before_recorded=_recorded(before)[0],
        before=_longest(seen[before]),
        peer=_shortest(seen[peer]),
    )


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


def _recorded(host: str) -> tuple[float, dict[str, Any]]:
    """Return the window in a host's record, and the facts of its handover."""
    record = verified(CACHE / "avshift/records" / f"{host}.json")
    facts = next(step["facts"] for step in record["outcomes"]["handover"] if "window_seconds" in step["facts"])
    return float(record["window_seconds"]), facts


def _observed(hosts: list[str], load: str, playbook: str, *arguments: str) -> dict[str, list[dict[str, Any]]]:
    """Run a playbook on hosts under the observer's eyes; return the observer's lines of JSON of each."""
    for host in hosts:
        run("podman", "cp", str(LAB / "on_host/observer.py"), f"{LAB_HOSTS.container(host)}:{OBSERVER}")
        LAB_HOSTS.inside(host, "systemd-run", "--unit=observer", "--quiet", "python3", OBSERVER, LOG, *FOLDERS)
    busy = BUSY if load == "busy" else ()
    for number, script in enumerate(busy):
        LAB_HOSTS.inside(hosts[0], "systemd-run", f"--unit=busy{number}", "--quiet", "sh", "-c", script)
    run(*LAB_HOSTS.play(hosts, playbook, *arguments), cwd=CACHE)
    for number in range(len(busy)):
        LAB_HOSTS.inside(hosts[0], "systemctl", "stop", f"busy{number}")
    for host in hosts:
        LAB_HOSTS.inside(host, "systemctl", "stop", "observer")
    return {host: [json.loads(line) for line in LAB_HOSTS.inside(host, "cat", LOG).splitlines()] for host in hosts}


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
