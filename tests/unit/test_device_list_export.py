"""Exported device lists: what is read from them, what is refused, and that nothing crashes the reader."""

from __future__ import annotations

import codecs
import csv
import io
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.device_list import device as devices
from ansible_collections.avshift.endpoint.plugins.plugin_utils.device_list import document, export, headings, read
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from hypothesis import given
from hypothesis import strategies as st
from schemas import problems
from support import FIXTURES, load_yaml

EXPORTS: dict[str, dict[str, Any]] = load_yaml(FIXTURES / "device_lists" / "exports.yml")
REFUSED: dict[str, dict[str, Any]] = load_yaml(FIXTURES / "device_lists" / "refused.yml")
MARKS = {"utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
DATE = "2026-11-29T12:00:00Z"


def _raw(case: dict[str, Any]) -> bytes:
    if "hex" in case:
        return bytes.fromhex(case["hex"])
    encoding = case.get("encoding", "utf-8")
    return (MARKS[encoding] if case.get("mark") else b"") + case["text"].encode(encoding)


def _parse(raw: bytes, form: dict[str, Any] | None = None) -> devices.DeviceList:
    return export.parse(raw, "devices.txt", DATE, export.Form(**(form or {})))


def _known(device: devices.Device) -> dict[str, str]:
    return {key: value for key, value in asdict(device).items() if value}


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_read(name: str) -> None:
    case = EXPORTS[name]
    found = _parse(_raw(case), case.get("form"))
    assert [_known(device) for device in found.devices] == case["devices"]
    assert len(found.gaps) == case.get("gaps", 0)
    assert found.is_whole is (not case.get("gaps"))
    told = case.get("preview", {})
    assert {key: found.preview[key] for key in told} == told
    assert problems("device_list", document.compose(found)) == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_list_is_refused_with_its_reason(name: str) -> None:
    case = REFUSED[name]
    with pytest.raises(AvshiftError, match=case["says"]) as caught:
        _parse(_raw(case), case.get("form"))
    assert caught.value.code == "device_list_wrong"


def test_a_file_s_sum_and_date_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "devices.txt"
    path.write_bytes(_raw(EXPORTS["english_tabs"]))
    os.utime(path, (1_790_000_000, 1_790_000_000))
    source = read.file(str(path)).source
    # As `printf … | sha256sum` and `date -u -d @1790000000` print it.
    assert (source.kind, source.time) == ("export", "2026-09-21T14:13:20Z")
    assert len(source.sha256) == 64
    assert source.name == str(path)


def test_a_list_that_was_written_is_read_back(tmp_path: Path) -> None:
    found = _parse(_raw(EXPORTS["russian_windows_1251"]))
    path = tmp_path / "list.json"
    path.write_text(json.dumps(document.compose(found)), encoding="utf-8")
    assert read.file(str(path)) == found


@pytest.mark.parametrize(
    "changed",
    [
        {"devices": [{"name": "a", "ansible_host": "b"}]},
        {"devices": [{"name": 5}]},
        {"devices": [{}]},
        {"source": {}},
        {"gaps": "none"},
        {"format_version": 2},
        {"devices": {"a": "b"}},
    ],
)
def test_a_written_list_of_another_form_is_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    path = tmp_path / "list.json"
    path.write_text(json.dumps({**document.compose(_parse(b"Name\nweb1\n")), **changed}), encoding="utf-8")
    with pytest.raises(AvshiftError) as caught:
        read.file(str(path))
    assert caught.value.code == "device_list_wrong"


@pytest.mark.parametrize("language", headings.LANGUAGES)
def test_headings_lead_to_fields_that_there_are(language: str) -> None:
    known = headings.LANGUAGES[language]
    assert set(known.values()) <= set(devices.FIELDS)
    assert [heading for heading in known if headings.plain(heading) != heading] == []


CELL = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")), max_size=20)
CELLS = st.lists(st.tuples(CELL, CELL).filter(lambda pair: pair[0].strip() != ""), min_size=1, max_size=8)


@given(CELLS, st.sampled_from("\t;,|"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.booleans())
def test_what_a_console_writes_is_what_is_read(
    rows: list[tuple[str, str]], delimiter: str, encoding: str, quoted: bool
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerow(["Name", "Parent group"])
    writer.writerows(rows)
    found = _parse(text.getvalue().encode(encoding))
    assert [(device.name, device.group) for device in found.devices] == [(a.strip(), b.strip()) for a, b in rows]
    assert found.is_whole


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("is_given", [False, True])
def test_utf_16_without_a_mark_is_known_in_cyrillic_too(encoding: str, is_given: bool) -> None:
    text = "Устройство\tDNS-имя\tГруппа\r\nПК-1\tпк1.example.org\tУправляемые устройства\r\n"
    form = export.Form(encoding="utf-16" if is_given else "")
    found = export.parse(text.encode(encoding), "list.txt", "2026-11-30T00:00:00Z", form)
    assert [device.name for device in found.devices] == ["ПК-1"]
    assert (found.preview["encoding"], found.preview["language"]) == (encoding, "russian")


SAMPLES = [_raw(case) for case in EXPORTS.values()]


@given(st.sampled_from(SAMPLES), st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=4)), max_size=6))
def test_changed_bytes_are_read_or_refused(raw: bytes, changes: list[tuple[int, bytes]]) -> None:
    for place, put in changes:
        raw = raw[:place] + put + raw[place + 1 :]
    _is_read_or_refused(raw)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    _is_read_or_refused(raw)


def _is_read_or_refused(raw: bytes) -> None:
    try:
        found = _parse(raw)
    except AvshiftError as error:
        assert error.code in ("device_list_wrong", "device_list_too_large")
    else:
        assert all(device.is_named for device in found.devices)
        assert problems("device_list", document.compose(found)) == []


def test_an_empty_table_is_an_empty_list() -> None:
    assert _parse(b"Name\tDNS name\n").devices == []


def test_a_large_fleet_s_list_is_read() -> None:
    """50,000 rows: a reader with quadratic cost would take hours."""
    raw = b"Name\tDNS name\n" + b"".join(b"web%d\tweb%d.example.org\n" % (number, number) for number in range(50_000))
    assert len(_parse(raw).devices) == 50_000
