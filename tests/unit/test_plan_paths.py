"""What the plan says about the owner's data, and about paths that cannot be removed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import make
from plans import case_of, goal_of, plan_of, wanted_of
from support import CATALOG, collected

TREE = "/opt/kaspersky/kesl"
SETTINGS = "/var/opt/kaspersky/kesl/private/exported_settings.ini"


def _step(case: dict[str, Any], kind: str) -> dict[str, Any]:
    steps: list[dict[str, Any]] = plan_of(case)["steps"]
    return next(step for step in steps if step["kind"] == kind)


def _check(case: dict[str, Any], name: str) -> dict[str, Any]:
    checks: list[dict[str, Any]] = plan_of(case)["preflight"]
    return next(check for check in checks if check["id"] == name)


def test_data_is_retained_where_it_was_moved_to_and_nothing_there_is_removed() -> None:
    case = case_of("backup-moved")
    assert {"/srv/backup", "/srv/objects"} <= set(_step(case, "retain")["target"]["paths"])
    effects = [effect for step in plan_of(case)["steps"] for effect in step["effects"]]
    assert [effect for effect in effects if effect.get("path", "").startswith("/srv")] == []
    assert _check(case, "backup_encrypted")["diagnosis"] == "/srv/objects: 1 files; /srv/backup: 2 files"


def test_what_runs_that_were_cut_off_have_left_goes_and_whole_archives_stay() -> None:
    step = _step(case_of("backup-moved"), "retain")
    kept = "/var/lib/avshift/retained"
    assert step["target"]["drafts"] == [f"{kept}/two.tar.gz.part", f"{kept}/two.sha256"]
    removed = [effect["path"] for effect in step["effects"] if effect["change"] == "removed"]
    assert removed == step["target"]["drafts"]


def test_setting_that_names_the_usual_place_moves_nothing() -> None:
    case = case_of("backup-moved")
    case["evidence"] = [found for found in case["evidence"] if "space" not in found]
    usual = "/var/opt/kaspersky/kesl/common/objects-backup"
    case["evidence"].append({"space": usual, "where": f"{SETTINGS}[BackupFolder]", "files": 1, "bytes": 5})
    assert "backup_moved" not in [check["id"] for check in plan_of(case)["preflight"]]
    assert _check(case, "backup_encrypted")["diagnosis"] == f"{usual}: 1 files"


def test_flags_are_cleared_of_just_what_is_named_and_can_be_set_again() -> None:
    step = _step(case_of("flags-links-and-open-files"), "flags_clear")
    assert step["target"] == {
        "flagged": [{"path": TREE, "flags": "i"}, {"path": f"{TREE}/bin/kesl-control", "flags": "ia"}]
    }
    assert step["before"] == f"{TREE}: immutable\n{TREE}/bin/kesl-control: immutable and append-only"
    assert step["undo"]


def test_flags_that_are_not_ours_are_named_and_not_cleared() -> None:
    case = case_of("flags-that-are-not-ours")
    assert _check(case, "path_immutable")["diagnosis"] == f"/etc/init.d, {TREE}/shadow, 3 more"
    assert [step for step in plan_of(case)["steps"] if step["kind"] == "flags_clear"] == []


def test_mount_point_that_products_share_stays() -> None:
    titles = [step["title"] for step in plan_of(case_of("mounts-and-links"))["steps"]]
    assert [title for title in titles if title.startswith("Remove /opt/kaspersky,")] == []


def test_link_in_a_tree_s_place_is_told_with_where_it_leads() -> None:
    diagnosis = _check(case_of("mounts-and-links"), "path_through_link")["diagnosis"]
    assert "/var/log/kaspersky/kesl (really /srv/logs)" in diagnosis
    assert "/var/opt/kaspersky/kesl (really /srv/kaspersky/kesl)" in diagnosis


@pytest.mark.parametrize("held", [[], [{"path": f"{TREE}/other", "process": "/usr/bin/less"}]])
def test_who_has_files_open_changes_by_itself(held: list[dict[str, str]]) -> None:
    case = case_of("flags-links-and-open-files")
    answer = collected(case)
    found = next(item for item in answer["evidence"] if item["kind"] == "obstacle")
    found["value"]["held"] = held
    assert plan_of(case, answer=answer)["digest"] == plan_of(case)["digest"]


def test_another_flag_changes_the_digest() -> None:
    case = case_of("flags-links-and-open-files")
    answer = collected(case)
    value = next(item for item in answer["evidence"] if item["kind"] == "obstacle")["value"]
    value["flagged"] = value["flagged"][:1]
    assert plan_of(case, answer=answer)["digest"] != plan_of(case)["digest"]


def test_obstacles_are_asked_of_all_that_may_be_removed() -> None:
    asked = make.probes_for(wanted_of(goal_of(case_of("full"))))
    product = CATALOG.product("kesl")
    assert set(product.trees) <= set(asked["obstacle"]["trees"])
    assert {"/etc/init.d/kesl", "/opt/kaspersky", "/etc/systemd/system/kesl.service"} <= set(asked["obstacle"]["paths"])
    assert {"file": SETTINGS, "key": "BackupFolder"} in asked["space"]["named_in"]
    assert "/opt/kaspersky" in asked["mount"]


@pytest.mark.parametrize("free, level", [(300_000_000, "ok"), (1, "error")])
def test_room_is_compared_where_any_user_may_write_to_it(free: int, level: str) -> None:
    """As if a world-writable disk were mounted there."""
    case = case_of("removal-without-replacement-accepted")
    answer = collected(case)
    room = next(item for item in answer["evidence"] if item["id"] == "space:/var/lib/avshift/retained")
    room.update(user_place="/var/lib/avshift", value={"free_bytes": free})
    checks = {check["id"]: check["level"] for check in plan_of(case, answer=answer)["preflight"]}
    assert checks["disk_space"] == level


@pytest.mark.parametrize(
    ("path", "real", "goes"),
    [
        ("/etc/init.d/kesl", "/etc/rc.d/init.d/kesl", True),
        ("/etc/init.d/kesl", "/srv/init.d/kesl", False),
        ("/opt/kaspersky/kesl", "/srv/opt/kaspersky/kesl", False),
    ],
)
def test_a_link_that_the_system_came_with_keeps_nothing_from_being_removed(path: str, real: str, goes: bool) -> None:
    scripts = [{"unit": "kesl.service", "active": "inactive", "script": real}] if "init.d" in path else []
    plan = plan_of({"goal": {}, "evidence": [{"path": path, "type": "file", "real": real}, *scripts]})
    removed = [step["target"]["path"] for step in plan["steps"] if step["kind"] == "path_remove"]
    assert (real in removed) is goes
    assert ("path_through_link" in {check["id"] for check in plan["preflight"]}) is not goes


INI = "/var/opt/kaspersky/kesl/common/kesl.ini"


@pytest.mark.parametrize(
    ("key", "value", "elsewhere"),
    [
        ("CoreDumpsPath", "/srv/dumps", True),
        ("CoreDumpsPath", "/var/opt/kaspersky/kesl/common/dumps/", False),
        ("CoreDumpsPath", "/var/opt/kaspersky/kesl/other", False),
        ("CoreDumpsPath", "", False),
        ("SocketPath", "/var/run/bl4control", False),
        ("SocketPath", "/run/site/control", True),
    ],
)
def test_what_the_product_s_own_configuration_puts_elsewhere_is_named(key: str, value: str, elsewhere: bool) -> None:
    setting = f"{INI}[{key}]"
    case = {"goal": {}, "evidence": [{"path": TREE}, {"group": "nokesl"}, {"ini_value": setting, "value": value}]}
    told = [check["diagnosis"] for check in plan_of(case)["preflight"] if check["id"] == "paths_elsewhere"]
    assert bool(told) is elsewhere
    assert all(value in text and setting in text for text in told)


@pytest.mark.parametrize("product", ["kesl", "kics", "kess", "kfl"])
def test_backup_storage_that_was_moved_is_kept_for_each_product_of_this_make(product: str) -> None:
    settings = f"/var/opt/kaspersky/{product}/private/exported_settings.ini[BackupFolder]"
    moved = {"space": "/srv/objects", "where": settings, "files": 2, "bytes": 10}
    tree = [{"path": f"/opt/kaspersky/{product}"}, {"path": f"/var/opt/kaspersky/{product}"}]
    case = {"goal": {}, "evidence": [*tree, moved]}
    assert "/srv/objects" in _step(case, "retain")["target"]["paths"]
    assert "/srv/objects" in _check(case, "backup_moved")["diagnosis"]
