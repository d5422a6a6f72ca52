"""Where a rollout stands is shown wherever its folder lies now, and whatever has become of single files in it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from fleets import CLEAN, Fleet

NAMES = ["h0", "h1", "h2"]
GIVEN: dict[str, Any] = {"avshift_hosts": "all", "avshift_require_approval": False, "avshift_rollout": "100%"}


def test_a_folder_that_was_copied_and_damaged_is_shown(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, dict.fromkeys(NAMES, CLEAN))
    assert fleet.run("migrate", **GIVEN).code == 0
    shutil.move(fleet.out, tmp_path / "elsewhere")
    home = tmp_path / "elsewhere"
    whole = fleet.run("rollout_status", avshift_output_dir="elsewhere")
    assert whole.counted("3 hosts: 3 migrated, 0 failed, 0 unreachable, 0 not started") == 1, whole.text

    shutil.copy(home / "records/h0.json", home / "records/h1.json")
    (home / "records/h2.json").write_text('{"kind": "avshift.endpoint record", "format_version": 1}', encoding="utf-8")
    (home / "rollout/begun/ring-1").mkdir(parents=True, exist_ok=True)
    (home / "rollout/begun/ring-1/h0.json").write_text("{}", encoding="utf-8")
    damaged = fleet.run("rollout_status", avshift_output_dir="elsewhere")
    assert damaged.code == 0, damaged.text
    assert "3 hosts: 0 migrated, 2 failed, 0 unreachable, 0 not started, 1 interrupted" in damaged.flat
    assert "its record is that of h0" in damaged.flat
    assert "its record cannot be read" in damaged.flat
    again = fleet.run("migrate", **GIVEN, avshift_output_dir="elsewhere")
    assert again.code == 0, again.text
    assert fleet.run("rollout_status", avshift_output_dir="elsewhere").counted("3 hosts: 3 migrated, 0 failed") == 1
