"""Paths are accessed without being led elsewhere."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.files import safe_paths, safe_remove, safe_write
from support import REPOSITORY

REFUSED = ["/", "", "etc/passwd", "/etc", "//etc", "/etc/", "/opt/../etc/x", "/opt/./x", "/..", "/opt/x/.."]


SYSTEM = [
    "/etc",
    "/etc/",
    "/usr/bin",
    "/usr/lib",
    "/var/lib",
    "/var/opt",
    "/etc/systemd/system",
    "/var/lib/dpkg",
    "/",
    "",
]


@pytest.fixture
def sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a guard fails, keep it from reaching this machine's own files."""

    def reached(*_arguments: object) -> None:
        raise AssertionError("it would have touched the file system")

    for module, name in (
        (safe_remove, "open_parent"),
        (safe_remove, "_refuse_mounts"),
        (safe_write, "open_parent"),
        (safe_write, "_make_directory"),
    ):
        monkeypatch.setattr(module, name, reached)


@pytest.mark.parametrize("path", SYSTEM)
@pytest.mark.usefixtures("sealed")
def test_what_the_system_lives_in_is_refused_a_second_time(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_remove, "components", lambda *_arguments: [])
    for scope in ("file", "empty", "tree"):
        with pytest.raises(EndpointError) as caught:
            safe_remove.remove(path, scope)
        assert caught.value.code == "path_refused"


@pytest.mark.parametrize("path", REFUSED)
@pytest.mark.usefixtures("sealed")
def test_path_that_is_short_or_not_normalised_is_refused(path: str) -> None:
    for act in (lambda: safe_remove.remove(path, "tree"), lambda: safe_write.write_text(path, "x")):
        with pytest.raises(EndpointError) as caught:
            act()
        assert caught.value.code == "path_refused"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Return a directory with a file that nothing may touch."""
    folder = tmp_path / "elsewhere" / "folder"
    folder.mkdir(parents=True)
    (folder / "kept").write_text("the owner's", encoding="utf-8")
    return folder


def _is_kept(kept: Path) -> bool:
    return (kept / "kept").read_text(encoding="utf-8") == "the owner's" and len(list(kept.iterdir())) == 1


@pytest.mark.parametrize("scope", ["file", "empty", "tree"])
def test_link_is_removed_and_not_what_it_leads_to(scope: str, kept: Path, tmp_path: Path) -> None:
    for target in (kept, kept / "kept", tmp_path / "nowhere"):
        link = tmp_path / "link"
        link.symlink_to(target)
        assert safe_remove.remove(str(link), scope) is True
        assert not link.is_symlink()
        assert _is_kept(kept)


def test_links_in_a_tree_go_and_not_what_they_lead_to(kept: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "deep" / "er").mkdir(parents=True)
    (tree / "deep" / "er" / "folder").symlink_to(kept)
    (tree / "deep" / "file").symlink_to(kept / "kept")
    (tree / "hard").hardlink_to(kept / "kept")
    os.mkfifo(tree / "fifo")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tree / "socket"))
    (tree / "odd\nname \udcff").write_text("", encoding="utf-8")
    assert safe_remove.remove(str(tree), "tree") is True
    assert not tree.exists()
    assert _is_kept(kept)


@pytest.mark.parametrize("act", ["remove", "lstat", "holds_others", "read_text"])
def test_link_in_a_parent_s_place_is_refused(act: str, kept: Path, tmp_path: Path) -> None:
    (tmp_path / "opt").symlink_to(kept.parent)
    path = str(tmp_path / "opt" / "folder" / "kept")
    with pytest.raises(EndpointError) as caught:
        getattr(safe_remove if act == "remove" else safe_paths, act)(
            path, *{"remove": ["tree"], "holds_others": [[]]}.get(act, [])
        )
    assert caught.value.code == "path_led_elsewhere"
    assert _is_kept(kept)


def test_parent_swapped_for_a_link_while_it_is_used(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parent was opened; what its name leads to afterwards does not matter."""
    (tmp_path / "opt").mkdir()
    (tmp_path / "opt" / "kept").write_text("goes", encoding="utf-8")
    opened = safe_paths.open_parent

    def swap(path: str) -> object:
        result = opened(path)
        (tmp_path / "opt").rename(tmp_path / "moved")
        (tmp_path / "opt").symlink_to(kept)
        return result

    monkeypatch.setattr(safe_remove, "open_parent", swap)
    safe_remove.remove(str(tmp_path / "opt" / "kept"), "file")
    assert _is_kept(kept)
    assert list((tmp_path / "moved").iterdir()) == []


