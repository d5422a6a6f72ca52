"""Reads of Windows hosts and their answers follow one schema, whatever answers them."""

from __future__ import annotations

import re
from typing import Any

import forecasts
import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.schema import violations
from schemas import SCHEMAS, problems
from support import REPOSITORY
from windows_hosts import HOSTS, READS, REAL, place_of, recorded

DEFINED = SCHEMAS["windows_reads"]["$defs"]
KINDS = DEFINED["read"]["properties"]["kind"]["enum"]


def _broken(content: Any, part: str) -> bool:
    """Return whether content breaks a part of the schema; both of the schema's readers must agree."""
    ours = bool(violations("windows_reads", content, f"$defs/{part}"))
    reference = {"$ref": f"windows_reads.schema.json#/$defs/{part}"}
    assert ours == bool(_by_library(content, reference))
    return ours


def _by_library(content: Any, schema: dict[str, Any]) -> list[str]:
    from jsonschema import Draft202012Validator, FormatChecker

    whole = {**SCHEMAS["windows_reads"], **schema, "type": ["object", "array", "string", "null"]}
    whole = {
        key: value for key, value in whole.items() if key not in ("required", "additionalProperties", "properties")
    }
    whole["$ref"] = schema["$ref"].partition("json")[2]
    found = Draft202012Validator(whole, format_checker=FormatChecker(["regex"])).iter_errors(content)
    return [error.message for error in found]


def test_ten_hosts_were_recorded() -> None:
    assert len(HOSTS) == 10


def test_the_recorded_reads_follow_the_schema() -> None:
    assert not _broken(READS, "reads")


@pytest.mark.parametrize("host", HOSTS)
def test_a_recorded_host_follows_the_schema(host: str) -> None:
    result = recorded(host)
    assert problems("windows_reads", result) == [] and violations("windows_reads", result) == []
    asked = {read["id"]: read["kind"] for read in READS}
    # The system certificates of the recorded hosts were left out.
    assert set(result["answers"]) == set(asked) - {"roots"}
    for name, answer in result["answers"].items():
        assert not _broken(answer, f"{asked[name]}_answer"), name


def test_the_reads_that_no_powershell_has_answered_are_counted_in_the_documentation() -> None:
    """The recordings cannot get them without a Windows or PowerShell on Wine; see tests/windows-acceptance."""
    asked, recorded_ones = forecasts.asked()["reads"], {place_of(read) for read in READS}
    newer = [read for read in asked if place_of(read) not in recorded_ones]
    told = (REPOSITORY / "docs" / "windows.md").read_text(encoding="utf-8")
    assert f"Of the {len(asked)} reads of a plan, {len(newer)} came after the ten hosts were recorded." in told


def test_every_kind_has_a_form_of_its_read_and_of_its_answer() -> None:
    assert {f"{kind}_{form}" for kind in KINDS for form in ("read", "answer")} == {
        name for name in DEFINED if name.endswith(("_read", "_answer"))
    }


OTHER_READS: list[dict[str, Any]] = [
    {"id": "p", "kind": "content", "path": r"%SystemRoot%\Installer\1a2b.msi", "limit": 1 << 20},
    {
        "id": "c",
        "kind": "cim",
        "namespace": "root/SecurityCenter2",
        "class": "AntiVirusProduct",
        "properties": ["displayName"],
    },
    {
        "id": "u",
        "kind": "key",
        "hive": "Users",
        "view": "Registry64",
        "path": r"*\SOFTWARE\Acme",
        "match": r"^a\.(?:b|c)[0-9]{1,3}$",
    },
]
REFUSED: list[dict[str, Any]] = [
    {"id": "x", "kind": "script"},
    {"kind": "services"},
    {"id": "X y", "kind": "services"},
    {"id": "x", "kind": "services", "path": "C:\\x"},
    {"id": "x", "kind": "output", "program": "cmd.exe"},
    {"id": "x", "kind": "tree", "path": "relative"},
    {"id": "x", "kind": "tree", "path": "\\\\server\\share"},
    {"id": "x", "kind": "tree", "path": "C:\\a", "depth": 17},
    {"id": "x", "kind": "content", "path": "C:\\a", "limit": 1 << 30},
    {"id": "x", "kind": "key", "hive": "ClassesRoot", "view": "Registry64", "path": "a"},
    {"id": "x", "kind": "key", "hive": "Users", "view": "Registry64", "path": "*\\"},
    {"id": "x", "kind": "key", "hive": "LocalMachine", "view": "Default", "path": "a"},
]


@pytest.mark.parametrize("read", OTHER_READS, ids=lambda read: read["kind"])
def test_other_reads_follow_the_schema(read: dict[str, Any]) -> None:
    assert not _broken([read], "reads")


@pytest.mark.parametrize("read", REFUSED, ids=str)
def test_what_nobody_may_ask_is_refused(read: dict[str, Any]) -> None:
    assert _broken([read], "reads")


# .NET and Python read these differently, or one of them cannot read them at all.
UNLIKE = [
    r"\d",
    r"\w+",
    r"\bx",
    r"\p{L}",
    r"(?P<a>x)",
    r"(?<a>x)",
    r"(?>x)",
    r"(?=x)",
    r"(?<!x)",
    r"a++",
    r"a*+",
    r"[a-z-[b]]",
]
UNLIKE += [
    r"[[:alpha:]]",
    r"[a&&b]",
    r"(?#x)",
    r"x(?i)",
    r"(?x)a",
    r"\Z",
    r"\1",
    r"a{",
    r"(a",
    r"a)",
    r"]",
    r"(a)\1",
    r"(?i:a)",
]
ALIKE = [
    r"(?i)kasper|каспер|ultra(av|vpn)",
    r"^(?:kl|avp)",
    r"a\.b\\c",
    r"[^a-z0-9_.]+?",
    r"x{2,}",
    r"\{[0-9a-f]{8}\}$",
]


@pytest.mark.parametrize("pattern", UNLIKE)
def test_patterns_that_are_read_otherwise_are_refused(pattern: str) -> None:
    assert _broken(pattern, "pattern")


@pytest.mark.parametrize("pattern", ALIKE)
def test_patterns_that_are_read_alike_are_taken(pattern: str) -> None:
    assert not _broken(pattern, "pattern") and re.compile(pattern)


ODD_ANSWERS: list[tuple[str, Any]] = [
    ("key_answer", {}),
    ("key_answer", {"values": {"a": {"type": "String"}}}),
    ("key_answer", {"values": {"a": {"type": "Text", "data": "x"}}}),
    ("key_answer", {"values": {"a": {"type": "String", "data": {"base64": "not base64!"}}}}),
    ("key_answer", {"values": {}, "below": {"k": {}}}),
    ("tree_answer", {"attributes": -1}),
    ("tree_answer", {"size": 3}),
    ("processes_answer", {"processes": [{"id": "7", "name": "x", "path": None}]}),
    ("services_answer", {"states": {"x": {}}}),
    ("content_answer", {"gzip": "AA=="}),
]


@pytest.mark.parametrize(("part", "answer"), ODD_ANSWERS, ids=str)
def test_what_is_no_answer_is_refused(part: str, answer: Any) -> None:
    assert _broken(answer, part)


def test_windows_is_a_preview_until_a_real_one_was_recorded() -> None:
    for document in ("README.md", "docs/platforms.md"):
        lines = (REPOSITORY / document).read_text(encoding="utf-8").splitlines()
        (row,) = [line for line in lines if line.startswith("| Windows |")]
        assert ("preview" in row and "never run on a real Windows" in row) == (not REAL)
