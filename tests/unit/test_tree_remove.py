"""A tree is removed completely and nothing else is: whatever its depth, its names, and what others do meanwhile."""

from __future__ import annotations

import errno
import os
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.kernel import file_flags, opening
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.files import (
    safe_paths,
    safe_remove,
    safe_write,
    tree_remove,
    tree_walk,
)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Return a directory that nothing may touch."""
    folder = tmp_path / "elsewhere"
    (folder / "deep").mkdir(parents=True)
    for name in ("kept", "deep/kept"):
        (folder / name).write_text("the owner's", encoding="utf-8")
    return folder


def _is_kept(kept: Path) -> bool:
    return all((kept / name).read_text(encoding="utf-8") == "the owner's" for name in ("kept", "deep/kept"))


def _remove(tree: Path) -> None:
    safe_remove.remove(str(tree), "tree")


def _deep(tree: Path, levels: int, name: str = "d") -> None:
    """Make nested directories, which together have a longer path than the system accepts."""
    tree.mkdir()
    descriptor = os.open(tree, os.O_RDONLY)
    for _level in range(levels):
        os.mkdir(name, dir_fd=descriptor)
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))
        below = os.open(name, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)


def test_tree_of_3000_levels_goes_with_few_descriptors(tmp_path: Path) -> None:
    _deep(tmp_path / "tree", 3000)
    before = len(os.listdir("/proc/self/fd"))
    assert sum(1 for _entry in tree_walk.walk(str(tmp_path / "tree"))) == 1 + 2 * 3000
    _remove(tmp_path / "tree")
    assert list(tmp_path.iterdir()) == []
    assert len(os.listdir("/proc/self/fd")) == before


def test_memory_does_not_grow_with_the_paths(tmp_path: Path) -> None:
    _deep(tmp_path / "tree", 2000, "d" * 30)
    tracemalloc.start()
    try:
        assert max(len(entry.path) for entry in tree_walk.walk(str(tmp_path / "tree"))) > 2000 * 31
        _remove(tmp_path / "tree")
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
    assert list(tmp_path.iterdir()) == []


def test_more_names_than_are_held_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_remove, "MANY", 7)
    (tmp_path / "tree" / "full").mkdir(parents=True)
    for number in range(100):
        (tmp_path / "tree" / "full" / str(number)).touch()
    _remove(tmp_path / "tree")
    assert not (tmp_path / "tree").exists()


def test_python_that_cannot_scan_a_descriptor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "BY_DESCRIPTOR", False)
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    (tmp_path / "tree" / "deep" / "file").touch()
    _remove(tmp_path / "tree")
    assert not (tmp_path / "tree").exists()


@pytest.mark.parametrize("name", [b"new\nline", b"\xff\xfe", b"\\", b"-rf", b" ", b"*", b"\xc3\xa4" * 100])
def test_odd_names_go_and_can_be_told(name: bytes, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/tree/" + name
    os.makedirs(folder)
    with open(folder + b"/" + name, "wb"):
        told = safe_paths.shown(os.fsdecode(folder))
    assert told.encode("utf-8").decode("utf-8").isprintable()
    _remove(tmp_path / "tree")
    assert list(tmp_path.iterdir()) == []


def _swap(place: Path, link: Path, aside: Path) -> None:
    """Keep putting a link in a directory's place and the directory back, until it is gone."""
    for _time in range(400):
        try:
            place.rename(aside)
            link.rename(place)
            place.rename(link)
            aside.rename(place)
        except OSError:
            return


@pytest.mark.parametrize("place", ["", "inner", "inner/most"])
def test_directory_swapped_for_a_link_meanwhile_never_leads_out(place: str, tmp_path: Path, kept: Path) -> None:
    (tmp_path / "link").symlink_to(kept)
    for number in range(40):
        tree = tmp_path / f"tree-{number}"
        (tree / "inner" / "most" / "deep").mkdir(parents=True)
        for name in ("kept", "inner/kept", "inner/most/kept", "inner/most/deep/kept"):
            (tree / name).touch()
        link = tmp_path / f"link-{number}"
        link.symlink_to(kept)
        swapping = threading.Thread(target=_swap, args=(tree / place, link, tmp_path / f"aside-{number}"))
        swapping.start()
        try:
            _remove(tree)
        except (EndpointError, OSError) as error:
            assert str(tree) in str(error)
        finally:
            swapping.join()
        assert _is_kept(kept)


def test_directory_that_is_moved_while_it_is_gone_through_is_no_way_out(
    tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree_walk, "MOST_OPEN", 2)
    _deep(tmp_path / "tree", 6)
    rmdir, moved = os.rmdir, []

    def rmdir_and_move(name: str, dir_fd: int | None = None) -> None:
        rmdir(name, dir_fd=dir_fd)
        if not moved:
            moved.append((tmp_path / "tree/d/d/d").rename(kept / "moved"))

    monkeypatch.setattr(os, "rmdir", rmdir_and_move)
    with pytest.raises(EndpointError) as caught:
        _remove(tmp_path / "tree")
    assert caught.value.code == "path_moved"
    assert _is_kept(kept)


