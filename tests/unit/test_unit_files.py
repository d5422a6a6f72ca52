"""Units are found and removed wherever systemd looks for them, unless a package owns their files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.services import systemd_reload
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.look import Look
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.running import unit_owners, units
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux.removal import paths
from plans import case_of, plan_of

NAME = "klnagent64.service"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root whose /lib leads to /usr/lib, as on most systems."""
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    return tmp_path


def _write(root: Path, path: str, text: str = "") -> None:
    (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
    (root / path[1:]).write_text(text, encoding="utf-8")


def _unit(root: Path) -> dict[str, Any]:
    (item,) = units.collect([NAME], Look(str(root)))
    value: dict[str, Any] = item["value"]
    return value


@pytest.mark.parametrize("folder", units.UNIT_FOLDERS)
def test_unit_is_found_in_every_directory_and_each_file_once(folder: str, root: Path) -> None:
    _write(root, f"{folder}/{NAME}")
    _write(root, f"{folder}/{NAME}.d/own.conf")
    real = folder.replace("/lib/", "/usr/lib/") if folder.startswith("/lib/") else folder
    assert _unit(root)["files"] == [f"{real}/{NAME}"]
    assert _unit(root)["drop_ins"] == [f"{real}/{NAME}.d"]


def test_steps_know_every_directory_that_looking_knows() -> None:
    # systemd itself removes these when the unit has stopped.
    assert {*units.UNIT_FOLDERS} - {folder.rstrip("/") for folder in paths.UNIT_FOLDERS} == {"/run/systemd/transient"}
    assert {folder.rstrip("/") for folder in paths.UNIT_FOLDERS} <= {*units.UNIT_FOLDERS}


def test_the_file_that_counts_comes_first(root: Path) -> None:
    for folder in ("/usr/lib/systemd/system", "/etc/systemd/system", "/run/systemd/system"):
        _write(root, f"{folder}/{NAME}")
    assert _unit(root)["file"] == f"/etc/systemd/system/{NAME}"
    assert _unit(root)["files"] == [
        f"{folder}/{NAME}" for folder in ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system")
    ]


@pytest.mark.parametrize("listed", [f"/usr/lib/systemd/system/{NAME}", f"/lib/systemd/system/{NAME}"])
def test_owner_is_told_by_either_name_of_a_file(listed: str, root: Path) -> None:
    _write(root, f"/usr/lib/systemd/system/{NAME}")
    _write(root, f"/etc/systemd/system/{NAME}")
    _write(root, "/var/lib/dpkg/info/site-agents:amd64.list", f"/.\n{listed}\n")
    told = [(item["what"], item["value"]["owner"]) for item in unit_owners.collect([NAME], Look(str(root)))]
    assert told == [(f"/usr/lib/systemd/system/{NAME}", "site-agents")]


def test_file_of_another_package_is_named_with_it_and_no_promise_is_made_of_its_unit() -> None:
    plan = plan_of(case_of("units-elsewhere"))
    (told,) = [check["diagnosis"] for check in plan["preflight"] if check["id"] == "left_in_place"]
    assert told == "/usr/lib/systemd/system/klnagent.service (of the package site-agents, which stays)"
    (reload,) = [step for step in plan["steps"] if step["kind"] == "systemd_reload"]
    assert reload["target"]["names"] == ["klnagent64.service"]


def test_unit_that_systemd_still_knows_fails_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = {NAME: {"LoadState": "loaded", "ActiveState": "inactive", "FragmentPath": f"/run/x/{NAME}"}}
    monkeypatch.setattr(systemd_reload, "must", lambda *_arguments: None)
    monkeypatch.setattr(systemd_reload.systemd, "show", lambda _names: shown)
    with pytest.raises(EndpointError, match=f"/run/x/{NAME}") as caught:
        systemd_reload.do({"names": [NAME]})
    assert caught.value.code == "unit_still_known"
    shown[NAME]["LoadState"] = "not-found"
    systemd_reload.do({"names": [NAME]})
    assert systemd_reload.look({"names": [NAME]}) is True
