"""The vendor's own removal in a prefix: its exit codes, and that it removes what its packages say and nothing else."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import disks
from removals import CODES, SOFTWARE, SYSTEM, VIEW32, Story

from avshift_windows.place import Place

FOLDERS = {"kes": "Program Files (x86)/Kaspersky Lab/KES.12.4.0", "agent": "Program Files/Kaspersky Lab/NetworkAgent"}
MANUFACTURERS = ["Program Files (x86)/Kaspersky Lab", "Program Files/Kaspersky Lab"]
IS_64_BIT = 256


def test_it_ends_with_windows_installer_s_own_codes(story: Story) -> None:
    assert {name: ran.code for name, ran in story.codes.items()} == {
        "wrong": 1603,
        "kes": 0,
        "agent": 3010,
        "again": 1605,
    }


def test_a_wrong_password_changes_nothing(story: Story) -> None:
    assert story.refused == story.before


def test_a_removal_takes_what_its_package_says_and_nothing_else(story: Story, place: Place) -> None:
    gone_keys, gone_files = story.before.keys - story.after.keys, story.before.files.keys() - story.after.files.keys()
    files, keys = set(), set()
    for name in CODES:
        files |= _files(name, place.built / f"{name}.msi")
        keys |= _keys(name, place.built / f"{name}.msi")
    cached = {file for file in gone_files if re.fullmatch(r"windows/Installer/[0-9a-f]+\.msi", file)}
    assert len(cached) == len(CODES)
    assert gone_files - cached == files
    assert {key for key in gone_keys if not _is_installers_own(key)} == keys
    assert any(_is_installers_own(key) for key in gone_keys)
    # Wine leaves the folders above empty.
    assert [list((story.drive / folder).glob("*")) for folder in MANUFACTURERS] == [[], []]


def test_a_removal_leaves_nothing_new_and_all_else_as_it_was(story: Story) -> None:
    assert story.after.keys <= story.before.keys
    assert story.after.files.items() <= story.before.files.items()
    changed = {at for at, value in story.after.values.items() if story.before.values.get(at) != value}
    assert changed == set()
    lost = {at for at in story.before.values.keys() - story.after.values.keys() if at[:2] in story.after.keys}
    assert lost == set()


def test_a_disk_after_the_removal_is_clean(story: Story, tmp_path: Path) -> None:
    record = disks.looked_at({"removed": story.drive}, tmp_path / "look")["removed"]
    assert record["verification"]["collected"]["findings"] == []
    assert record["verdict"] == "never_present"


def _table(package: Path, name: str) -> list[dict[str, str]]:
    """Return the rows of a package's table as msitools print them."""
    argv = ["msiinfo", "export", str(package), name]
    printed = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.replace("\r", "").split("\n")
    columns = printed[0].split("\t")
    return [dict(zip(columns, line.split("\t"), strict=True)) for line in printed[3:] if line]


def _files(name: str, package: Path) -> set[str]:
    folder = FOLDERS[name]
    return {folder} | {f"{folder}/{row['FileName'].rpartition('|')[2]}" for row in _table(package, "File")}


def _keys(name: str, package: Path) -> set[tuple[str, str]]:
    """Return the keys that a package's tables name, in their views, with the keys above them that only it uses."""
    is_wide = {row["Component"]: bool(int(row["Attributes"]) & IS_64_BIT) for row in _table(package, "Component")}
    found = set()
    for row in _table(package, "Registry"):
        top, _backslash, below = row["Key"].strip("\\").partition("\\")
        if top == "SYSTEM":
            key = below.replace("CurrentControlSet", "{set}")
            found |= {(SYSTEM, key.format(set=one)) for one in ("CurrentControlSet", "ControlSet001")}
        else:
            found.add((SOFTWARE, ("" if is_wide[row["Component_"]] else VIEW32) + below))
    for row in _table(package, "ServiceInstall"):
        found |= {(SYSTEM, rf"{one}\Services\{row['Name']}") for one in ("CurrentControlSet", "ControlSet001")}
    entry = rf"Microsoft\Windows\CurrentVersion\Uninstall\{CODES[name]}"
    found.add((SOFTWARE, (VIEW32 if name == "kes" else "") + entry))
    return {(hive, key.upper()) for hive, key in found | _above(found)}


def _above(keys: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the vendor's keys above others: they become empty, and are removed with them."""
    parts = [(hive, key.split("\\")) for hive, key in keys if "KasperskyLab" in key]
    return {
        (hive, "\\".join(part[:end]))
        for hive, part in parts
        for end in range(part.index("KasperskyLab") + 1, len(part))
    }


def _is_installers_own(key: tuple[str, str]) -> bool:
    return bool(re.match(r"(CLASSES|MICROSOFT\\WINDOWS\\CURRENTVERSION)\\INSTALLER\\", key[1]))
