"""What the owner of a protected directory can make a self-test report there without any scanner."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.prove import on_access, test_files
from attacks import attack
from importable import REPOSITORY
from looking import MALLORY, MODULES

ATTACKER = f"""
import os, sys
how, folder = sys.argv[1:]
os.setgroups([]); os.setgid({MALLORY}); os.setuid({MALLORY})
print(flush=True)
parent, place = os.path.dirname(folder), folder
while True:
    try:
        if how == "exchange":
            os.rename(folder, folder + ".real"); os.symlink(parent + "/victim", folder)
            os.unlink(folder); os.rename(folder + ".real", folder)
            continue
        for name in os.listdir(folder):
            path = folder + "/" + name
            if not name.startswith(".avshift-selftest-"):
                continue
            if how == "unlink":
                for inside in (os.listdir(path) if os.path.isdir(path) else ()):
                    os.unlink(path + "/" + inside)
                os.rmdir(path) if os.path.isdir(path) else os.unlink(path)
            elif how == "rename":
                os.rename(path, folder + "/.moved" + name)
            elif how == "replace":
                os.rename(path, folder + "/.moved" + name)
                os.mkdir(path, 0o777)
            elif how == "link":
                os.rename(path, folder + "/.moved" + name)
                os.symlink(parent + "/victim", path)
    except OSError:
        continue
"""
PROVE = f"""
import json, sys
sys.path.insert(0, {str(REPOSITORY / ".cache")!r})
from {MODULES}prove import on_access
on_access.SETTLING = 0.2
print(json.dumps([on_access.prove([sys.argv[1]], timeout=10) for _turn in range(12)]))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A protected directory that belongs to mallory, beside one that belongs to root."""
    tmp_path.chmod(0o755)
    place = tmp_path / "hers" / "protected"
    place.mkdir(parents=True)
    (tmp_path / "hers/victim").mkdir()
    for mine in (place, place.parent):
        os.chown(mine, MALLORY, MALLORY)
    for above in tmp_path.parents:
        if str(above).startswith("/tmp/"):
            above.chmod(above.stat().st_mode | 0o011)
    return place


@pytest.fixture
def attacker(folder: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Mallory, who does one thing as often as she can."""
    command = [sys.executable, "-c", ATTACKER, request.param, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"\n"
        yield request.param
        process.kill()


@pytest.mark.parametrize("attacker", ["unlink", "rename", "replace", "link", "exchange"], indirect=True)
@attack(
    "prove-protection-that-is-not-there",
    threat="who owns a protected directory takes test files away, or their directory, or puts a link in its place",
    holds="nothing is proven without a scanner, and nothing is made or removed in another directory",
)
def test_owner_of_a_directory_proves_nothing(folder: Path, attacker: str) -> None:
    victim = folder.parent / "victim"
    (victim / "sentinel").touch()
    before = victim.stat().st_mtime_ns, sorted(victim.iterdir())
    command = [sys.executable, "-B", "-c", PROVE, str(folder)]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=250, check=True)
    turns = json.loads(finished.stdout)
    blocks = [check for checks in turns for check in checks if check["id"].startswith("on_access_blocks")]
    assert len(blocks) == 12
    assert [check for check in blocks if check["result"] == "ok"] == [], attacker
    assert (victim.stat().st_mtime_ns, sorted(victim.iterdir())) == before


@attack(
    "prove-by-a-directory-made-before",
    threat="a user has made directories and files with the names of test files, and links, in a protected directory",
    holds="what is hers stays, what a killed proof has left goes, and the proof is what it would be without them",
)
def test_what_lies_there_already_changes_nothing(folder: Path) -> None:
    ended = f"{2**22 + 1}-0123456789ab"
    hers = folder / f".avshift-selftest-{ended}"
    hers.mkdir()
    (hers / "precious").touch()
    os.chown(hers, MALLORY, MALLORY)
    left = folder / f".avshift-selftest-{2**22 + 2}-0123456789ab"
    left.mkdir(mode=0o700)
    (left / left.name).touch()
    link = folder / f".avshift-selftest-{2**22 + 3}-0123456789ab"
    link.symlink_to(folder.parent / "victim")
    command = [sys.executable, "-B", "-c", PROVE.replace("range(12)", "range(1)"), str(folder)]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    assert [check["result"] for check in json.loads(finished.stdout)[0]] == ["bad", "ok"]
    assert (hers / "precious").exists()
    assert not left.exists()
    assert link.is_symlink()
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("moment", [0, 1, 2**31 - 1], ids=["1970", "a-second-later", "2038"])
@attack(
    "prove-clock-is-set",
    threat="the clock is set while a self-test runs, and a second one is started, which removes what was left",
    holds="the first one's file stays: no time of a file is compared with a clock",
)
def test_a_clock_that_is_set_removes_no_file_in_use(folder: Path, moment: int) -> None:
    (folder / test_files.new_name()).touch()
    for path in folder.iterdir():
        os.utime(path, (moment, moment))
    before = os.listdir(folder)
    on_access.prove([str(folder)], 1)
    assert os.listdir(folder) == before
