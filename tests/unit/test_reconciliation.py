"""How a management server's list and the records of hosts match, in each document of a report."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.device_list import document
from ansible_collections.avshift.endpoint.plugins.plugin_utils.device_list.device import Device, DeviceList, Source
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import reconciliation
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet.reconciliation import Known
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.redact import folder as redact
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import folder, listed
from hostile_records import FORMULAS, RUN
from hypothesis import given
from hypothesis import strategies as st
from plans import case_of, plan_of
from schemas import problems
from support import FIXTURES, load_yaml

CASES: dict[str, dict[str, Any]] = load_yaml(FIXTURES / "device_lists" / "reconciled.yml")
SOURCE = Source("export", "/srv/devices.txt", "2026-11-29T12:00:00Z", "ab" * 32)
FIRST = b"Name\tDNS name\tParent group\tNetwork Agent version\tLast visible\n"


def _known(told: dict[str, Any]) -> Known:
    agents = told.get("agents")
    return Known(told["name"], told.get("reached", True), None if agents is None else tuple(agents))


@pytest.mark.parametrize("name", CASES)
def test_hosts_and_devices_go_together_or_are_listed(name: str) -> None:
    case = CASES[name]
    found = DeviceList(SOURCE, [Device(**told) for told in case["devices"]])
    made = reconciliation.reconcile(found, map(_known, case["hosts"]), case.get("since", ""))
    assert [[row["result"], row["host"], row["device"]] for row in made.rows] == case["rows"]
    assert {way: count for way, count in made.head["matched_by"].items() if count} == case["matched"]
    assert sum(made.head["counts"].values()) == len(case["rows"])


NAMES = st.sampled_from(["web1", "web1.a.org", "web1.b.org", "WEB1", "web2", "web2.a.org", "10.0.0.1", "x"])
DEVICES = st.lists(st.builds(Device, name=NAMES, fqdn=st.one_of(st.just(""), NAMES)), max_size=6)
HOSTS = st.lists(st.builds(Known, host=NAMES, is_reached=st.booleans(), agents=st.none()), max_size=6)


@given(DEVICES, HOSTS)
def test_every_device_and_every_host_is_accounted_for_once(devices: list[Device], hosts: list[Known]) -> None:
    made = reconciliation.reconcile(DeviceList(SOURCE, devices), hosts)
    rows = {result: [row for row in made.rows if row["result"] == result] for result in reconciliation.RESULTS}
    ambiguous = {row["host"] for row in rows["ambiguous"]}
    unknown = {row["host"] for row in rows["unknown_to_server"]}
    reached = {host.host for host in hosts if host.is_reached}
    assert not ambiguous & unknown
    assert unknown <= reached
    silent = {host.host for host in hosts} - reached
    assert len({host.host for host in hosts}) == made.head["hosts"]
    assert (
        made.head["matched"]
        + len(ambiguous)
        + len(unknown)
        + len(silent - ambiguous - {row["host"] for row in rows["never_reached"]})
        == made.head["hosts"]
    )
    no_record = [row for row in rows["never_reached"] if not row["host"]]
    assert len(no_record) + made.head["matched"] <= len(devices)


def _fleet(home: Path) -> Path:
    """Write records of one host that was reached, and of one that was not; return their folder."""
    plan = plan_of(case_of("full"), "web1.example.org")
    records.write(home / "records/1.json", runs.of_plan("web1.example.org", {"plan": plan}, RUN))
    records.write_silent(str(home / "records"), runs.of_run("web9.example.org", "migrate", RUN, {}))
    return home / "records"


def _made(home: Path, rows: bytes, since: str = "2026-11-01") -> Path:
    (home / "devices.txt").write_bytes(FIRST + rows)
    devices = listed.of_file(str(home / "devices.txt"), since)
    folder.make(str(_fleet(home)), str(home / "report"), (), devices=devices)
    return home / "report"


ROWS = (
    b"WEB1\tweb1.example.org\tServers\t1.2.3.4\t2026-10-01T00:00:00Z\n"
    b"WEB5\tweb5.example.org\tServers\t15.1\t2026-11-20T00:00:00Z\n"
    b"WEB9\tweb9.example.org\tServers\t15.1\t\n"
)


def test_each_document_has_the_reconciliation(tmp_path: Path) -> None:
    made = _made(tmp_path, ROWS)
    content = json.loads((made / "report.json").read_text(encoding="ascii"))
    assert problems("report", content) == []
    told = content["device_list"]
    assert told["counts"] == {
        "never_reached": 2,
        "unknown_to_server": 0,
        "agent_differs": 1,
        "seen_before": 1,
        "ambiguous": 0,
    }
    assert told["source"]["sha256"] == hashlib.sha256((tmp_path / "devices.txt").read_bytes()).hexdigest()
    rows = list(csv.DictReader(io.StringIO((made / "reconciliation.csv").read_text(encoding="utf-8"))))
    assert [(row["result"], row["host"], row["device"]) for row in rows] == [
        ("never_reached", "", "WEB5"),
        ("never_reached", "web9.example.org", "WEB9"),
        ("agent_differs", "web1.example.org", "WEB1"),
        ("seen_before", "web1.example.org", "WEB1"),
    ]
    book = openpyxl.load_workbook(made / "report.xlsx")
    sheet = [list(row) for row in book["Reconciliation"].iter_rows(values_only=True)]
    assert sheet[0] == list(rows[0])
    assert [row[2] for row in sheet[1:]] == ["WEB5", "WEB9", "WEB1", "WEB1"]
    summary = dict(row[:2] for row in book["Summary"].iter_rows(min_row=2, values_only=True))
    assert summary["device list: SHA-256"] == told["source"]["sha256"]
    assert summary["device list: never reached"] == 2
    for name in ("report.html", "report.md"):
        text = (made / name).read_text(encoding="utf-8").replace("\\", "")
        for said in (
            "never reached: 2",
            told["source"]["sha256"],
            told["source"]["time"],
            "Last seen before 2026-11-01",
        ):
            assert said in text, (name, said)
    assert "reconciliation.csv" in (made / "SHA256SUMS").read_text(encoding="ascii")


def test_without_a_list_there_is_no_file_and_an_earlier_one_goes(tmp_path: Path) -> None:
    made = _made(tmp_path, ROWS)
    assert (made / "reconciliation.csv").is_file()
    folder.make(str(tmp_path / "records"), str(made), ())
    assert not (made / "reconciliation.csv").exists()
    content = json.loads((made / "report.json").read_text(encoding="ascii"))
    assert content["device_list"] is None
    assert problems("report", content) == []


def test_an_incomplete_or_unverified_list_is_never_shown_as_whole(tmp_path: Path) -> None:
    source = Source("server", "https://ksc.example.org:13299", "2026-11-29T12:00:00Z", "ab" * 32, verified=False)
    found = DeviceList(source, [Device(name="web1")], ["1 secondary servers did not answer: Branch"])
    path = tmp_path / "list.json"
    path.write_text(json.dumps(document.compose(found)), encoding="utf-8")
    made = folder.make(str(_fleet(tmp_path)), str(tmp_path / "report"), (), devices=listed.of_file(str(path), None))
    for name in ("report.html", "report.md"):
        text = (tmp_path / "report" / name).read_text(encoding="utf-8").replace("\\", "")
        assert "THE LIST IS INCOMPLETE" in text and "Branch" in text, name
        assert "certificate was not checked" in text.replace("&#39;", "'"), name
    assert any("INCOMPLETE" in line for line in made.lines)


def test_what_a_server_says_is_no_formula_and_no_markup(tmp_path: Path) -> None:
    named = [text.encode() for text in [*FORMULAS, "<script>alert(1)</script>", "| a | b", "{{ x }}"]]
    rows = b"".join(
        b'"' + name.replace(b'"', b'""') + b'"\tn%d\t"=x"\t+1\t\n' % number for number, name in enumerate(named)
    )
    made = _made(tmp_path, rows)
    cells = [cell for row in csv.reader(io.StringIO((made / "reconciliation.csv").read_text("utf-8"))) for cell in row]
    assert [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@", "＝"))] == []
    assert "<script>alert(1)" not in (made / "report.html").read_text(encoding="utf-8")
    assert "<script>" not in (made / "report.md").read_text(encoding="utf-8")


def test_names_of_a_list_are_redacted(tmp_path: Path) -> None:
    made = _made(tmp_path, b"SECRETBOX\tsecretbox.hidden.example\tSekretariat\t15.1\t\n" + ROWS)
    redact.make([str(made / "report.json")], str(tmp_path / "redacted"))
    (path,) = (tmp_path / "redacted").rglob("*.json")
    text = path.read_text(encoding="utf-8").casefold()
    for name in ("secretbox", "sekretariat", "hidden", "web5", "devices.txt"):
        assert name not in text, name


@pytest.mark.parametrize(
    ("path", "since"), [(None, "2026-11-01"), ("devices.txt", "soon"), ("devices.txt", "2026-13-01")]
)
def test_a_day_that_is_none_is_refused(path: str | None, since: str) -> None:
    with pytest.raises(AvshiftError) as caught:
        listed.of_file(path, since)
    assert caught.value.code == "device_list_wrong"


def test_a_large_fleet_is_held_against_a_large_list() -> None:
    """20,000 of each: comparing each with each would take an hour."""
    devices = [Device(fqdn=f"web{number}.example.org", name=f"WEB{number}") for number in range(20_000)]
    hosts = [Known(f"web{number}.example.org", True, None) for number in range(20_000)]
    assert reconciliation.reconcile(DeviceList(SOURCE, devices), hosts).head["matched"] == 20_000
