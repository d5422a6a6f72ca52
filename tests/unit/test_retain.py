"""The owner's data is archived completely, with checksums that the system's own tool verifies."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.files import retain
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import own_journal

NAMES = [
    "plain",
    "with space",
    "line\nfeed",
    "back\\slash",
    "both\\\n",
    "\\",
    " leading",
    "*star",
    "\udcff",
    "tab\t",
    "-n",
    "cr\r",
]


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the target of a step that archives a tree of data and a single file."""
    monkeypatch.setattr(own_journal, "PATH", str(tmp_path / "state" / "journal.json"))
    data = tmp_path / "data"
    (data / "deep" / "er").mkdir(parents=True)
    for number, name in enumerate(NAMES):
        (data / "deep" / name).write_bytes(b"%d" % number)
    (data / "deep" / "er" / "large").write_bytes(os.urandom(3 << 20))
    (data / "empty").write_bytes(b"")
    (data / "hard").hardlink_to(data / "deep" / "plain")
    (data / "link").symlink_to("/etc/shadow")
    os.mkfifo(data / "fifo")
    (data / "secret").write_bytes(b"x")
    (data / "secret").chmod(0o600)
    (tmp_path / "single.ini").write_bytes(b"[General]\n")
    paths = [str(data), str(tmp_path / "single.ini"), str(tmp_path / "not-there")]
    kept = tmp_path / "state" / "retained"
    return {"digest": "abc", "paths": paths, "archive": str(kept / "abc.tar.gz"), "manifest": str(kept / "abc.sha256")}


def test_archive_verifies_with_sha256sum_after_extracting(target: dict[str, Any], tmp_path: Path) -> None:
    facts = retain.do(target)
    shutil.rmtree(tmp_path / "data")
    out = tmp_path / "out"
    out.mkdir()
    subprocess.run(["tar", "-xzf", target["archive"], "-C", str(out)], check=True, timeout=60)
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", target["manifest"]], cwd=out, capture_output=True, timeout=60, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert facts["files"] == checked.stdout.count(b": OK\n") == len(NAMES) + 5


def test_archive_keeps_names_links_and_modes(target: dict[str, Any], tmp_path: Path) -> None:
    retain.do(target)
    with tarfile.open(target["archive"]) as archive:
        members = {f"/{member.name}": member for member in archive}
    data = tmp_path / "data"
    assert {str(data / "deep" / name) for name in NAMES} <= set(members)
    assert members[str(data / "link")].linkname == "/etc/shadow"
    assert members[str(data / "secret")].mode == 0o600
    assert str(data / "fifo") not in members


def test_nobody_else_may_read_what_is_kept(target: dict[str, Any]) -> None:
    retain.do(target)
    for path, mode in (
        (target["archive"], 0o600),
        (target["manifest"], 0o600),
        (Path(target["archive"]).parent, 0o700),
    ):
        assert stat.S_IMODE(Path(path).stat().st_mode) == mode


def test_it_is_done_once_both_files_are_there(target: dict[str, Any]) -> None:
    assert retain.look(target) is False
    retain.do(target)
    assert retain.look(target) is True
    Path(target["archive"]).unlink()
    assert retain.look(target) is False
    retain.do(target)
    assert retain.look(target) is True


def test_what_was_written_after_the_archive_is_kept_too(target: dict[str, Any], tmp_path: Path) -> None:
    """A run was interrupted after it had archived, and the product kept writing."""
    first = retain.do(target)["archive"]
    before = Path(first).read_bytes()
    (tmp_path / "data" / "deep" / "plain").write_bytes(b"written since")
    assert retain.look(target) is False
    told = retain.do(target)
    second = told["archive"]
    assert told["earlier"] == [first]
    assert retain.look(target) is True
    assert Path(first).read_bytes() == before
    with tarfile.open(second) as archive:
        content = archive.extractfile(str(tmp_path / "data" / "deep" / "plain").lstrip("/"))
        assert content is not None
        assert content.read() == b"written since"


def test_it_stays_done_when_the_originals_are_gone(target: dict[str, Any], tmp_path: Path) -> None:
    retain.do(target)
    shutil.rmtree(tmp_path / "data")
    assert retain.look(target) is True


def test_draft_of_a_run_that_was_cut_off_is_no_archive(target: dict[str, Any]) -> None:
    draft = Path(f"{target['archive']}.part")
    draft.parent.mkdir(parents=True)
    draft.write_bytes(b"cut off")
    assert retain.look(target) is False
    retain.do(target)
    assert not draft.exists()


def test_journal_tells_where_it_is(target: dict[str, Any]) -> None:
    kept = retain.do(target)
    journal = json.loads(Path(own_journal.PATH).read_text(encoding="utf-8"))
    assert journal["runs"] == [{"digest": "abc", "retained": kept}]
    assert kept["bytes"] == Path(target["archive"]).stat().st_size


@pytest.mark.parametrize("change", ["grown", "emptied", "gone", "replaced"])
def test_file_that_changes_while_it_is_archived_stops_it(
    change: str, target: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim, write = tmp_path / "data" / "deep" / "plain", retain._write
    acts: dict[str, Callable[[], object]] = {
        "grown": lambda: victim.write_bytes(b"0 and more"),
        "emptied": lambda: victim.write_bytes(b""),
        "gone": victim.unlink,
        "replaced": lambda: victim.write_bytes(b"9"),
    }

    def write_and_change(draft: str, members: Any) -> None:
        write(draft, members)
        acts[change]()

    monkeypatch.setattr(retain, "_write", write_and_change)
    with pytest.raises((EndpointError, OSError)):
        retain.do(target)
    assert retain.look(target) is False
    assert not Path(target["archive"]).exists()
