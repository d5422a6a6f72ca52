"""Documents on the controller: what a host's texts do in them, who can read them, and where they are written."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils import documents
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import folder
from attacks import attack
from hostile_records import FORMULAS, HOSTILE, record_named, record_with

MALLORY = 65534
STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
LIMIT = 300


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of records in which every text of a host's is hostile."""
    home = tmp_path_factory.mktemp("report")
    made = [record_with(poison) for poison in HOSTILE] + [record_named(name) for name in FORMULAS]
    for number, record in enumerate(made):
        records.write(home / "records" / f"{number}.json", record)
    folder.make(str(home / "records"), str(home / "report"), ())
    return home / "report"


def _junit(text: bytes) -> None:
    root = ElementTree.fromstring(text)
    assert len(list(root.iter("testcase"))) >= len(HOSTILE) + len(FORMULAS)
    assert {one.tag for one in root.iter()} <= {
        "testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out", "properties", "property"
    }  # fmt: skip
    assert b"<!DOCTYPE" not in text
    assert b"<!ENTITY" not in text


def _csv(text: bytes) -> None:
    rows = list(csv.reader(io.StringIO(text.decode())))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert [
        cell for row in rows for cell in row if cell.startswith(STARTS) and not re.fullmatch(r"-?[\d.]+", cell)
    ] == []


def _xlsx(text: bytes) -> None:
    book = zipfile.ZipFile(io.BytesIO(text))
    assert not [name for name in book.namelist() if "vba" in name.lower() or "external" in name.lower()]
    for name in book.namelist():
        tags = {one.tag.rpartition("}")[2] for one in ElementTree.fromstring(book.read(name)).iter()}
        assert not tags & {"f", "hyperlink", "oleObject"}


def _html(text: bytes) -> None:
    page = text.decode()
    assert "<script>alert" not in page
    assert not re.search(r"<(img|iframe|object|embed)\b|<[^>]*\son(load|error|focus)\s*=", page)
    assert {char for char in page if unicodedata.category(char) in HIDDEN} <= {"\n", "\t"}


def _markdown(text: bytes) -> None:
    page = text.decode()
    assert "<script" not in page
    assert not re.search(r"(?<!\\)!\[", page)
    assert {char for char in page if unicodedata.category(char) in HIDDEN} <= {"\n", "\t"}


def _json(text: bytes) -> None:
    assert isinstance(json.loads(text), dict)
    assert text.isascii()


CHECKS: dict[str, Callable[[bytes], None]] = {
    "junit.xml": _junit,
    "report.csv": _csv,
    "report.xlsx": _xlsx,
    "report.html": _html,
    "report.md": _markdown,
    "report.json": _json,
    "oscal-assessment-results.json": _json,
    "oscal-poam.json": _json,
}


@attack("text-in-a-report", threat="texts of a host are markup, formulas, escapes, entities", holds="they are text")
@pytest.mark.parametrize("name", sorted(CHECKS))
def test_texts_of_a_host_are_text_in_every_document(report: Path, name: str) -> None:
    CHECKS[name]((report / name).read_bytes())


