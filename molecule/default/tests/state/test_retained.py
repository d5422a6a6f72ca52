"""The owner's data is not lost: what was there before is in the archive, byte for byte, for root's eyes only."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from integration import lab

RETAINED = "/var/lib/avshift/retained"
BACKUP = "/var/opt/kaspersky/kesl/common/objects-backup/"
HAD_DATA = ("full", "agent", "leftovers")
SUM = 5


def _archive(name: str) -> str:
    plan = json.loads((lab.EVIDENCE / "avshift/plan/plan.json").read_text(encoding="utf-8"))
    return f"{RETAINED}/{plan['hosts'][name]['digest'][:12]}"


@pytest.fixture
def unpacked(name: str) -> Iterator[str]:
    """A folder in memory with what the host's archive holds, for one test."""
    folder = "/run/scenario-unpacked"
    lab.must(name, "mkdir", "-p", folder)
    lab.must(name, "tar", "-xzf", f"{_archive(name)}.tar.gz", "-C", folder)
    yield folder
    lab.must(name, "rm", "-r", folder)


@pytest.mark.parametrize("name", HAD_DATA, indirect=True)
def test_the_checksums_are_right(name: str, unpacked: str) -> None:
    checked = lab.must(name, "sh", "-c", f"cd {unpacked} && sha256sum --check --strict {_archive(name)}.sha256")
    assert checked.count(": OK") == int(lab.must(name, "sh", "-c", f"find {unpacked} -type f | wc -l")) > 0


@pytest.mark.parametrize("name", ["full"], indirect=True)
def test_the_backup_storage_is_what_it_was(name: str, unpacked: str) -> None:
    before = {path: file[SUM] for path, file in lab.observed("before", name).files.items() if path.startswith(BACKUP)}
    assert len(before) == 3
    sums = lab.must(name, "sh", "-c", f"cd {unpacked} && find .{BACKUP} -type f -exec sha256sum {{}} +")
    kept = {path.lstrip("."): digest for digest, path in (line.split(maxsplit=1) for line in sums.splitlines())}
    assert kept == before


@pytest.mark.parametrize("name", HAD_DATA, indirect=True)
def test_only_root_can_read_it(name: str) -> None:
    modes = lab.must(name, "find", RETAINED, "-printf", "%m %U:%G %f\n").splitlines()
    stem = _archive(name).rpartition("/")[2]
    assert sorted(modes) == ["600 0:0 " + f"{stem}.{end}" for end in ("sha256", "tar.gz")] + ["700 0:0 retained"]


@pytest.mark.parametrize("name", ["clean"], indirect=True)
def test_there_is_no_archive_where_there_was_nothing(name: str) -> None:
    assert lab.on(name, "test", "-e", RETAINED).returncode == 1
