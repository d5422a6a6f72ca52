"""What a user does to her own files while root archives and removes them, and edits her certificate database."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply import in_homes, runner
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.files import certificate_remove, lines_remove
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import nss_database
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.files import file_replace, safe_paths, scratch
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import own_journal
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running import bounded, commands
from attacks import attack
from doing import NOBODY, comes, place_for_all, place_of_root
from looking import hung

SECRET = b"what only root may read"
LABEL, SUBJECT = "Kaspersky root", "CN=Kaspersky"
NAME = b"\x30\x14\x31\x12\x30\x10\x06\x03\x55\x04\x03\x0c\x09Kaspersky"
OTHER = b"\x30\x10\x31\x0e\x30\x0c\x06\x03\x55\x04\x03\x0c\x05Other"
TABLE = "CREATE TABLE nssPublic (id PRIMARY KEY UNIQUE ON CONFLICT ABORT, a0, a3, a81, a82, a101)"
ROWS = [
    (1, b"\x00\x00\x00\x01", LABEL.encode(), NAME, b"\x01", NAME),
    (2, b"\xce\x53\x43\x53", b"\xa5\x00Z", NAME, b"\x01", b"\xa5\x00Z"),
    (3, b"\x00\x00\x00\x01", b"Other root", OTHER, b"\x02", OTHER),
    (4, b"\xce\x53\x43\x53", b"\xa5\x00Z", OTHER, b"\x02", b"\xa5\x00Z"),
]
# Seconds within which any step in a home has to end here.
SOON = 60


def _database(path: Path, *statements: str, table: str = TABLE) -> Path:
    """Make a database of certificates as NSS keeps it: one of the vendor's, one of another, and the trust of both."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as database:
        database.execute(table)
        for row in ROWS if " VIEW " not in table else ():
            database.execute("INSERT INTO nssPublic (id, a0, a3, a81, a82, a101) VALUES (?, ?, ?, ?, ?, ?)", row)
        for statement in statements:
            database.execute(statement)
    database.close()
    return path


def _hers(path: Path) -> Path:
    for place in [path, *path.rglob("*")]:
        os.chown(place, NOBODY, NOBODY, follow_symlinks=False)
    return path


def _ids(path: Path) -> list[int]:
    with sqlite3.connect(path) as database:
        found = [row[0] for row in database.execute("SELECT id FROM nssPublic ORDER BY id")]
    database.close()
    return found


def _target(path: Path) -> dict[str, Any]:
    return {
        "store": "nss",
        "database": str(path),
        "name": LABEL,
        "subject": SUBJECT,
        "in_home": True,
        "user": "mallory",
    }


class _After:
    """A kind of step that comes after those in homes, and leaves its mark."""

    look = staticmethod(lambda target: os.path.exists(target["path"]))
    do = staticmethod(lambda target: Path(target["path"]).touch())


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory that every user can pass, with mallory's home in it, a journal, and short limits."""
    with place_for_all() as made:
        monkeypatch.setattr(own_journal, "PATH", str(made / "state/journal.json"))
        monkeypatch.setattr(in_homes, "LONGEST", 6)
        monkeypatch.setattr(in_homes, "LOOK", 3)
        monkeypatch.setattr(nss_database, "BUSY", 1)
        monkeypatch.setitem(runner.KINDS, "after", _After)
        (made / "home").mkdir()
        _hers(made / "home")
        yield made


def _carried_out(place: Path, *steps: dict[str, Any]) -> dict[str, Any]:
    """Carry out steps, and one more that must be done whatever happened to them; return {id: outcome} of all."""
    last = {"id": "after", "kind": "after", "target": {"path": str(place / "after")}, "undo": "", "part": "remove"}
    every = [{"part": "remove", "undo": "", **step} for step in steps] + [last]
    begun = time.monotonic()
    done = runner.carry_out(every, runner.pending_of(every), False)
    assert time.monotonic() - begun < SOON
    assert (place / "after").exists(), done
    assert done["failure"] is None
    return {outcome["id"]: outcome for outcome in done["outcomes"]}


def _withdrawn(place: Path, path: Path) -> dict[str, Any]:
    return _carried_out(place, {"id": "withdraw", "kind": "certificate_remove", "target": _target(path)})["withdraw"]


