"""A hostile root: damaged or forged databases are reported, and hide nothing else."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import plain_sqlite
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import CutOff
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.time_limit import time_limit
from hostile_roots import CERTIFICATE, DPKG, KESL, installed, look, looked, write

ODD_DATABASES: dict[str, Callable[[], str]] = {
    "no line end": lambda: "x" * 50_000_000,
    "no line end, all of it a name": lambda: "Package: " + "kesl" * 12_500_000,
    "one stanza": lambda: "Package: kesl\nStatus: install ok installed\n" + "Version: 1\n" * 4_600_000,
    "lines of nothing": lambda: "Package: a\n" + " \n" * 25_000_000,
    "half a million packages that fit": lambda: "Package: epagentx\nStatus: install ok installed\n\n" * 500_000,
    "large packages that fit": lambda: ("Package: kesl\nVersion: " + "9" * 3_900_000 + "\nStatus: x\n\n") * 12,
}


@pytest.mark.parametrize("name", sorted(ODD_DATABASES))
def test_database_that_dpkg_never_wrote_is_told(name: str, root: Path) -> None:
    write(root, "var/lib/dpkg/status", ODD_DATABASES[name]())
    assert look(root).is_unknown("package:dpkg")


ODD_LISTS: dict[str, Callable[[], str]] = {
    "empty lines": lambda: "\n" * 8_000_000,
    "short paths": lambda: "".join(f"/{number}\n" for number in range(900_000)),
    "one path": lambda: "/" + "x" * 50_000_000,
}


@pytest.mark.parametrize("name", sorted(ODD_LISTS))
def test_list_of_files_that_dpkg_never_wrote_is_told(name: str, root: Path) -> None:
    write(root, "var/lib/dpkg/info/kesl.list", ODD_LISTS[name]())
    (root / "opt" / "kaspersky" / "new").mkdir()
    seen = look(root)
    assert seen.is_unknown("package:dpkg")
    assert ("lines" if "line" in name or "paths" in name else "bytes") in seen.items["package:dpkg"]["unknown"]
    assert seen.found() == ["kesl installed", "unrecognised residue_inert"]


def test_list_of_files_that_cannot_be_read_makes_unknown_only_what_no_other_list_names(root: Path) -> None:
    for name in ("owned", "free"):
        (root / "opt" / "kaspersky" / name).mkdir()
    write(root, "var/lib/dpkg/info/a.list", "/opt/kaspersky/owned\n")
    (root / "var/lib/dpkg/info/b.list").mkdir()
    seen = look(root)
    assert seen.items["path:/opt/kaspersky/owned"]["value"]["owner"] == "a"
    assert seen.is_unknown("path:/opt/kaspersky/free")


def test_lists_of_files_that_are_large_together_are_told(root: Path) -> None:
    names = [f"epagent{number}" for number in range(8)]
    heads = [f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n" for name in names]
    write(root, "var/lib/dpkg/status", "\n".join([DPKG, KESL, *heads]))
    for name in names:
        write(root, f"var/lib/dpkg/info/{name}.list", "".join(f"/{name}/{'x' * 60}{line}\n" for line in range(90_000)))
    seen = look(root)
    assert seen.is_unknown("package:dpkg")
    assert {"epagent installed", "kesl installed"} <= set(seen.found()) or seen.found() == [
        "epagent broken",
        "kesl installed",
    ]


ODD_JOURNALS = {
    "half a character": '{"format_version": 1, "runs": [{"digest": "\\ud800", "\\udc00": "\\udfff"}]}',
    "nested": '{"format_version": 1, "runs": [{"digest": "a", "x": ' + "[" * 800 + "]" * 800 + "}]}",
    "large number": '{"format_version": 1, "runs": [{"digest": "a", "x": ' + "9" * 4000 + "}]}",
    "nested too deep": "[" * 100_000,
    "a megabyte": '{"format_version": 1, "runs": [' + ",".join(['{"digest": "a"}'] * 60_000) + "]}",
}


def test_journal_of_any_content_keeps_nothing_from_being_told(tmp_path: Path) -> None:
    roots = [installed(tmp_path / name) for name in ODD_JOURNALS]
    for root, text in zip(roots, ODD_JOURNALS.values(), strict=True):
        write(root, "var/lib/avshift/journal.json", text)
    for name, seen in zip(ODD_JOURNALS, looked(roots), strict=True):
        assert seen.found() == ["kesl installed"], name
        assert "journal:/var/lib/avshift/journal.json" in seen.items or seen.is_unknown("journal:all"), name


HEADER = b"SQLite format 3\0"
HOSTILE_VIEW = (
    "CREATE VIEW nssPublic AS SELECT x'00000001' AS a0, randomblob(300000000) AS a3, randomblob(300000000) AS a101",
    "CREATE VIEW nssPublic AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)"
    " SELECT x'00000001' AS a0, 'Kaspersky' AS a3, x'00' AS a101 FROM r WHERE n < 0",
    "CREATE VIEW nssPublic AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)"
    " SELECT x'00000001' AS a0, zeroblob(100000) || n AS a3, x'00' AS a101 FROM r",
)


def _damaged_database(place: Path) -> None:
    place.write_bytes(HEADER + random.Random(1).randbytes(60_000) + b"Kaspersky")


def _database(place: Path, *statements: str) -> None:
    with sqlite3.connect(place) as database:
        for statement in statements:
            database.execute(statement)
        database.execute("CREATE TABLE word (name)")
        database.execute("INSERT INTO word VALUES ('Kaspersky')")
    database.close()


CERT9 = "home/alice/.mozilla/firefox/profile/cert9.db"


def test_corrupt_database_of_certificates_is_told(root: Path) -> None:
    _damaged_database(write(root, CERT9, ""))
    assert look(root).is_unknown(f"certificate:/{CERT9}")


@pytest.mark.parametrize("statement", HOSTILE_VIEW, ids=["large", "endless", "endless and large"])
def test_database_of_certificates_that_reckons_without_end_is_given_up(statement: str, root: Path) -> None:
    _database(write(root, CERT9, ""), statement)
    assert look(root).is_unknown(f"certificate:/{CERT9}")


def test_database_of_certificates_larger_than_it_is_read_is_told(root: Path) -> None:
    with write(root, CERT9, "").open("wb") as stream:
        stream.write(HEADER)
        stream.truncate(17 << 20)
    with write(root, CERT9.replace("cert9", "cert8"), "").open("wb") as stream:
        stream.truncate(17 << 20)
    seen = look(root)
    assert seen.is_unknown(f"certificate:/{CERT9}")
    assert seen.is_unknown(f"certificate:/{CERT9.replace('cert9', 'cert8')}")


BUNDLES = {
    "nothing but beginnings": "-----BEGIN CERTIFICATE-----\n" * 580_000,
    "nothing but beginnings, and one end": "-----BEGIN CERTIFICATE-----\n" * 580_000 + "-----END CERTIFICATE-----\n",
    "empty ones": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" * 300_000,
    "a large one": "-----BEGIN CERTIFICATE-----\n" + "MIIB" * 4_000_000 + "\n-----END CERTIFICATE-----\n",
    "a large one without an end": "-----BEGIN CERTIFICATE-----\n" + "MIIB" * 4_000_000,
    "dashes": "-" * 16_000_000,
}


@pytest.mark.parametrize("name", sorted(BUNDLES))
def test_bundle_of_any_content_is_read_in_time(name: str, root: Path) -> None:
    write(
        root, "usr/local/share/ca-certificates/av.crt", BUNDLES[name] + "\n" + CERTIFICATE.read_text(encoding="utf-8")
    )
    if "without" not in name and name != "beginnings":
        assert any("Kaspersky" in str(item) for item in look(root).items.values() if item["kind"] == "certificate")
    else:
        look(root)


@pytest.mark.parametrize("search_path", ["", "/nonexistent"], ids=["with rpm", "without rpm"])
@pytest.mark.parametrize("name", ["rpmdb.sqlite", "Packages", "Packages.db"])
def test_damaged_database_of_rpm_s_is_told(name: str, search_path: str, root: Path) -> None:
    if not search_path and not shutil.which("rpm"):
        pytest.skip("there is no rpm here")
    place = write(root, f"var/lib/rpm/{name}", "")
    place.write_bytes((HEADER if "sqlite" in name else b"") + random.Random(2).randbytes(100_000))
    seen = look(root, search_path=search_path)
    assert seen.is_unknown("package:rpm")
    assert seen.found() == ["kesl installed"]


def test_database_is_read_by_python_3_6(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(tmp_path / "rows.db")) as database:
        database.execute("CREATE TABLE rows (x)")
        database.execute("INSERT INTO rows VALUES (7)")
        database.commit()
    monkeypatch.delattr(sqlite3, "SQLITE_FUNCTION")

    def read(opened: sqlite3.Connection) -> list[tuple[int]]:
        return opened.execute("SELECT x FROM rows").fetchall()

    assert plain_sqlite.done(str(tmp_path / "rows.db"), ("rows",), read, 1) == [(7,)]


def test_time_limit_ends_what_sqlite_does(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "rows.db")) as database:
        database.execute("CREATE TABLE rows (x)")
        database.executemany("INSERT INTO rows VALUES (?)", ((n,) for n in range(1000)))
        database.commit()
    long = "SELECT 1 FROM rows a, rows b, rows c, rows d WHERE a.x + b.x + c.x + d.x < 0"
    with pytest.raises(CutOff), time_limit(0.1, "a database"):
        plain_sqlite.done(str(tmp_path / "rows.db"), ("rows",), lambda opened: list(opened.execute(long)), 1)
