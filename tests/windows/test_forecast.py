"""Windows Installer does what a plan foretells about a removal: nothing is missing, and nothing else is removed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.windows.msi.contents import contents
from removals import SOFTWARE, SYSTEM, VIEW32, Story

FOLDERS = {"%ProgramFiles(x86)%": "Program Files (x86)", "%ProgramFiles%": "Program Files"}
# Windows Installer's own entries, which no package's tables name.
INSTALLERS_OWN = re.compile(r"(.*\\)?(INSTALLER|UNINSTALL)\\|.*\\SERVICES\\(AVP|KLNAGENT)[^\\]*$", re.DOTALL)
VALUE = re.compile(r"HKLM\\(.*) \((64|32)-bit view\): (.*)", re.DOTALL)
CONTROL_SETS = ("CurrentControlSet", "ControlSet001")


@pytest.fixture(scope="module")
def foretold(story: Story) -> list[dict[str, Any]]:
    """What was foretold of the packages that the host kept, before their removal."""
    return [contents(package) for package in story.packages]


def test_files_that_go_are_those_that_were_foretold(story: Story, foretold: list[dict[str, Any]]) -> None:
    told = {_path(file) for package in foretold for file in package["files"]}
    gone = {file for file, size in story.before.files.items() if file not in story.after.files and size >= 0}
    assert len(told) == 3
    assert {file for file in gone if not file.startswith("windows/Installer/")} == told


def test_values_that_go_are_those_that_were_foretold(story: Story, foretold: list[dict[str, Any]]) -> None:
    told = {at for package in foretold for value in package["registry"] for at in _places(value)}
    gone = story.before.values.keys() - story.after.values.keys()
    assert len(told) == 19
    assert {at for at in gone if not INSTALLERS_OWN.match(at[1])} == told


def test_services_that_go_are_those_that_were_foretold(story: Story, foretold: list[dict[str, Any]]) -> None:
    told = {service["name"].upper() for package in foretold for service in package["services"]}
    gone = {key for _hive, key in story.before.keys - story.after.keys}
    names = {key.rpartition("\\")[2] for key in gone if re.fullmatch(r"CONTROLSET001\\SERVICES\\[^\\]+", key)}
    # A driver's entry is a key like any other one of the package.
    assert told and names == told | {"KLIF"}
    assert all(service["deleted"] for package in foretold for service in package["services"])


def test_a_restart_and_a_password_are_foretold_and_the_password_is_not_shown(foretold: list[dict[str, Any]]) -> None:
    assert sorted(package["restarts"] for package in foretold) == [[], ['ScheduleReboot: REMOVE="ALL"']]
    conditions = [condition for package in foretold for condition in package["conditions"]]
    assert any("KLPASSWD" in condition for condition in conditions)
    assert "hunter2" not in str(foretold)


def _path(told: str) -> str:
    top, _backslash, rest = told.partition("\\")
    return f"{FOLDERS[top]}/{rest}".replace("\\", "/")


def _places(told: str) -> list[tuple[str, str, str]]:
    """Return where a foretold value is in an export: system keys are there twice."""
    found = VALUE.fullmatch(told)
    assert found, told
    top, _backslash, below = found[1].partition("\\")
    if top == "SYSTEM":
        keys = [(SYSTEM, below.replace(CONTROL_SETS[0], one)) for one in CONTROL_SETS]
    else:
        keys = [(SOFTWARE, (VIEW32 if found[2] == "32" else "") + below)]
    return [(hive, key.upper(), found[3]) for hive, key in keys]
