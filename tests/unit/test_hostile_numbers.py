"""A hostile root: however many, deep or large things are, looking at them ends in time and fits in memory."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile_roots import KESL, SECONDS, look, write


def _deepen(place: Path, depth: int) -> None:
    """Make nested directories; no path may be that long, so that the descriptor moves along."""
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    for _level in range(depth):
        os.mkdir("x", dir_fd=descriptor)
        below = os.open("x", os.O_RDONLY | os.O_DIRECTORY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)


@pytest.fixture
def removed(root: Path) -> Iterator[Path]:
    """Return the root, and remove it at the end: pytest's own method cannot go that deep, and is slow."""
    try:
        yield root
    finally:
        subprocess.run(["rm", "-r", "--", str(root)], check=True, timeout=SECONDS)


def test_directories_3000_deep_are_looked_at(removed: Path) -> None:
    for path in ("opt/kaspersky", "var/cache/dnf", "usr/local/share/ca-certificates"):
        (removed / path).mkdir(parents=True, exist_ok=True)
        _deepen(removed / path, 3000)
    homes = [f"user{depth}:x:1000:1000::/opt/kaspersky{'/x' * depth}:/bin/sh\n" for depth in (2000, 2900)]
    write(removed, "etc/passwd", "".join(homes))
    seen = look(removed)
    assert "kesl installed" in seen.found()
    assert seen.answer["complete"] is True


# One file may have at least this many names.
MOST_NAMES = 60_000


def _many(folder: Path, number: int) -> None:
    """Fill a directory with links to a few files, which takes a third of the time of real files."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    for count in range(number):
        if count % MOST_NAMES:
            os.link(f"e{count - count % MOST_NAMES}", f"e{count}", src_dir_fd=descriptor, dst_dir_fd=descriptor)
        else:
            (folder / f"e{count}").touch()
    os.close(descriptor)


def test_150000_entries_are_told_and_do_not_fill_the_memory(removed: Path) -> None:
    _many(removed / "opt" / "kaspersky", 150_000)
    (removed / "opt/kaspersky/kesl_1_amd64.deb").touch()
    (removed / "tmp").symlink_to("opt/kaspersky")
    seen = look(removed)
    assert seen.is_unknown("path:/opt/kaspersky/*")
    assert "installer:/tmp/kesl_1_amd64.deb" in seen.items
    assert "kesl installed" in seen.found()


def test_entries_of_a_shared_directory_are_counted(removed: Path) -> None:
    _many(removed / "opt" / "kaspersky", 2000)
    seen = look(removed)
    assert seen.items["path:/opt/kaspersky"]["value"]["more_children"] == 2001 - 200
    assert seen.is_unknown("path:/opt/kaspersky/*")


def test_700_homes_are_all_looked_at(removed: Path) -> None:
    """There are more directories than a process may have open at once."""
    for number in range(700):
        (removed / "home" / f"user{number}" / ".config" / "autostart").mkdir(parents=True)
    write(removed, "home/user699/.config/autostart/x.desktop", "Exec=/opt/kaspersky/kesl/bin/x\n")
    seen = look(removed)
    assert "mention:/home/user699/.config/autostart/x.desktop" in seen.items
    assert seen.answer["unknowns"] == []


def _stanzas(number: int, size: int) -> Iterator[str]:
    for count in range(number):
        if count == number // 2:
            yield KESL
        head = f"Package: package{count}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-{count}\n"
        yield head + "Description: " + "x" * (size - len(head))


def test_product_is_found_among_60000_packages(root: Path) -> None:
    place = write(root, "var/lib/dpkg/status", "\n\n".join(_stanzas(60_000, 830)))
    assert place.stat().st_size > 49_000_000
    seen = look(root)
    assert seen.found() == ["kesl installed"]
    assert seen.answer["complete"] is True
