"""Every case of a Windows host is also read as a disk: hives that must match, and look-alikes that must not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import windows_case_disks
import windows_cases
from ansible_collections.avshift.endpoint.plugins.module_utils.windows import main
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.schema import answers
from support import CATALOG, cases, load_yaml, name_of

WINDOWS = platforms.named("windows")
ASKED = platforms.detection([*CATALOG.products, *CATALOG.antivirus], (), WINDOWS)
CASES = [path for kind in ("hosts", "antivirus") for path in cases(kind) if "windows" in load_yaml(path)]


def _evidence(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the content of an answer's evidence, by its ids."""
    assert WINDOWS.collected is not None
    return {item["id"]: item for item in WINDOWS.collected(ASKED, told)["evidence"]}


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_a_case_on_a_disk_gives_the_same_evidence(path: Path, tmp_path: Path) -> None:
    host = load_yaml(path)["windows"]
    host = {**host, "denied": []}
    root = windows_case_disks.make(host, tmp_path)
    told = main.main({"root": str(root), "reads": json.dumps(ASKED["reads"])}, check_mode=True)
    checked = answers.checked_reads(told, ASKED["reads"], "disk")
    expected = windows_case_disks.as_disk(windows_cases.answers(host, ASKED["reads"]), ASKED["reads"])
    assert _evidence(checked) == _evidence(expected)
