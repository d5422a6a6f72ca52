"""The plan of a fleet is read only if it is complete, of this kind and unchanged."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.canonical import digest, encode
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from plans import VERSIONS, document_of

WHOLE = document_of("full", "agent", "refused-for-many-reasons")
SMALL = encode(document_of("clean-without-replacement"))


def _code(path: Path) -> str:
    with pytest.raises(AvshiftError, match="Reading the approved plan") as caught:
        document.read(str(path))
    assert str(path) in str(caught.value)
    return caught.value.code


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(encode(WHOLE), encoding="utf-8")
    assert document.read(str(path)) == WHOLE
    path.write_text(json.dumps(WHOLE), encoding="utf-8")
    assert document.read(str(path)) == WHOLE, "its indent is no content"


def test_missing_file_and_folder(tmp_path: Path) -> None:
    assert _code(tmp_path / "none.json") == "plan_unreadable"
    assert _code(tmp_path) == "plan_unreadable"


def test_truncated_at_every_length(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    for length in range(len(SMALL.rstrip())):
        path.write_text(SMALL[:length], encoding="utf-8")
        assert _code(path) == "plan_damaged", length


@pytest.mark.parametrize(
    "raw", [b"\xff\xfe", b"\x00", b"nonsense", b"{]", b"[" * 100_000], ids=lambda raw: str(raw[:3])
)
def test_no_json(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(raw)
    assert _code(path) in ("plan_damaged", "plan_unreadable")


@pytest.mark.parametrize("content", [[], None, 1, "plan", {}, {"kind": "avshift.endpoint record"}], ids=str)
def test_other_kind(content: object, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert _code(path) == "plan_of_other_kind"


@pytest.mark.parametrize("version", [0, 2, True, 1.0, "1", None, [1]])
def test_other_version(version: object, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({**WHOLE, "format_version": version}), encoding="utf-8")
    assert _code(path) == "plan_of_other_version"


def _places(content: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (container, key) of everything in a document."""
    for key, value in content.items() if isinstance(content, dict) else enumerate(content):
        yield content, key
        if isinstance(value, (dict, list)):
            yield from _places(value)


def _edits() -> Iterator[str]:
    """Yield the document with each of its values changed in turn."""
    edited = copy.deepcopy(document_of("refused-for-many-reasons"))
    for container, key in list(_places(edited)):
        if container is edited and key in ("kind", "format_version"):
            continue
        before, container[key] = container[key], "edited"
        yield json.dumps(edited)
        container[key] = before


def test_edited_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    for text in _edits():
        path.write_text(text, encoding="utf-8")
        assert _code(path) == "plan_edited"


def test_a_host_put_in_taken_out_or_renamed(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    hosts = WHOLE["hosts"]
    for other in (
        {**hosts, "new": hosts["full"]},
        {"full": hosts["full"]},
        {
            "renamed": hosts["full"],
            "agent": hosts["agent"],
            "refused-for-many-reasons": hosts["refused-for-many-reasons"],
        },
        {**hosts, "full": hosts["agent"]},
        {},
    ):
        path.write_text(json.dumps({**WHOLE, "hosts": other}), encoding="utf-8")
        assert _code(path) == "plan_edited"


def test_something_added(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({**WHOLE, "note": "fine by me"}), encoding="utf-8")
    assert _code(path) == "plan_edited"


def test_the_same_plans_make_the_same_document() -> None:
    again = document_of("refused-for-many-reasons", "agent", "full")
    assert encode(again) == encode(WHOLE)
    assert document.compose([], {}, VERSIONS)["digest"] != WHOLE["digest"]


def test_digest_does_not_hang_on_the_order_of_keys_but_on_that_of_lists() -> None:
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1}) != digest({"a": 1, "b": [2, 1]})
    assert encode({"b": "\u202e\udcff", "a": 1}) == '{\n "a": 1,\n "b": "\\u202e\\udcff"\n}\n'


def test_a_class_that_does_not_fit_its_digest_is_refused_though_the_sums_are_right(tmp_path: Path) -> None:
    forged = copy.deepcopy(WHOLE)
    forged["classes"][forged["hosts"]["full"]["digest"]]["steps"][-1]["title"] = "Something else"
    content = {key: value for key, value in forged.items() if key not in ("digest", "checksum")}
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(document.sealed(content)), encoding="utf-8")
    assert _code(path) == "plan_edited"
