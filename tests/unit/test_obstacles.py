"""Whatever would keep a tree from being removed is found, and the check changes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.files import flags_clear
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.files import obstacles, space
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.look import Look
from ansible_collections.avshift.endpoint.plugins.module_utils.kernel import file_flags
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a product's tree beside an owner's file."""
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    (tmp_path / "tree" / "deep" / "file").write_text("product's", encoding="utf-8")
    (tmp_path / "kept").write_text("the owner's", encoding="utf-8")
    return tmp_path / "tree"


def _seen(tree: Path, *paths: Path, processes: tuple[str, ...] = ()) -> dict[str, Any]:
    asked = {"trees": [str(tree)], "paths": [str(path) for path in paths], "processes": list(processes)}
    return {item["what"]: item.get("value", item.get("unknown")) for item in obstacles.collect(asked, Look())}


def test_tree_without_obstacles_is_not_told(tree: Path) -> None:
    (tree / "one").hardlink_to(tree / "deep" / "file")
    assert _seen(tree) == {}


def test_names_elsewhere_are_told(tree: Path) -> None:
    (tree / "deep" / "other").hardlink_to(tree.parent / "kept")
    assert _seen(tree) == {str(tree): {"linked": [str(tree / "deep" / "other")]}}


def test_link_in_the_tree_s_place_is_told_with_where_it_leads(tree: Path) -> None:
    tree.rename(tree.parent / "disk")
    tree.symlink_to("disk")
    assert _seen(tree) == {str(tree): {"leads_to": str(tree.parent / "disk")}}
    (tree.parent / "disk").rename(tree.parent / "gone")
    assert _seen(tree) == {}


@pytest.mark.parametrize("own", [False, True])
def test_file_that_a_process_has_open_is_told_unless_the_process_goes(own: bool, tree: Path) -> None:
    with (tree / "deep" / "file").open("rb") as stream:
        reading = subprocess.Popen(["/bin/sleep", "60"], stdin=stream)
    try:
        program = os.readlink(f"/proc/{reading.pid}/exe")
        seen = _seen(tree, processes=(program,) if own else ())
    finally:
        reading.kill()
        reading.wait()
    told = {"held": [{"path": str(tree / "deep" / "file"), "process": program}]}
    assert seen == ({} if own else {str(tree): told})


def test_file_of_the_tree_that_is_mapped_is_told(tree: Path) -> None:
    code = (
        "import mmap, sys\nf = open(sys.argv[1], 'rb')\nm = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)\nf.close()\n"
    )
    code += "print('ready', flush=True)\nsys.stdin.read()"
    command = [sys.executable, "-c", code, str(tree / "deep" / "file")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as mapping:
        assert mapping.stdout is not None
        mapping.stdout.readline()
        seen = _seen(tree)
        mapping.communicate(b"")
    assert [told["path"] for told in seen[str(tree)]["held"]] == [str(tree / "deep" / "file")]


def _flags_of(path: Path) -> str:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return str(file_flags.of(descriptor))
    finally:
        os.close(descriptor)


@pytest.fixture
def flagged(tree: Path) -> Iterator[list[dict[str, str]]]:
    """Return flags that were set on a file, its tree and the directory above; skip where there are none."""
    told = [{"path": str(path), "flags": letters} for path, letters in ((tree / "deep" / "file", "ia"), (tree, "a"))]
    try:
        flags_clear.undo({"flagged": told})
    except PermissionError:
        pytest.skip("flags take root")
    if _flags_of(tree) != "a":
        pytest.skip("this file system has no flags")
    yield told
    flags_clear.do({"flagged": told})


def test_flags_are_told_cleared_and_set_again(tree: Path, flagged: list[dict[str, str]]) -> None:
    seen = _seen(tree)[str(tree)]["flagged"]
    assert sorted(told["path"] for told in seen) == sorted(told["path"] for told in flagged)
    target = {"flagged": seen}
    assert flags_clear.look(target) is False
    flags_clear.do(target)
    assert flags_clear.look(target) is True
    assert _seen(tree) == {}
    flags_clear.undo(target)
    assert _seen(tree)[str(tree)]["flagged"] == seen


def test_flag_of_the_directory_above_is_told_of_a_file(tree: Path, flagged: list[dict[str, str]]) -> None:
    (told,) = _seen(tree.parent / "none", tree / "deep").values() or ({},)
    assert told == {"flagged": [{"path": str(tree), "flags": "a"}]}


def test_file_with_another_name_keeps_its_flags(tree: Path) -> None:
    other = tree / "other"
    other.hardlink_to(tree.parent / "kept")
    with pytest.raises(EndpointError) as caught:
        flags_clear.do({"flagged": [{"path": str(other), "flags": "i"}]})
    assert caught.value.code == "path_immutable"


def test_flags_of_what_is_gone_or_a_link_now_are_done(tree: Path) -> None:
    (tree / "link").symlink_to(tree.parent / "kept")
    target = {"flagged": [{"path": str(tree / name), "flags": "i"} for name in ("link", "gone")]}
    flags_clear.do(target)
    assert flags_clear.look(target) is True


def _sized(tree: Path, settings: str = "") -> dict[str, Any]:
    (tree.parent / "settings.ini").write_text(settings, encoding="utf-8")
    asked = {
        "at": str(tree),
        "trees": [str(tree), str(tree.parent / "backup")],
        "named_in": [{"file": str(tree.parent / "settings.ini"), "key": "BackupFolder"}],
        "in_homes": [],
    }
    items = {item["what"]: item for item in space.collect(asked, Look())}
    return {what: item.get("value", "unknown") for what, item in items.items() if what != str(tree)}


def test_data_that_a_link_or_a_setting_has_moved_is_sized_where_it_is(tree: Path) -> None:
    (tree.parent / "backup").symlink_to(tree)
    elsewhere = tree.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "object").write_bytes(b"12345")
    assert _sized(tree, f"[BackupTask.Settings]\nBackupFolder={elsewhere}/\n") == {
        str(tree.parent / "backup"): {"files": 0, "bytes": 0, "leads_to": str(tree)},
        str(elsewhere): {"files": 1, "bytes": 5},
    }


@pytest.mark.parametrize("folder", ["/", "/home", "relative"])
def test_data_that_a_setting_has_moved_to_where_the_system_lives_is_not_gone_through(folder: str, tree: Path) -> None:
    assert _sized(tree, f"BackupFolder={folder}\n") == {folder: "unknown"}
