"""A directory that is mounted in two places, or that has a second name through a link, is one finding."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hostile_roots import write
from support import REPOSITORY

ASK = """
import json, sys
sys.path[:0] = sys.argv[1:3]
from support import CATALOG
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.collector import collect
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
seen = platforms.evidence(collect(platforms.detection(CATALOG.products, CATALOG.limits), sys.argv[3]))
told = answer(seen, CATALOG)
print(json.dumps([[found["id"], found["state"]] for found in told["findings"]]))
"""
PLACES = [("opt", "var/opt"), ("var/opt", "opt"), ("opt/kaspersky", "var/opt/kaspersky")]


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="mounting takes root and unshare")
@pytest.mark.parametrize(("first", "second"), PLACES)
def test_a_directory_that_is_mounted_twice_is_one_finding(first: str, second: str, tmp_path: Path) -> None:
    write(tmp_path, "etc/os-release", "ID=debian\n")
    write(tmp_path, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    write(tmp_path, "var/lib/dpkg/status", "Package: dpkg\nStatus: install ok installed\nVersion: 1\n")
    place = first if first.endswith("kaspersky") else f"{first}/kaspersky"
    write(tmp_path, f"{place}/klnagent64/sbin/klnagent", "")
    write(tmp_path, f"{place}/klnagent/state", "")
    (tmp_path / second).mkdir(parents=True, exist_ok=True)
    script = f'mount --bind {tmp_path / first} {tmp_path / second} && exec "$@"'
    paths = [str(REPOSITORY / ".cache"), str(REPOSITORY / "tests" / "unit"), str(tmp_path)]
    argv = ["unshare", "-m", "sh", "-c", script, "sh", sys.executable, "-c", ASK, *paths]
    told = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == [["klnagent", "broken"]]