def _as_mallory(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    drop = f"import os, sys; os.setgroups([]); os.setgid({MALLORY}); os.setuid({MALLORY})\n"
    command = [sys.executable, "-c", drop + code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)


@pytest.fixture
def open_home() -> Iterator[Path]:
    """A folder that every user of the machine can reach."""
    before = os.umask(0o022)
    with tempfile.TemporaryDirectory(dir="/tmp") as home:
        Path(home).chmod(0o755)
        yield Path(home)
    os.umask(before)


@attack("reader-of-records", threat="another user of the controller reads records and reports", holds="she cannot")
@pytest.mark.parametrize("path", ["report/report.html", "report/report.json", "records/0.json", "records", "report"])
def test_another_user_reads_nothing(open_home: Path, path: str) -> None:
    records.write(open_home / "out/records/0.json", record_with("x"))
    folder.make(str(open_home / "out/records"), str(open_home / "out/report"), ())
    (open_home / "plain").write_text("x", encoding="utf-8")
    look = "print(open(sys.argv[1]).read() if sys.argv[2] else os.listdir(sys.argv[1]))"
    assert _as_mallory(look, str(open_home / "plain"), "file").stdout == "x\n"
    seen = _as_mallory(look, str(open_home / "out" / path), "file" if "." in path else "")
    assert "PermissionError" in seen.stderr
    assert seen.stdout == ""


@attack("reader-of-a-shared-folder", threat="records lie in a folder that others may enter", holds="they read no file")
def test_a_file_is_its_users_alone_in_a_folder_of_others_too(open_home: Path) -> None:
    (open_home / "shared").mkdir(mode=0o755)
    records.write(open_home / "shared/0.json", record_with("x"))
    seen = _as_mallory("print(open(sys.argv[1]).read())", str(open_home / "shared/0.json"))
    assert "PermissionError" in seen.stderr
    assert (open_home / "shared").stat().st_mode & 0o777 == 0o755


@attack("link-in-the-output-folder", threat="a link lies where a document is to be written", holds="its target is left")
@pytest.mark.parametrize("link", ["symbolic", "hard", "to-nowhere", "old-draft"])
def test_a_link_in_the_place_of_a_document_is_not_followed(tmp_path: Path, link: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("the owner's", encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    places = {"old-draft": f".report.html.{os.getpid()}"}
    place = out / places.get(link, "report.html")
    if link == "hard":
        os.link(victim, place)
    else:
        place.symlink_to(tmp_path / "nowhere" if link == "to-nowhere" else victim)
    documents.write_text(out / "report.html", "new")
    assert victim.read_text(encoding="utf-8") == "the owner's"
    assert not (tmp_path / "nowhere").exists()
    assert not (out / "report.html").is_symlink()
    assert (out / "report.html").read_text(encoding="utf-8") == "new"


ODD: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "endless": lambda path: path.symlink_to("/dev/zero"),
    "silent": lambda path: path.symlink_to("/dev/tty"),
    "folder": lambda path: path.mkdir(),
    "loop": lambda path: path.symlink_to(path),
    "sparse": lambda path: (path.touch(), os.truncate(path, 40 << 30)),
    "deep": lambda path: path.write_text("[" * 200_000, encoding="utf-8"),
    "bytes": lambda path: path.write_bytes(bytes(range(256)) * 99),
    "another": lambda path: path.write_text(
        '{"kind": "avshift.endpoint record", "format_version": 1}', encoding="utf-8"
    ),
    "newer": lambda path: path.write_text(
        '{"kind": "avshift.endpoint record", "format_version": 99}', encoding="utf-8"
    ),
}


@attack("odd-file-among-records", threat="something else lies among the records", holds="it is named; all others count")
@pytest.mark.parametrize("kind", sorted(ODD))
def test_what_is_no_record_is_named_and_costs_nothing(tmp_path: Path, kind: str) -> None:
    records.write(tmp_path / "records" / "good.json", record_with(""))
    ODD[kind](tmp_path / "records" / "odd.json")
    made = folder.make(str(tmp_path / "records"), str(tmp_path / "report"), ())
    assert made.totals["hosts"] == 1
    damaged = json.loads((tmp_path / "report/report.json").read_text(encoding="utf-8"))["damaged"]
    assert [one["file"] for one in damaged] == ["odd.json"]


@attack(
    "odd-file-for-a-document",
    threat="another user of a shared folder puts something else where a document is",
    holds="it is replaced, and neither waited for nor read to its end",
)
@pytest.mark.parametrize("kind", ["pipe", "endless", "silent", "loop", "sparse", "bytes"])
@pytest.mark.parametrize("dry_run", [False, True])
def test_what_lies_in_the_place_of_a_document_is_not_read_to_its_end(tmp_path: Path, kind: str, dry_run: bool) -> None:
    ODD[kind](tmp_path / "plan.json")
    _paths, is_new = documents.write_changed(str(tmp_path), {"plan.json": "{}\n"}, dry_run=dry_run)
    assert is_new
    if not dry_run:
        assert not (tmp_path / "plan.json").is_symlink()
        assert documents.read_bytes(tmp_path / "plan.json", 3) == b"{}\n"


NAMES = [
    "/etc/passwd",
    "../x",
    "..",
    ".",
    "a/b",
    "%2e%2e%2fx",
    "a\0b",
    "a\nb",
    "\x1b[2J",
    "é" * 200,
    "x" * 5000,
    "~root",
    "-rf",
    " ",
]


@attack("record-outside-its-folder", threat="a host's name is a path", holds="its record is one file in the folder")
@pytest.mark.parametrize("number", range(len(NAMES)))
def test_a_record_is_one_file_in_its_folder(tmp_path: Path, number: int) -> None:
    home = tmp_path / "records"
    for name in NAMES:
        records.write(records.path_of(str(home), name), {"host": name})
    assert os.listdir(tmp_path) == ["records"]
    hosts = [json.loads(path.read_text(encoding="utf-8"))["host"] for path in home.iterdir()]
    assert sorted(hosts) == sorted(NAMES)
    assert NAMES[number] in hosts


@attack(
    "draft-that-stays", threat="the disk is full, or a renderer fails", holds="no draft stays, the old document does"
)
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("x"), MemoryError()])
def test_no_draft_stays(tmp_path: Path, error: BaseException) -> None:
    def write(_file: object) -> None:
        raise error

    documents.write_text(tmp_path / "x.json", "before")
    with pytest.raises((AvshiftError, type(error))):
        documents.write_by(tmp_path / "x.json", write)
    assert os.listdir(tmp_path) == ["x.json"]
    assert (tmp_path / "x.json").read_text(encoding="utf-8") == "before"
