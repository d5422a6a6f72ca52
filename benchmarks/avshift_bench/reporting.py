"""The report of fleets of several sizes, by the playbook that a user runs."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

from .asking import made
from .paths import CACHE, REPOSITORY
from .report import Report, Target
from .tree import of_tree
from .usage import Usage

HOME = CACHE / "fleets"
SECONDS, MEGABYTES, GROWTH = 60.0, 400.0, 1.3
TARGET_OF = 100_000


def measure(sizes: list[int], rules: str, report: Report) -> None:
    """Make the records, report them, print the table and judge the largest size."""
    taken: dict[int, Usage] = {}
    rows = []
    for size in sizes:
        folder = HOME / str(size)
        shutil.rmtree(folder, ignore_errors=True)
        made("fleet_records", size, folder / "records")
        taken[size] = _run(folder, rules)
        rows.append([f"{size:,}", *_told(size, taken[size], folder)])
        shutil.rmtree(folder)
    report.table(["records", "seconds", "CPU seconds", "MB", "us a record", "records GB", "documents MB"], rows)
    report.values["reports"] = {str(size): asdict(usage) for size, usage in taken.items()}
    report.judge(*_targets(taken))


def _told(size: int, usage: Usage, folder: Path) -> list[str]:
    records, documents = _bytes(folder / "records"), _bytes(folder / "report")
    each = usage.wall / size * 1e6
    return [
        f"{usage.wall:.1f}",
        f"{usage.cpu:.1f}",
        f"{usage.peak_mb:.0f}",
        f"{each:.0f}",
        f"{records / 1e9:.2f}",
        f"{documents / 1e6:.1f}",
    ]


def _targets(taken: dict[int, Usage]) -> list[Target]:
    """Return the targets; growth is that of the processor time a record, which other programs disturb less."""
    targets = []
    if TARGET_OF in taken:
        largest = taken[TARGET_OF]
        targets.append(Target(f"seconds for {TARGET_OF:,} records", largest.wall, SECONDS, "s"))
        targets.append(Target(f"memory for {TARGET_OF:,} records", largest.peak_mb, MEGABYTES, "MB"))
    sizes = sorted(taken)[-2:]
    if len(sizes) > 1:
        few, many = (taken[size].cpu / size for size in sizes)
        targets.append(Target(f"CPU a record, {sizes[1]:,} to {sizes[0]:,}", many / few, GROWTH, "times"))
    return targets


def _run(folder: Path, rules: str) -> Usage:
    argv = [
        str(Path(sys.executable).parent / "ansible-playbook"),
        str(REPOSITORY / "playbooks" / "report.yml"),
        f"--extra-vars=avshift_records_dir={folder}/records avshift_report_dir={folder}/report avshift_policy={rules}",
    ]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0"}
    return of_tree(argv, environment, folder / "output.txt")


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())
