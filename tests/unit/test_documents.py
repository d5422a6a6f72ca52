"""Files on the controller are for its user only by default, complete or absent, and read with limits."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils import documents
from ansible_collections.avshift.endpoint.plugins.plugin_utils.documents import Modes
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize(("modes", "file", "folder"), [(Modes(), 0o600, 0o700), (Modes(0o640, 0o750), 0o640, 0o750)])
def test_modes_are_what_was_said_whatever_the_umask(
    tmp_path: Path, umask: int, modes: Modes, file: int, folder: int
) -> None:
    before = os.umask(umask)
    try:
        documents.write_text(tmp_path / "a" / "b" / "x.json", "x", modes)
    finally:
        os.umask(before)
    assert [_mode(tmp_path / name) for name in ("a", "a/b", "a/b/x.json")] == [folder, folder, file]


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    documents.write_text(tmp_path / "x.json", "x")
    assert _mode(tmp_path) == 0o755


def test_nothing_stays_of_a_document_that_could_not_be_written(tmp_path: Path) -> None:
    def broken() -> Iterator[str]:
        yield "half"
        raise OSError(28, "No space left on device")

    (tmp_path / "x.json").write_text("before", encoding="utf-8")
    with pytest.raises(AvshiftError, match="No space left") as caught:
        documents.write_texts(tmp_path / "x.json", broken())
    assert caught.value.code == "not_written"
    assert os.listdir(tmp_path) == ["x.json"]
    assert (tmp_path / "x.json").read_text(encoding="utf-8") == "before"
    with pytest.raises(ZeroDivisionError):
        documents.write_texts(tmp_path / "x.json", (str(1 // number) for number in (1, 0)))
    assert os.listdir(tmp_path) == ["x.json"]


@pytest.mark.parametrize("given", [416, "644 ", "rw", "0o644", "1777", "0077", True, ["0600"]])
def test_a_mode_that_means_nothing_is_refused(given: object) -> None:
    with pytest.raises(AvshiftError, match=r'avshift_file_mode: .*Give it in quotes, such as "0640"') as caught:
        Modes.of(given, None)
    assert caught.value.code == "mode_wrong"


def test_modes_are_text_of_octal_digits() -> None:
    assert Modes.of("0640", "750") == Modes(0o640, 0o750)
    assert Modes.of() == Modes(0o600, 0o700)


def test_only_regular_files_of_a_size_are_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"12345")
    assert documents.read_bytes(tmp_path / "x", 5) == b"12345"
    with pytest.raises(OSError, match="more than 4 bytes"):
        documents.read_bytes(tmp_path / "x", 4)
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError, match=r"regular|directory"):
            documents.read_bytes(path, 5)


def test_a_lock_has_the_mode_that_was_asked_for_and_keeps_it(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        for modes in (Modes(0o660, 0o770), Modes()):
            os.close(documents.open_lock(tmp_path / "lock", modes))
            assert _mode(tmp_path / "lock") == 0o660
    finally:
        os.umask(before)
