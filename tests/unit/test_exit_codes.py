"""The calls on docs/exit-codes.md end with the codes that the page gives."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import ansible.release
import pytest
from support import REPOSITORY

PAGE = (REPOSITORY / "docs" / "exit-codes.md").read_text(encoding="utf-8")
CALLS = re.findall(r"^\| `(ansible-playbook [^`]+)` \| (\d+) \|$", PAGE, re.MULTILINE)
# Before 2.19 ansible-core has one code for its errors.
CORE = tuple(map(int, ansible.release.__version__.split(".")[:2]))
EXPLAINED = set(re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE))


def _code(folder: Path, arguments: list[str], **own: str) -> int:
    command = [str(Path(sys.executable).parent / "ansible-playbook"), *arguments]
    env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".cache"), **own}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, check=False, timeout=120).returncode


def test_codes_of_good_and_bad_ends_are_shown_and_explained() -> None:
    assert {"0", "1", "2", "4"} <= {code for _call, code in CALLS} <= EXPLAINED


@pytest.mark.parametrize(("call", "code"), CALLS)
def test_a_call_ends_with_the_code_of_its_row(tmp_path: Path, call: str, code: str) -> None:
    expected = {"4": 1}.get(code, int(code)) if CORE < (2, 19) else int(code)
    assert _code(tmp_path, shlex.split(call)[1:]) == expected


def test_a_configuration_that_cannot_be_read_ends_with_five(tmp_path: Path) -> None:
    (tmp_path / "ansible.cfg").write_text("[defaults")
    assert _code(tmp_path, ["avshift.endpoint.report"], ANSIBLE_CONFIG=str(tmp_path / "ansible.cfg")) == 5
    assert "5" in EXPLAINED


def test_the_readme_tells_the_codes_as_the_page_does() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    (line,) = (line for line in readme.splitlines() if "(docs/exit-codes.md)" in line)
    assert set(re.findall(r"`(\d+)`", line)) == {"0", "1", "2", "4"}
