"""Package databases in each form, complete and damaged, read with the rpm of this machine: damaged is unknown.

tests/fixtures/rpm holds databases of the same three packages: ``bdb`` written by Debian 11's rpm 4.16, ``ndb`` and
``sqlite`` by Debian 13's rpm 4.20. ``site-base``, ``kesl`` and ``klnagent64`` are stand-ins without any program.
"""

from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.look import Look
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.packages import packages
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import rpm_database, rpm_files
from hypothesis import given, settings
from hypothesis import strategies as st
from support import FIXTURES

MAIN = {"bdb": "Packages", "ndb": "Packages.db", "sqlite": "rpmdb.sqlite"}
NAMES = {"site-base", "kesl", "klnagent64"}
ASKED = {"names": ["site-base", "kesl", "klnagent64"], "word": "", "in": []}
NOBODY = 65534
needs_rpm = pytest.mark.skipif(not shutil.which("rpm"), reason="there is no rpm here")


@pytest.fixture(autouse=True)
def in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have copies made where any user may create them."""
    monkeypatch.setattr(rpm_database, "MEMORY", str(tmp_path))


def _made(root: Path, form: str) -> Path:
    """Make a root with a database of this form, and return its main file."""
    home = root / "var/lib/rpm"
    home.mkdir(parents=True)
    for packed in (FIXTURES / "rpm" / form).iterdir():
        (home / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    return home / MAIN[form]


def _seen(root: Path) -> tuple[set[str], str]:
    """Return (names of the packages that are found, why something is unknown or '')."""
    items = list(packages.collect(ASKED, Look(str(root))))
    found = {item["value"]["name"] for item in items if "value" in item}
    return found, next((item["unknown"] for item in items if "unknown" in item), "")


@pytest.mark.parametrize("form", MAIN)
def test_each_form_is_counted_without_rpm(form: str, tmp_path: Path) -> None:
    main = _made(tmp_path / "root", form)
    assert rpm_files.count(str(main.parent), main.name, is_copy=True) == len(NAMES)


@needs_rpm
@pytest.mark.parametrize("form", MAIN)
def test_whole_database_is_read_or_unknown(form: str, tmp_path: Path) -> None:
    _made(tmp_path / "root", form)
    found, unknown = _seen(tmp_path / "root")
    assert (found == NAMES) != bool(unknown)
    # Every rpm since 4.16 reads this one.
    assert form != "sqlite" or found == NAMES


@needs_rpm
@pytest.mark.parametrize("form", MAIN)
@pytest.mark.parametrize("how", ["emptied", "zeros", "noise", "first page gone", "another's", "anyone's"])
def test_damaged_database_is_unknown(how: str, form: str, tmp_path: Path) -> None:
    main = _made(tmp_path / "root", form)
    size = main.stat().st_size
    if how == "another's":
        os.chown(main, NOBODY, NOBODY)
    elif how == "anyone's":
        main.chmod(0o666)
    else:
        content = {"emptied": b"", "zeros": bytes(size), "noise": b"noise " * (size // 6)}
        main.write_bytes(content.get(how, bytes(4096) + main.read_bytes()[4096:]))
    found, unknown = _seen(tmp_path / "root")
    assert not found and unknown


@needs_rpm
@pytest.mark.parametrize("form", MAIN)
@settings(deadline=None, max_examples=8)
@given(data=st.data())
def test_no_package_is_lost_with_a_part_of_its_database(form: str, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        main = _made(Path(folder), form)
        content = main.read_bytes()
        at = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            main.write_bytes(content[:at])
        else:
            part = data.draw(st.sampled_from([bytes(64), bytes(4096), b"\xff" * 64, os.urandom(512)]))
            main.write_bytes((content[:at] + part + content[at + len(part) :])[: len(content)])
        found, unknown = _seen(Path(folder))
    assert found == NAMES or unknown


@needs_rpm
@pytest.mark.parametrize("form", ["bdb", "ndb"])
def test_database_of_which_only_the_index_is_left_is_unknown(form: str, tmp_path: Path) -> None:
    _made(tmp_path / "root", form).unlink()
    found, unknown = _seen(tmp_path / "root")
    assert not found and unknown


@needs_rpm
@pytest.mark.parametrize("has_dpkg", [True, False])
def test_database_without_packages_is_unknown_where_no_other_knows_any(has_dpkg: bool, tmp_path: Path) -> None:
    main = _made(tmp_path / "root", "sqlite")
    with sqlite3.connect(main) as connection:
        connection.execute("DELETE FROM Packages")
        connection.execute("DELETE FROM Name")
    connection.close()
    if has_dpkg:
        (tmp_path / "root/var/lib/dpkg").mkdir()
        (tmp_path / "root/var/lib/dpkg/status").write_text(STATUS, encoding="utf-8")
    found, unknown = _seen(tmp_path / "root")
    assert not found and bool(unknown) != has_dpkg


STATUS = "Package: dpkg\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.21\n\n"
KESL = STATUS.replace("dpkg", "kesl")


def _with_dpkg(root: Path) -> Path:
    info = root / "var/lib/dpkg/info"
    info.mkdir(parents=True)
    for name in ("dpkg", "kesl"):
        (info / f"{name}.list").write_text("/.\n/opt\n/opt/kaspersky\n", encoding="utf-8")
    for name in ("status", "status-old"):
        (root / "var/lib/dpkg" / name).write_text(STATUS + KESL, encoding="utf-8")
    return root / "var/lib/dpkg"


def test_whole_database_of_dpkg_is_read(tmp_path: Path) -> None:
    _with_dpkg(tmp_path)
    assert _seen(tmp_path) == ({"kesl"}, "")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "status emptied": lambda home: (home / "status").write_text(""),
    "status and lists emptied": lambda home: ((home / "status").write_text(""), shutil.rmtree(home / "info")),
    "status gone": lambda home: (home / "status").unlink(),
    "status and lists gone": lambda home: ((home / "status").unlink(), shutil.rmtree(home / "info")),
    "status cut": lambda home: (home / "status").write_text(STATUS),
    "status overwritten": lambda home: (home / "status").write_bytes(STATUS.encode() + bytes(80)),
    "status of another": lambda home: os.chown(home / "status", NOBODY, NOBODY),
    "status anyone's": lambda home: (home / "status").chmod(0o666),
    "list emptied": lambda home: (home / "info/kesl.list").write_text(""),
    "list cut": lambda home: (home / "info/kesl.list").write_text("/.\n/opt\n/opt/kas"),
    "list overwritten": lambda home: (home / "info/kesl.list").write_bytes(b"/.\n" + bytes(30) + b"\n"),
}


@pytest.mark.parametrize("how", DAMAGES)
def test_damaged_database_of_dpkg_is_unknown(how: str, tmp_path: Path) -> None:
    DAMAGES[how](_with_dpkg(tmp_path))
    _found, unknown = _seen(tmp_path)
    assert unknown