def test_writing_below_a_link_makes_nothing_elsewhere(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(kept)
    with pytest.raises(EndpointError):
        safe_write.write_text(str(tmp_path / "link" / "new" / "file"), "x")
    assert _is_kept(kept)


def test_writing_to_a_link_replaces_the_link(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(kept / "kept")
    safe_write.write_text(str(tmp_path / "link"), "new")
    assert _is_kept(kept)
    assert not (tmp_path / "link").is_symlink()


def test_text_is_there_in_full_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file"
    text = "ä\udcff\r\nlast line without an end"
    for mode in (0o600, 0o644):
        safe_write.write_text(str(path), text, mode)
        assert safe_paths.read_text(str(path)) == text
        assert stat.S_IMODE(path.stat().st_mode) == mode
    assert [child.name for child in path.parent.iterdir()] == ["file"]


def test_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    path = str(tmp_path / "no" / "such" / "path")
    assert safe_paths.lstat(path) == (None, None)
    assert not safe_paths.holds_others(path, [])
    assert safe_paths.read_text(path) is None
    assert [safe_remove.remove(path, scope) for scope in ("file", "empty", "tree")] == [False] * 3


def test_directory_is_no_file_and_a_full_one_is_not_empty(kept: Path) -> None:
    for scope, code in (("file", "path_is_directory"), ("empty", "path_stays")):
        with pytest.raises(EndpointError) as caught:
            safe_remove.remove(str(kept), scope)
        assert caught.value.code == code
        assert _is_kept(kept)


def test_reading_what_is_no_file_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("/etc/passwd")
    for path in (tmp_path / "fifo", tmp_path, tmp_path / "link", Path("/dev/zero")):
        with pytest.raises(EndpointError) as caught:
            safe_paths.read_text(str(path))
        assert caught.value.code == "path_unreadable", path


def test_file_larger_than_the_limit_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 11)
    assert safe_paths.read_text(str(tmp_path / "large"), limit=11) == "x" * 11
    with pytest.raises(EndpointError, match="11 bytes, more than 10"):
        safe_paths.read_text(str(tmp_path / "large"), limit=10)


MOUNTED = """
import sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.files import safe_paths, safe_remove, safe_write
try:
    safe_remove.remove(sys.argv[2], "tree")
except safe_paths.EndpointError as error:
    print(error.code)
"""


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="mounting takes root and unshare")
@pytest.mark.parametrize("mount", ["mount --bind {kept} {place}", "mount -t tmpfs none {place}"], ids=["bind", "tmpfs"])
def test_what_is_mounted_in_a_tree_is_left_alone(mount: str, kept: Path, tmp_path: Path) -> None:
    """A site may keep the product's backup storage elsewhere, even by a mount of the same file system."""
    place = tmp_path / "tree" / "backup"
    place.mkdir(parents=True)
    script = f'{mount.format(kept=kept, place=place)} || exit 77\ntouch {place}/inside\nexec "$@"\n'
    python = [sys.executable, "-c", MOUNTED, str(REPOSITORY / ".cache"), str(tmp_path / "tree")]
    finished = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", *python], capture_output=True, text=True, timeout=60, check=False
    )
    if finished.returncode == 77:
        pytest.skip("this machine does not allow mounts")
    assert (kept / "kept").exists(), "what is mounted there was emptied"
    assert finished.stdout.strip() == "path_is_mount", finished.stderr