def test_it_goes_on_where_it_was_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree, unlink, calls = tmp_path / "tree", os.unlink, []
    (tree / "deep").mkdir(parents=True)
    for number in range(10):
        (tree / "deep" / str(number)).touch()

    def cut_off(name: str, dir_fd: int | None = None) -> None:
        calls.append(name)
        if len(calls) == 5:
            raise KeyboardInterrupt
        unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", cut_off)
    with pytest.raises(KeyboardInterrupt):
        _remove(tree)
    assert 0 < len(list((tree / "deep").iterdir())) < 10
    _remove(tree)
    assert not tree.exists()


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.EROFS, "path_read_only"),
        (errno.EBUSY, "path_is_mount"),
        (errno.EIO, "path_stays"),
        (errno.EPERM, "path_stays"),
    ],
)
def test_error_names_the_file_and_why(number: int, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = tmp_path / "tree" / "deep" / "victim"
    victim.parent.mkdir(parents=True)
    victim.touch()

    def refuse(name: str, dir_fd: int | None = None) -> None:
        raise OSError(errno.EISDIR if name == "deep" else number, "no")

    monkeypatch.setattr(os, "unlink", refuse)
    with pytest.raises(EndpointError, match=str(victim)) as caught:
        _remove(tmp_path / "tree")
    assert caught.value.code == code


def _flag(path: Path, letters: str, on: bool) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        file_flags.turn(descriptor, letters, on)
    finally:
        os.close(descriptor)


@pytest.fixture
def flagging(tmp_path: Path) -> Iterator[Callable[[Path, str], None]]:
    """Return a function that sets chattr(1) flags; they are cleared afterwards. Skips if flags are not supported."""
    flagged = []

    def flag(path: Path, letters: str) -> None:
        try:
            _flag(path, letters, True)
        except PermissionError:
            pytest.skip("flags take root")
        descriptor = os.open(path, os.O_RDONLY)
        has = file_flags.of(descriptor)
        os.close(descriptor)
        if has != letters:
            pytest.skip("this file system has no flags")
        flagged.append(path)

    yield flag
    for path in flagged:
        if path.exists():
            _flag(path, "ia", False)


@pytest.mark.parametrize("letters", ["i", "a", "ia"])
@pytest.mark.parametrize("name", ["victim", ".", "deep/file"])
def test_flagged_file_is_named(letters: str, name: str, tmp_path: Path, flagging: Callable[[Path, str], None]) -> None:
    tree = tmp_path / "tree"
    (tree / "deep").mkdir(parents=True)
    for victim in ("victim", "deep/file"):
        (tree / victim).touch()
    flagging(tree / name, letters)
    with pytest.raises(EndpointError) as caught:
        _remove(tree)
    assert caught.value.code == "path_immutable"
    assert f": {os.path.normpath(tree / name)}: it is " in str(caught.value)


def test_file_with_another_name_elsewhere_stays_as_it_is(tmp_path: Path, kept: Path) -> None:
    (tmp_path / "tree").mkdir()
    (kept / "kept").chmod(0o640)
    (tmp_path / "tree" / "other-name").hardlink_to(kept / "kept")
    before = (kept / "kept").stat()
    _remove(tmp_path / "tree")
    after = (kept / "kept").stat()
    assert (after.st_mode, after.st_uid, after.st_size, after.st_nlink) == (
        before.st_mode,
        before.st_uid,
        before.st_size,
        1,
    )
    assert _is_kept(kept)


def test_directory_that_is_filled_again_and_again_does_not_hang_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree, unlink = tmp_path / "tree", os.unlink
    tree.mkdir()
    (tree / "file").touch()

    def unlink_and_make(name: str, dir_fd: int | None = None) -> None:
        unlink(name, dir_fd=dir_fd)
        (tree / f"{name}x"[-20:]).touch()
        (tree / "again").touch()

    monkeypatch.setattr(os, "unlink", unlink_and_make)
    monkeypatch.setattr(tree_remove, "MOST_ROUNDS", 20)
    with pytest.raises(EndpointError) as caught:
        _remove(tree)
    assert caught.value.code == "path_stays"


def test_draft_that_is_another_name_of_a_file_is_not_written_to(tmp_path: Path, kept: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / ".file.avshift").hardlink_to(kept / "kept")
    safe_write.write_text(str(tmp_path / "folder" / "file"), "new", 0o666)
    assert _is_kept(kept)
    assert (kept / "kept").stat().st_mode & 0o777 != 0o666


def test_draft_does_not_stay_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "file"
    place.write_text("before", encoding="utf-8")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        safe_write.write_text(str(place), "after")
    assert place.read_text(encoding="utf-8") == "before"
    assert [child.name for child in tmp_path.iterdir()] == ["file"]
