"""Take each mending out, in a copy of the collection, and see its attack succeed there: the test of the tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from importable import REPOSITORY
from mutations import MUTATIONS, Mutation
from mutations_of_looking import LOOKING

COPIED = ("galaxy.yml", "meta", "playbooks", "plugins", "roles", "tests", "pyproject.toml")
FAILED = 1


@pytest.mark.parametrize("mutation", (*MUTATIONS, *LOOKING), ids=lambda mutation: mutation.attack)
def test_an_attack_succeeds_where_its_mending_is_taken_out(mutation: Mutation, tmp_path: Path) -> None:
    for name in COPIED:
        source = REPOSITORY / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    mended = tmp_path / mutation.file
    text = mended.read_text(encoding="utf-8")
    assert text.count(mutation.held) == 1
    mended.write_text(text.replace(mutation.held, mutation.broken), encoding="utf-8")
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "tests/hostile", "--attack", mutation.attack],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert told.returncode == FAILED, told.stdout
    assert "attacks: " in told.stdout, told.stdout
