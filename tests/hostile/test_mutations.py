"""Remove each fix in a copy of the collection, and check that its attack succeeds there: the test of the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from importable import REPOSITORY
from mutations import MUTATIONS, Mutation
from mutations_of_disks import DISKS
from mutations_of_faults import FAULTS
from mutations_of_handover import HANDOVER
from mutations_of_lists import LISTS
from mutations_of_looking import LOOKING
from mutations_of_packages import PACKAGES, SECOND_LOOK

COPIED = ("galaxy.yml", "meta", "playbooks", "plugins", "roles", "tests", "pyproject.toml")
FAILED = 1
FULL = os.environ.get("AVSHIFT_HOSTILE_SET") == "full"
HERE = Path(__file__).parent
# The fixes against the worst attacks are removed in every test run, the rest by make test-full.
ALWAYS = (
    "template-in-servicenow",
    "installer-exchanged",
    "look-link-in-a-home",
)
ALL = (*MUTATIONS, *LOOKING, *LISTS, *DISKS, *PACKAGES, *SECOND_LOOK, *HANDOVER, *FAULTS)
TRIED = [mutation for mutation in ALL if FULL or mutation.attack in ALWAYS]


def _file_of(attack: str) -> str:
    """Return the test file with an attack: the others need not be collected."""
    (found,) = [path.name for path in sorted(HERE.glob("test_*.py")) if f'"{attack}"' in _attacks_in(path)]
    return f"tests/hostile/{found}"


def _attacks_in(path: Path) -> str:
    return "" if path.name == Path(__file__).name else path.read_text(encoding="utf-8")


def test_what_is_always_tried_is_there() -> None:
    assert set(ALWAYS) <= {mutation.attack for mutation in ALL}


@pytest.mark.parametrize("mutation", ALL, ids=lambda mutation: mutation.attack)
def test_every_mending_is_where_it_is_taken_out(mutation: Mutation) -> None:
    assert (REPOSITORY / mutation.file).read_text(encoding="utf-8").count(mutation.held) == 1
    assert _file_of(mutation.attack)


@pytest.mark.parametrize("mutation", TRIED, ids=lambda mutation: mutation.attack)
def test_an_attack_succeeds_where_its_mending_is_taken_out(mutation: Mutation, tmp_path: Path) -> None:
    for name in COPIED:
        source = REPOSITORY / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    mended = tmp_path / mutation.file
    text = mended.read_text(encoding="utf-8")
    assert text.count(mutation.held) == 1
    mended.write_text(text.replace(mutation.held, mutation.broken), encoding="utf-8")
    if "/catalog/data/" in mutation.file:
        # A catalog that does not match its index is refused as a whole.
        subprocess.run([sys.executable, "tests/catalog_index.py"], cwd=tmp_path, check=True)
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", _file_of(mutation.attack), "--attack", mutation.attack],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert told.returncode == FAILED, told.stdout
    assert "attacks: " in told.stdout, told.stdout
