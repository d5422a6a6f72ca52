"""Redacted documents, and what hosts with odd names and lying hosts put into them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.redact import folder
from attacks import attack

SECRET = "Zqacmebank"
NAMES = {
    "upper case": f"{SECRET.upper()}-DB01",
    "of several words": f"{SECRET} payroll server",
    "with a slash": f"{SECRET}/db01",
    "of regular expressions": f"{SECRET}.*(db|web)[0-9]+$",
    "with a line's end": f"{SECRET}\ndb01",
    "of another script": f"{SECRET}-сервер",
    "with an invisible mark": f"{SECRET}\u200b-db01",
    "with a quote": f'{SECRET}"db01',
    "very long": SECRET * 40,
    "as a pseudonym": "host-1",
}
TEXTS = {
    "in a path": "/srv/{}/data",
    "in a home": "/home/{}/x",
    "in a home of Windows": "C:\\Users\\{}\\x",
    "in an address of the web": "https://{}.example.org:8443/a?b={}",
    "in a mail address": "admin@{}.example",
    "in a unit": "backup-{}.service",
    "in a file of ours": "{}.json",
    "between brackets": "[{}]",
    "before a colon": "{}: it could not be read",
    "with digits": "{}01",
    "within a version": "1.2.3-{}",
    "in a date": "2026-01-01-{}",
    "in an ID of a step": "01-stage-{}",
    "as a key of its own": "verdict={}",
}


def _record(host: str, text: str = "") -> dict[str, Any]:
    return {
        **records.compose(host, "migrate", {"change_id": text, "time": "2026-01-01T00:00:00Z"}, "failed"),
        "failure": {"code": "module_failed", "message": text},
        "outcomes": {"stage": [{"id": text, "title": text, "facts": {text: text, "user": text, "name": [text]}}]},
    }


def _redacted(home: Path, record: dict[str, Any]) -> dict[str, str]:
    """Return the redacted texts by their paths below the output folder."""
    records.write(records.path_of(str(home / "in"), record["host"]), record)
    folder.make([str(home / "in")], str(home / "out"))
    found = {str(path.relative_to(home / "out")): path for path in (home / "out").rglob("*") if path.is_file()}
    return {name: path.read_text(encoding="utf-8") for name, path in found.items()}


def _in_it(made: dict[str, str], secret: str) -> list[str]:
    shown = {name: name + json.dumps(json.loads(text), ensure_ascii=False) for name, text in made.items()}
    return [name for name, text in shown.items() if secret.casefold() in text.casefold()]


@attack(
    "redacted-host-name",
    threat="a host whose name is of an odd form is in a record that its owner shows",
    holds="nothing of the name is in the redacted document or in its file's name",
)
@pytest.mark.parametrize("name", NAMES)
def test_a_host_s_name_of_any_form_is_gone(tmp_path: Path, name: str) -> None:
    made = _redacted(tmp_path, _record(NAMES[name], f"{NAMES[name]}: no route to {NAMES[name].upper()}"))
    assert len(made) == 1
    assert _in_it(made, NAMES[name] if name == "as a pseudonym" else SECRET) == []


@attack(
    "redacted-text",
    threat="a host puts a name that no document lists into a text that its owner shows",
    holds="nothing of the name is in the redacted document",
)
@pytest.mark.parametrize("place", TEXTS)
def test_a_name_in_any_text_is_gone(tmp_path: Path, place: str) -> None:
    made = _redacted(tmp_path, _record("h1", TEXTS[place].replace("{}", SECRET)))
    assert len(made) == 1
    assert _in_it(made, SECRET) == []


@attack(
    "redacted-taken-for-whole",
    threat="a redacted record lies in the folder of records, among whole ones",
    holds="no report is made of it",
)
@pytest.mark.parametrize("left", ["kind", "mark", "both"])
def test_a_redacted_record_is_not_reported(tmp_path: Path, left: str) -> None:
    from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import folder as report

    (text,) = _redacted(tmp_path, _record("h1")).values()
    content = json.loads(text)
    if left == "kind":
        del content["redacted"]
    elif left == "mark":
        content["kind"] = records.KIND
    (tmp_path / "in" / "h2.json").write_text(json.dumps(content))
    with pytest.raises(AvshiftError):
        report.make(str(tmp_path / "in"), str(tmp_path / "report"), ())
    assert not (tmp_path / "report").exists()
