"""Windows Installer does what a plan foretells about a removal: nothing is missing, and nothing else is removed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.windows.msi.contents import contents
from conftest import Up
from test_removal import CODES, PASSWORD, SERVICES, SOFTWARE, SYSTEM, VIEW32, Seen, seen

from avshift_windows.wine import Prefix

FOLDERS = {"%ProgramFiles(x86)%": "Program Files (x86)", "%ProgramFiles%": "Program Files"}
PROPERTIES = r"MICROSOFT\\WINDOWS\\CURRENTVERSION\\INSTALLER\\USERDATA\\S-1-5-18\\PRODUCTS\\\w{32}\\INSTALLPROPERTIES"
# Windows Installer's own entries, which no package's tables name.
INSTALLERS_OWN = re.compile(r"(.*\\)?(INSTALLER|UNINSTALL)\\|.*\\SERVICES\\(AVP|KLNAGENT)[^\\]*$", re.DOTALL)
VALUE = re.compile(r"HKLM\\(.*) \((64|32)-bit view\): (.*)", re.DOTALL)
CONTROL_SETS = ("CurrentControlSet", "ControlSet001")


@dataclass
class Removal:
    """The forecast of the cached packages, and a host before and after."""

    foretold: list[dict[str, Any]]
    before: Seen
    after: Seen


@pytest.fixture(scope="module")
def removal(up: Up) -> Removal:
    """Both products are removed, after their packages were read."""
    with up("installed") as prefix:
        before, _exported = seen(prefix)
        foretold = [contents(package) for package in _kept(prefix, before)]
        for name, code in CODES.items():
            prefix.stop(*SERVICES[name])
            prefix.call("msiexec", "/x", code, "/qn", "/norestart", *PASSWORD[name])
        after, _exported = seen(prefix)
    return Removal(foretold, before, after)


def test_files_that_go_are_those_that_were_foretold(removal: Removal) -> None:
    told = {_path(file) for package in removal.foretold for file in package["files"]}
    gone = {file for file, size in removal.before.files.items() if file not in removal.after.files and size >= 0}
    assert len(told) == 3
    assert {file for file in gone if not file.startswith("windows/Installer/")} == told


def test_values_that_go_are_those_that_were_foretold(removal: Removal) -> None:
    told = {at for package in removal.foretold for value in package["registry"] for at in _places(value)}
    gone = removal.before.values.keys() - removal.after.values.keys()
    assert len(told) == 19
    assert {at for at in gone if not INSTALLERS_OWN.match(at[1])} == told


def test_services_that_go_are_those_that_were_foretold(removal: Removal) -> None:
    told = {service["name"].upper() for package in removal.foretold for service in package["services"]}
    gone = {key for _hive, key in removal.before.keys - removal.after.keys}
    names = {key.rpartition("\\")[2] for key in gone if re.fullmatch(r"CONTROLSET001\\SERVICES\\[^\\]+", key)}
    # A driver's entry is a key like any other one of the package.
    assert told and names == told | {"KLIF"}
    assert all(service["deleted"] for package in removal.foretold for service in package["services"])


def test_a_restart_and_a_password_are_foretold_and_the_password_is_not_shown(removal: Removal) -> None:
    assert sorted(package["restarts"] for package in removal.foretold) == [[], ['ScheduleReboot: REMOVE="ALL"']]
    conditions = [condition for package in removal.foretold for condition in package["conditions"]]
    assert any("KLPASSWD" in condition for condition in conditions)
    assert "hunter2" not in str(removal.foretold)


def _kept(prefix: Prefix, seen_before: Seen) -> list[bytes]:
    """Return the cached packages of Windows Installer, with their paths from the registry."""
    values = [
        value
        for (_hive, key, name), value in seen_before.values.items()
        if name == "LocalPackage" and re.fullmatch(PROPERTIES, key)
    ]
    paths = [raw.decode("utf-16-le").rstrip("\0").replace("\\", "/").partition(":/")[2] for _kind, raw in values]
    assert len(paths) == len(CODES)
    return [(prefix.drive / path).read_bytes() for path in paths]


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