@attack(
    "database-tools",
    threat="programs and libraries that a user names stand beside her database of certificates",
    holds="no program is run at all: the certificate and its trust go, and nothing else does",
)
@pytest.mark.parametrize("program", ["certutil", "setpriv", "modutil", "sh"])
def test_no_program_is_run_for_a_users_database(place: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    path = _database(place / "home/.pki/nssdb/cert9.db")
    (path.parent / "pkcs11.txt").write_text(f"library={place}/home/hers.so\nname=hers\n", encoding="utf-8")
    _hers(place / "home")
    (place / "bin").mkdir()
    fake = place / "bin" / program
    fake.write_text(f"#!/bin/sh\ntouch {place}/out/PWNED\n", encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setattr(commands, "SEARCH_PATH", f"{place}/bin:{commands.SEARCH_PATH}")
    monkeypatch.setenv("PATH", f"{place}/bin:{os.environ['PATH']}")
    assert _withdrawn(place, path)["outcome"] == "changed"
    assert _ids(path) == [3, 4]
    assert not (place / "out/PWNED").exists()
    assert {one.name for one in path.parent.iterdir()} == {"cert9.db", "pkcs11.txt"}


@attack(
    "database-exchanged",
    threat="between root's look and its change a user puts a link to root's own database in the place of hers",
    holds="root's is as it was: the change is made with her rights alone",
)
@pytest.mark.parametrize("exchanged", ["file", "directory"])
def test_a_link_to_roots_database_leads_nowhere(place: Path, exchanged: str) -> None:
    with place_of_root() as roots:
        victim = _database(roots / "nssdb/cert9.db")
        # Root's directory can be entered, its file cannot be written.
        for folder in (roots, roots / "nssdb"):
            folder.chmod(0o755)
        (place / "home/.pki").mkdir()
        hers = place / "home/.pki/nssdb"
        if exchanged == "directory":
            hers.symlink_to(victim.parent)
        else:
            hers.mkdir()
            (hers / "cert9.db").symlink_to(victim)
        _hers(place / "home")
        with pytest.raises((EndpointError, ValueError)):
            nss_database.remove(str(hers / "cert9.db"), NOBODY, LABEL, SUBJECT)
        assert _ids(victim) == [1, 2, 3, 4]


@attack(
    "database-of-a-place-for-all",
    threat="a database belongs to root and lies where another user can put anything in its place",
    holds="root does not change it by its name",
)
def test_a_database_of_roots_in_a_home_is_left(place: Path) -> None:
    path = _database(place / "home/.pki/nssdb/cert9.db")
    os.chown(place / "home/.pki", NOBODY, NOBODY)
    outcome = _withdrawn(place, path)
    assert outcome["outcome"] == "failed"
    assert outcome["facts"]["code"] == "path_replaceable"
    assert _ids(path) == [1, 2, 3, 4]


WORKS = {
    "trigger": (TABLE, "CREATE TRIGGER t BEFORE DELETE ON nssPublic BEGIN DELETE FROM nssPublic; END"),
    "trigger-of-another-table": (
        TABLE,
        "CREATE TABLE other (id)",
        "CREATE TRIGGER t AFTER DELETE ON nssPublic BEGIN INSERT INTO other VALUES (1); END",
    ),
    "endless-trigger": (
        TABLE,
        "CREATE TRIGGER t BEFORE DELETE ON nssPublic BEGIN SELECT count(*) FROM (WITH RECURSIVE r(n) AS "
        "(SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r); END",
    ),
    "view": (
        "CREATE VIEW nssPublic AS SELECT 1 AS id, x'00000001' AS a0, 'Kaspersky root' AS a3, x'00' AS a81, "
        f"x'00' AS a82, x'{NAME.hex()}' AS a101",
        "CREATE TABLE other (id)",
        "CREATE TRIGGER t INSTEAD OF DELETE ON nssPublic BEGIN INSERT INTO other VALUES (1); END",
    ),
    "module": ("CREATE VIRTUAL TABLE nssPublic USING fts4(id, a0, a3, a81, a82, a101)",),
    "function-of-a-column": (TABLE.replace("a101)", "a101, big AS (length(zeroblob(100000000))) STORED)"),),
    "index-by-a-function": (TABLE, "CREATE INDEX i ON nssPublic (length(hex(zeroblob(1000000))))"),
}


@attack(
    "database-that-works",
    threat="a user's database has triggers, views, modules and functions that work when it is read or changed",
    holds="it is left as it is or loses the one certificate, soon, and costs no other step",
)
@pytest.mark.parametrize("work", sorted(WORKS))
def test_nothing_of_a_database_works(place: Path, work: str) -> None:
    table, *more = WORKS[work]
    path = _database(place / "home/.pki/nssdb/cert9.db", *more, table=table)
    _hers(place / "home")
    _withdrawn(place, path)
    assert {3, 4} <= set(_ids(path)) or work in ("view", "module")
    with sqlite3.connect(path) as database:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE name = 'other'")]
        assert [database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names] in ([], [0])
    database.close()


def _locked(path: Path) -> subprocess.Popen[bytes]:
    program = "import sqlite3, sys, time; d = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    program += "d.execute('BEGIN EXCLUSIVE'); open(sys.argv[1] + '.held', 'w'); time.sleep(300)"
    return subprocess.Popen([sys.executable, "-c", program, str(path)])


def _replaced(path: Path, make: Callable[[], object]) -> None:
    path.unlink()
    make()


AWKWARD: dict[str, Callable[[Path], Any]] = {
    "held": _locked,
    "pipe": lambda path: _replaced(path, lambda: os.mkfifo(path)),
    "directory": lambda path: _replaced(path, path.mkdir),
    "link-to-proc": lambda path: _replaced(path, lambda: path.symlink_to("/proc/kmsg")),
    "endless": lambda path: os.truncate(path, 8 << 40),
    "noise": lambda path: path.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 300),
    "read-only-directory": lambda path: path.parent.chmod(0o500),
    "nobody-s": lambda path: path.chmod(0),
}


@attack(
    "database-awkward",
    threat="a user makes her database something that cannot be read, changed or waited for",
    holds="that step fails as hers, soon, and the steps after it are done",
)
@pytest.mark.parametrize("how", sorted(AWKWARD))
def test_an_awkward_database_costs_its_own_step_alone(place: Path, how: str) -> None:
    path = _hers(_database(place / "home/.pki/nssdb/cert9.db"))
    made = AWKWARD[how](path)
    _hers(place / "home")
    try:
        assert how != "held" or comes(Path(f"{path}.held").exists)
        outcome = _withdrawn(place, path)
        assert outcome["outcome"] == "failed", outcome
        assert "mallory" in outcome["facts"]["message"]
    finally:
        if isinstance(made, subprocess.Popen):
            made.kill()
            made.wait()


def _in_its_log(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode = WAL")
    database.close()


# What she puts beside it, where SQLite keeps what is not yet in the database itself.
BESIDE: dict[str, Callable[[Path], object]] = {
    "journal-pipe": lambda path: os.mkfifo(f"{path}-journal"),
    "journal-directory": lambda path: os.mkdir(f"{path}-journal"),
    "journal-that-is-endless": lambda path: os.symlink("/dev/zero", f"{path}-journal"),
    "log-pipe": lambda path: (_in_its_log(path), os.mkfifo(f"{path}-wal")),
    "log-directory": lambda path: (_in_its_log(path), os.mkdir(f"{path}-wal")),
    "memory-pipe": lambda path: (_in_its_log(path), os.mkfifo(f"{path}-shm")),
    "memory-that-is-endless": lambda path: (_in_its_log(path), os.symlink("/dev/zero", f"{path}-shm")),
}


@attack(
    "database-beside",
    threat="a user puts a pipe, a directory or a device in the place of her database's journal",
    holds="that step takes a limited time and fails as hers, and the steps after it are done",
)
@pytest.mark.parametrize("what", sorted(BESIDE))
def test_what_is_beside_a_database_costs_its_own_step_alone(
    place: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(nss_database, "LIMIT", 3)
    monkeypatch.setattr(in_homes, "LONGEST", SOON)
    path = _database(place / "home/.pki/nssdb/cert9.db")
    BESIDE[what](path)
    _hers(place / "home")
    outcome = _withdrawn(place, path)
    assert outcome["outcome"] == "failed"
    assert "mallory" in outcome["facts"]["message"]
    assert (outcome["facts"]["code"] == "time_limit") == (what == "journal-pipe")


@attack(
    "database-exchanged-while-read",
    threat="a user exchanges her database for a link to another's after root has opened it",
    holds="what is read is what was opened, and never by its name",
)
def test_a_database_is_read_from_what_was_opened(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate_remove, "LIMIT", 1 << 20)
    hers = _hers(_database(place / "home/.pki/nssdb/cert9.db", "DELETE FROM nssPublic WHERE id < 3"))
    another = _database(place / "another.db")
    opened = safe_paths.opened_file

    def exchanged(path: str) -> Any:
        descriptor = opened(path)
        hers.unlink()
        hers.symlink_to(another)
        return descriptor

    monkeypatch.setattr(safe_paths, "opened_file", exchanged)
    assert certificate_remove.look(_target(hers)) is True
    assert not [name for name in os.listdir(scratch.MEMORY) if name.startswith(".avshift-nss-")]


def _kept(place: Path, number: int, path: Path, **more: Any) -> list[dict[str, Any]]:
    """Return the two steps of a tree in a home: archive it, remove it."""
    retained = {
        "digest": "abc",
        "paths": [str(path)],
        "archive": str(place / f"state/retained/abc-home{number}.tar.gz"),
        "manifest": str(place / f"state/retained/abc-home{number}.sha256"),
        "drafts": [],
        "most_bytes": 1 << 20,
        "most_files": 50,
        "in_home": True,
        "user": "mallory",
        **more,
    }
    gone = {"path": str(path), "scope": "tree", "expected_gone": [], "in_home": True, "user": "mallory"}
    return [
        {"id": f"keep-{number}", "kind": "retain", "target": retained},
        {"id": f"go-{number}", "kind": "path_remove", "target": gone},
    ]


def _files(path: Path) -> None:
    for number in range(60):
        (path / str(number)).touch()


@contextmanager
def _flood(path: Path) -> Iterator[None]:
    """Have her keep writing to a file that is archived."""
    program = (
        "import sys\nwhile True:\n  with open(sys.argv[1], 'w') as file: file.write('x' * 1000)\n"
        "  with open(sys.argv[1], 'a') as file: file.write('y')"
    )
    writer = subprocess.Popen([sys.executable, "-c", program, str(path / "file")])
    try:
        yield
    finally:
        writer.kill()
        writer.wait()


@contextmanager
def _quiet(_path: Path) -> Iterator[None]:
    yield


# What she does to her tree before, and what goes on meanwhile.
TREES: dict[str, tuple[Callable[[Path], Any], Callable[[Path], Any]]] = {
    "many-files": (_files, _quiet),
    "sparse": (lambda path: os.truncate(path / "file", 8 << 40), _quiet),
    "hung-file-system": (lambda path: (path / "mounted").mkdir(), lambda path: hung(path / "mounted")),
    "hung-in-its-place": (_quiet, hung),
}


@attack(
    "home-not-archived",
    threat="a user keeps her data from being archived: it grows, changes all the time, or hangs in the kernel",
    holds="her data stays, no draft does, another user's is archived and removed, and every later step is done",
)
@pytest.mark.parametrize("how", sorted(TREES))
def test_data_that_cannot_be_archived_stays_with_its_user(place: Path, how: str) -> None:
    hers, others = place / "home/KVRT2024_Data", place / "home/other/KVRT2024_Data"
    for tree in (hers, others):
        tree.mkdir(parents=True)
        (tree / "file").write_bytes(b"a user's own")
    _hers(place / "home")
    make, meanwhile = TREES[how]
    make(hers)
    with meanwhile(hers):
        outcomes = _carried_out(place, *_kept(place, 1, hers), *_kept(place, 2, others))
    assert [outcomes[name]["outcome"] for name in ("go-1", "keep-2", "go-2")] == ["failed", "changed", "changed"]
    assert (hers / "file").exists()
    assert not others.exists()
    assert "mallory" in outcomes["go-1"]["facts"]["message"]
    kept = sorted(path.name for path in (place / "state/retained").iterdir())
    assert not [name for name in kept if name.endswith(".part")]
    assert {"abc-home2.sha256", "abc-home2.tar.gz"} <= set(kept)
    if outcomes["keep-1"]["outcome"] == "failed":
        assert "abc-home1.tar.gz" not in kept


@attack(
    "home-changes-while-archived",
    threat="a user writes to her data all the time while it is archived",
    holds="either the archive has what was there, or her data stays; every later step is done",
)
def test_data_that_changes_all_the_time_is_kept_or_stays(place: Path) -> None:
    hers = place / "home/KVRT2024_Data"
    hers.mkdir()
    (hers / "first").write_bytes(b"a user's own")
    with _flood(_hers(hers)):
        outcomes = _carried_out(place, *_kept(place, 1, hers))
    archive = place / "state/retained/abc-home1.tar.gz"
    if outcomes["keep-1"]["outcome"] == "changed":
        with tarfile.open(archive) as kept:
            assert f"{hers}/first".lstrip("/") in kept.getnames()
    else:
        assert outcomes["go-1"]["facts"]["code"] == in_homes.NOT_RETAINED
        assert (hers / "first").exists()


@attack(
    "home-led-elsewhere",
    threat="a user puts a link, or a file system, in the place of what is archived and removed",
    holds="nothing behind it is archived or removed",
)
@pytest.mark.parametrize("where", ["tree", "parent", "file"])
def test_a_link_in_a_home_leads_no_archive_elsewhere(place: Path, where: str) -> None:
    secret = place / "secret/KVRT2024_Data"
    secret.mkdir(parents=True)
    (secret / "file").write_bytes(SECRET)
    hers = place / "home/below/KVRT2024_Data"
    if where == "parent":
        (place / "home/below").symlink_to(place / "secret")
    elif where == "tree":
        hers.parent.mkdir()
        hers.symlink_to(secret)
    else:
        hers.mkdir(parents=True)
        (hers / "file").symlink_to(secret / "file")
    _carried_out(place, *_kept(place, 1, hers))
    assert (secret / "file").read_bytes() == SECRET
    for archive in (place / "state").rglob("*.tar.gz"):
        with tarfile.open(archive) as kept:
            assert [one for one in kept.getmembers() if one.isreg() and one.size] == []


@attack(
    "homes-that-all-hang",
    threat="every user has a file system in her home that never answers",
    holds="no more steps wait for them than a few, and every later step is done",
)
def test_homes_that_all_hang_cost_a_few_waits(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = place / "out/begun"
    monkeypatch.setattr(in_homes, "LONGEST", 1)
    monkeypatch.setattr(bounded, "KILLING", 0.1)

    class Hangs:
        look = staticmethod(lambda _target: False)

        @staticmethod
        def do(_target: dict[str, Any]) -> None:
            with begun.open("a") as file:
                file.write("x")
            time.sleep(300)

    monkeypatch.setitem(runner.KINDS, "hangs", Hangs)
    steps = [{"id": f"{n}", "kind": "hangs", "target": {"in_home": True, "user": f"u{n}"}} for n in range(12)]
    outcomes = _carried_out(place, *steps)
    assert len(begun.read_text(encoding="utf-8")) == in_homes.MOST_HUNG
    assert [outcomes[step["id"]]["outcome"] for step in steps] == ["failed"] * 12


@attack(
    "file-exchanged-while-edited",
    threat="a user puts a file of root's, which she may rename but not write, in the place of one whose lines go",
    holds="root's file lends its owner, its mode and its content to nothing, and hers gets nothing of it",
)
@pytest.mark.parametrize("mode", [0o4755, 0o600])
def test_a_file_of_roots_in_the_place_of_hers_is_left(place: Path, monkeypatch: pytest.MonkeyPatch, mode: int) -> None:
    hers, roots = place / "home/menu.desktop", place / "home/left-by-root"
    hers.write_text("Exec=/opt/kaspersky/kesl/bin/gui\n#!/bin/sh\n", encoding="utf-8")
    _hers(hers)
    roots.write_bytes(SECRET)
    roots.chmod(mode)
    read = file_replace.data_of

    def exchanged(path: str) -> bytes | None:
        data = read(path)
        if roots.exists():
            hers.rename(place / "home/away")
            roots.rename(hers)
        return data

    monkeypatch.setattr(file_replace, "data_of", exchanged)
    edits = [{"before": "Exec=/opt/kaspersky/kesl/bin/gui", "after": None}]
    target = {"path": str(hers), "place": "autostart", "edits": edits, "whole": False, "in_home": True, "home": "/h"}
    with pytest.raises(EndpointError):
        lines_remove.do(target)
    assert hers.read_bytes() == SECRET
    assert hers.stat().st_mode & 0o7777 == mode
    assert sorted(path.name for path in (place / "home").iterdir()) == ["away", "menu.desktop"]


@attack(
    "lines-in-a-home-that-cannot-go",
    threat="a user makes the file in her home, from which a line is to go, one that cannot be edited",
    holds="that step fails as hers, and every later step is done",
)
@pytest.mark.parametrize("how", ["pipe", "directory", "link", "too-large", "parent-is-a-link"])
def test_a_file_in_a_home_that_cannot_be_edited_costs_its_step_alone(place: Path, how: str) -> None:
    hers = place / "home/autostart/menu.desktop"
    if how == "parent-is-a-link":
        hers.parent.symlink_to("/root")
    else:
        hers.parent.mkdir()
        make: dict[str, Callable[[], object]] = {
            "pipe": lambda: os.mkfifo(hers),
            "directory": hers.mkdir,
            "link": lambda: hers.symlink_to("/etc/shadow"),
            "too-large": lambda: (hers.touch(), os.truncate(hers, 8 << 40)),
        }
        make[how]()
    _hers(place / "home")
    target = {
        "path": str(hers),
        "place": "autostart",
        "edits": [{"before": "x", "after": None}],
        "whole": False,
        "in_home": True,
        "user": "",
        "home": "/home/mallory",
    }
    outcome = _carried_out(place, {"id": "lines", "kind": "lines_remove", "target": target})["lines"]
    assert outcome["outcome"] == "failed"
    assert "the user of /home/mallory" in outcome["facts"]["message"]
