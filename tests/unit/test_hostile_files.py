"""A hostile root: what is in a file's place, or may not be read, does not count as absent."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hostile_roots import NOBODY, installed, look, looked, socket_at
from support import FIXTURES, load_yaml

OBSTACLES: list[dict[str, Any]] = load_yaml(FIXTURES / "obstacles.yml")


def test_root_that_nobody_made_to_harm_is_seen_in_full(root: Path) -> None:
    """Otherwise no test of a hostile root would show anything."""
    seen = look(root)
    assert seen.found() == ["kesl installed"]
    assert seen.answer["complete"] is True
    assert seen.answer["unknowns"] == []


def _device(kind: int, major: int, minor: int) -> Callable[[Path], None]:
    def make(place: Path) -> None:
        try:
            os.mknod(place, kind | 0o666, os.makedev(major, minor))
        except PermissionError:
            pytest.skip("this machine does not allow device nodes")

    return make


def _sparse(place: Path) -> None:
    with place.open("wb") as stream:
        stream.truncate(2 << 30)


def _unreadable(place: Path) -> None:
    place.write_text("", encoding="utf-8")
    place.chmod(0)


def _loop(place: Path) -> None:
    place.symlink_to(place.name)


INSTEAD: dict[str, Callable[[Path], None]] = {
    "pipe": os.mkfifo,
    "socket": socket_at,
    "null device": _device(stat.S_IFCHR, 1, 3),
    "zero device": _device(stat.S_IFCHR, 1, 5),
    "terminal": _device(stat.S_IFCHR, 5, 0),
    "block device": _device(stat.S_IFBLK, 7, 0),
    "2 GB of nothing": _sparse,
    "directory": Path.mkdir,
    "loop of links": _loop,
    "file without permission": _unreadable,
}


def _replace(root: Path, path: str, act: Callable[[Path], None]) -> None:
    place = root / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    act(place)


TOGETHER = [[line] for line in OBSTACLES if line.get("alone")] + [[line for line in OBSTACLES if not line.get("alone")]]


@pytest.mark.parametrize("name", sorted(INSTEAD))
def test_what_stands_in_a_file_s_place_is_not_read_and_not_absent(name: str, tmp_path: Path) -> None:
    is_permission = name == "file without permission"
    if is_permission and os.geteuid():
        pytest.skip("only root can become somebody else")
    replaced = [[line for line in lines if name not in line.get("passed_over", ())] for lines in TOGETHER]
    roots = [installed(tmp_path / f"root{number}") for number in range(len(TOGETHER))]
    for root, lines in zip(roots, replaced, strict=True):
        for line in lines:
            _replace(root, line["path"], INSTEAD[name])
    for seen, lines in zip(looked(roots, user=NOBODY if is_permission else None), replaced, strict=True):
        assert [line["unknown"] for line in lines if not seen.is_unknown(line["unknown"])] == []
        assert seen.found()[0].startswith("kesl ")


def test_system_s_name_that_cannot_be_read_keeps_nothing_from_being_seen(root: Path) -> None:
    for path in ("/usr/lib/os-release", "/etc/os-release"):
        _replace(root, path, os.mkfifo)
    seen = look(root)
    assert seen.found() == ["kesl installed"]
    assert seen.collected["host"]["system"] == "unknown"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_folders_that_may_not_be_read_are_unknown(root: Path) -> None:
    places = {
        "var/lib/dpkg": "package:dpkg",
        "opt/kaspersky": "path:/opt/kaspersky/kesl",
        "home": "home_path:/home",
        "etc/cron.d": "mention:/etc/cron.d",
        "tmp": "installer:/tmp",
        "usr/local/share/ca-certificates": "certificate:all",
        "etc/systemd/system": "unit:all",
        "lib/modules": "kernel_module:all",
    }
    for path in places:
        (root / path).mkdir(parents=True, exist_ok=True)
        (root / path).chmod(0o700)
    seen = look(root, user=NOBODY)
    assert [identity for identity in places.values() if "unknown" not in seen.items.get(identity, {})] == []
    assert not seen.answer["complete"]
