"""Every format of a report can be read by a third-party reader, whatever its records contain."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import unicodedata
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xmlschema
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog import policies
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog.packs import Pack
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record.console import Console
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import columns, folder, gather, sheets
from hostile_records import FORMULAS, HOSTILE, RUN, record_named, record_with
from openpyxl import load_workbook
from plans import case_of, plan_of
from schemas import problems
from support import FIXTURES

BOD: tuple[Pack, ...] = policies.load(["us_bod_17_01"])
JUNIT = xmlschema.XMLSchema11(str(FIXTURES / "junit.xsd"))
DANGEROUS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def _made(home: Path, *made: dict[str, Any]) -> Path:
    """Return the folder of the report of these records, each in a file of its own."""
    for number, record in enumerate(made):
        records.write(home / "records" / f"{number}.json", record)
    folder.make(str(home / "records"), str(home / "report"), BOD)
    return home / "report"


def _cells(book: Path) -> list[tuple[str, Any, str]]:
    """Return (sheet, value, type) of every cell."""
    return [(sheet.title, cell.value, cell.data_type) for sheet in load_workbook(book) for row in sheet for cell in row]


def _is_plain(text: str) -> bool:
    hidden = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
    return not any(unicodedata.category(char) in hidden for char in text)


@pytest.mark.parametrize("poison", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_records_do_no_harm_in_any_format(poison: str, tmp_path: Path) -> None:
    made = _made(tmp_path, record_with(poison))
    assert problems("report", json.loads((made / "report.json").read_text(encoding="ascii"))) == []
    rows = list(csv.reader(io.StringIO((made / "report.csv").read_bytes().decode("utf-8"), newline="")))
    assert [len(row) for row in rows] == [len(columns.HOSTS)] * 2
    cells = _cells(made / "report.xlsx")
    assert {kind for _sheet, _value, kind in cells} <= {"s", "n", "inlineStr"}
    texts = [value for row in rows for value in row] + [value for _s, value, _k in cells if isinstance(value, str)]
    assert [text for text in texts if not _is_plain(text) or text.lstrip().startswith(DANGEROUS)] == []
    assert max(map(len, texts)) < 32_767
    tree = ElementTree.fromstring((made / "junit.xml").read_bytes())
    JUNIT.validate(tree)
    assert [case.get("name", "")[:4] for case in tree.iter("testcase")] == ["host"]
    assert all(_is_plain(text) for node in tree.iter() for text in (*node.attrib.values(), (node.text or "").strip()))
    for name in ("oscal-assessment-results.json", "oscal-poam.json"):
        text = (made / name).read_bytes()
        assert text.isascii()
        json.loads(text)


@pytest.mark.parametrize("name", FORMULAS)
def test_no_cell_begins_as_a_formula(name: str, tmp_path: Path) -> None:
    made = _made(tmp_path, record_named(name))
    with (made / "report.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    cells += [value for _sheet, value, _kind in _cells(made / "report.xlsx") if isinstance(value, str)]
    begun = [cell for cell in cells if cell.lstrip().startswith(DANGEROUS) and not NUMBER.fullmatch(cell)]
    assert begun == []
    shown = name.replace("\t", "\\t").replace("\r", "\\r").replace("\n", "\\n")
    assert f"'{shown}" in cells or shown in cells


def test_numbers_stay_numbers_in_the_workbook(tmp_path: Path) -> None:
    made = _made(tmp_path, {**record_with(""), "window_seconds": 0.25})
    table = [[cell.value for cell in row] for row in load_workbook(made / "report.xlsx")["Hosts"]]
    told = dict(zip(*table, strict=True))
    assert (told["window in seconds"], told["files archived"], told["steps not as planned"]) == (0.25, 3, 1)
    assert told["exceptions"] == "e (active)"


def test_a_full_sheet_goes_on_in_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    for count, wanted in ((0, [1]), (3, [4]), (4, [4, 2]), (7, [4, 4, 2])):
        table = sheets.Table("A" * 31, ("n", "text"), lambda count=count: ([n, "x"] for n in range(count)), (5, 5))
        sheets.write(tmp_path / "book.xlsx", [table])
        book = load_workbook(tmp_path / "book.xlsx")
        assert [sheet.max_row for sheet in book] == wanted
        assert all(len(sheet.title) <= 31 for sheet in book)
        assert [row[0] for sheet in book for row in sheet.iter_rows(min_row=2, values_only=True)] == list(range(count))


def test_columns_beyond_z() -> None:
    assert [sheets._column(number) for number in (0, 25, 26, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]


def test_ci_counts_hosts_as_its_tests(tmp_path: Path) -> None:
    verdicts = ["removed_verified", "failed", "unknown", "planned", "refused", "never_present", "excepted"]
    hosts = [{**record_with(""), "host": f"h{n}", "verdict": verdict} for n, verdict in enumerate(verdicts)]
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "z.json").write_text("{", encoding="ascii")
    tree = ElementTree.parse(_made(tmp_path, *hosts) / "junit.xml").getroot()
    JUNIT.validate(tree)
    counts = {name: int(tree[0].get(name, "")) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": 8, "failures": 2, "errors": 2, "skipped": 2}
    for name, element in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert len(list(tree.iter(element))) == counts[name]


def test_same_records_give_the_same_bytes_in_every_format(tmp_path: Path) -> None:
    made = [{**record_with(""), "host": f"h{n}"} for n in range(3)]
    one, other = _made(tmp_path / "one", *made), _made(tmp_path / "other", *made)
    names = sorted(path.name for path in one.iterdir())
    # A comparison needs a device list.
    assert names == sorted({*folder.NAMES, folder.SUMS} - {"reconciliation.csv"})
    assert [name for name in names if (one / name).read_bytes() != (other / name).read_bytes()] == []


def test_sums_are_of_all_that_was_written_and_what_is_no_more_goes(tmp_path: Path) -> None:
    home = _made(tmp_path, record_with(""))
    assert (home / "oscal-poam.json").exists()
    clean = {**record_with(""), "verdict": "removed_verified", "exceptions": [], "verification": None}
    clean["plan"] = {**clean["plan"], "findings": []}
    made = _made(tmp_path, clean)
    sums = dict(reversed(line.split("  ")) for line in (made / "SHA256SUMS").read_text(encoding="ascii").splitlines())
    assert sorted(sums) == sorted(path.name for path in made.iterdir() if path.name != "SHA256SUMS")
    assert "oscal-poam.json" not in sums
    assert sums == {name: hashlib.sha256((made / name).read_bytes()).hexdigest() for name in sums}


def _run(command: list[str], home: Path, stdin: Path | None = None) -> int:
    given = stdin.read_bytes() if stdin else b""
    return subprocess.run(command, cwd=home, input=given, capture_output=True, timeout=60, check=False).returncode


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="there is no ssh-keygen here")
def test_sums_can_be_signed_and_checked_as_the_documents_say(tmp_path: Path) -> None:
    made = _made(tmp_path, record_with(""))
    key, signers, space = tmp_path / "key", tmp_path / "allowed_signers", "report@avshift.endpoint"
    assert _run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], tmp_path) == 0
    public = key.with_suffix(".pub").read_text(encoding="ascii")
    signers.write_text(f'auditor@example.org namespaces="{space}" {public}', encoding="ascii")
    assert _run(["ssh-keygen", "-Y", "sign", "-f", str(key), "-n", space, "SHA256SUMS"], made) == 0
    check = [
        "ssh-keygen",
        "-Y",
        "verify",
        "-f",
        str(signers),
        "-I",
        "auditor@example.org",
        "-s",
        "SHA256SUMS.sig",
        "-n",
    ]
    assert _run([*check, space], made, made / "SHA256SUMS") == 0
    assert _run([*check, "plan@avshift.endpoint"], made, made / "SHA256SUMS") != 0
    assert _run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], made) == 0
    (made / "report.csv").write_bytes((made / "report.csv").read_bytes() + b"x")
    assert _run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], made) != 0
    (made / "SHA256SUMS").write_bytes(b"")
    assert _run([*check, space], made, made / "SHA256SUMS") != 0


def test_report_that_cannot_be_written_is_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("", encoding="ascii")
    with pytest.raises(AvshiftError) as caught:
        _made(tmp_path, record_with(""))
    assert caught.value.code == "not_written"


def test_many_processes_give_what_one_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "PART", 2)
    monkeypatch.setattr(folder, "FEW_HOSTS", 0)
    monkeypatch.setattr(gather.os, "cpu_count", lambda: 3)
    made = [{**record_with(""), "host": f"h{n}"} for n in range(11)]
    several = _made(tmp_path / "several", *made)
    monkeypatch.undo()
    alone = _made(tmp_path / "alone", *made)
    for path in sorted(alone.iterdir()):
        assert path.read_bytes() == (several / path.name).read_bytes(), path.name


def test_error_in_another_process_arrives_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather.os, "cpu_count", lambda: 2)

    def fail(item: int) -> int:
        raise AvshiftError("code", "Doing", str(item), OSError("no space"), "Make some.")

    with pytest.raises(AvshiftError, match=r"Doing: 0: no space\. Make some\.") as caught:
        list(gather.in_processes(fail, list(range(8))))
    assert caught.value.code == "code"


def test_process_that_was_ended_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather.os, "cpu_count", lambda: 2)
    with pytest.raises(AvshiftError) as caught:
        list(gather.in_processes(lambda item: gather.os._exit(9), list(range(8))))
    assert caught.value.code == "process_lost"


BESIDE = ["conflict-with-another-vendor", "other-vendors-beside"]


@pytest.mark.parametrize("name", BESIDE)
def test_other_vendors_products_are_named_in_every_document_for_people(name: str, tmp_path: Path) -> None:
    plan = plan_of(case_of(name), "web1")
    made = _made(tmp_path, runs.of_plan("web1", {"plan": plan}, RUN))
    for document in ("report.csv", "report.md", "report.html"):
        text = (made / document).read_text(encoding="utf-8").replace("&#39;", "'")
        assert "Trend Micro Deep Security Agent" in text, document
        assert "intercepts file access" in text, document
    content = json.loads((made / "report.json").read_text(encoding="ascii"))
    assert [len(host["other_vendors"]) for host in content["hosts"]] == [1]
    assert problems("report", content) == []


def test_the_report_says_whose_answer_closed_what_and_which_of_its_names_no_record_has(tmp_path: Path) -> None:
    checks = [{"id": "mode:not_local", "result": "unknown", "detail": "only the console can tell"}]
    proven = {"provider": "clamav", "checks": checks, "result": "unknown"}
    collected = {"findings": [], "evidence": [], "unknowns": [], "complete": True, "removed_before": ["kesl"]}
    told = {"collected": {**collected, "earlier_runs": []}, "proven": proven}
    for name in ("web1", "web2", "web3"):
        records.write(tmp_path / f"records/{name}.json", runs.of_run(name, "verify", RUN, told))
    hosts = frozenset(("web1", "web2", "web3.example.com"))
    seen = Console("clamav", "2099-01-01T00:00:00Z", "an <export>", hosts)
    made = folder.make(str(tmp_path / "records"), str(tmp_path / "report"), (), console=seen)
    content = json.loads((tmp_path / "report/report.json").read_text(encoding="ascii"))
    assert problems("report", content) == []
    assert {key: content["console"][key] for key in ("hosts", "closed", "without_record")} == {
        "hosts": 3,
        "closed": 2,
        "without_record": 1,
    }
    assert content["totals"]["verdicts"] == {"removed_console_check_pending": 1, "removed_verified": 2}
    for document in ("report.md", "report.html"):
        text = (tmp_path / "report" / document).read_text(encoding="utf-8").replace("\\", "")
        assert "2 of the 3 hosts that it names were closed" in text, document
        assert "web3.example.com" in text, document
        assert "<export>" not in text, document
    assert any("web3.example.com" in line for line in made.lines)
