"""Packs say what their sources say, hosts get what the packs say, and the document agrees with both."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog import packs, policies
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from reports import content_of
from schemas import SCHEMAS, problems
from support import REPOSITORY, load_yaml
from test_report_outcome import ran

FILES = sorted((REPOSITORY / "plugins/plugin_utils/catalog/data/policies").glob("*.yml"))
ENTRIES: dict[str, dict[str, Any]] = {path.stem: load_yaml(path) for path in FILES}
CLASSES = SCHEMAS["plan"]["$defs"]["finding"]["properties"]["class"]["enum"]
PAGE = (REPOSITORY / "docs" / "policies.md").read_text(encoding="utf-8")
TABLE = dict(re.findall(r"^\| `([a-z0-9_]+)` \| ((?:[a-z_]+ \| ){8}[a-z_]+) \|$", PAGE, re.MULTILINE))


def _facts(entry: dict[str, Any]) -> list[dict[str, Any]]:
    return [*entry["rulings"], *entry["dates"]]


@pytest.mark.parametrize("name", ENTRIES)
def test_pack_is_whole_and_names_its_sources(name: str) -> None:
    entry = ENTRIES[name]
    assert problems("policy", entry) == []
    assert entry["id"] == name
    assert {fact["source"] for fact in _facts(entry)} == set(entry["sources"])
    assert [date["date"] for date in entry["dates"]] == sorted(date["date"] for date in entry["dates"])
    named = [product for ruling in entry["rulings"] for product in ruling.get("classes", ())]
    assert len(named) == len(set(named))


@pytest.mark.parametrize("name", ENTRIES)
def test_advice_requires_nothing(name: str) -> None:
    said = {ruling["disposition"] for ruling in ENTRIES[name]["rulings"]}
    assert ENTRIES[name]["force"] != "advice" or packs.REMOVE not in said


@pytest.mark.parametrize("name", ENTRIES)
def test_document_says_what_the_pack_says(name: str) -> None:
    entry, (pack,) = ENTRIES[name], policies.load([name])
    told = TABLE[name].split(" | ")
    assert told == [pack.disposition({"id": "x", "class": kind, "state": "running"}) for kind in CLASSES]
    part = PAGE.partition(f"### {name}\n")[2].partition("\n##")[0]
    for words in (entry["citation"], entry["name"], entry["as_of"], *entry["sources"], *entry["unknown"]):
        assert words.strip() in part, words
    for date in entry["dates"]:
        assert f"| {date['date']} | {date['what'].strip()} | {date['source']} | {date['confidence']} |" in part


def test_document_has_the_classes_in_their_order_and_no_other_pack() -> None:
    assert f"| pack | {' | '.join(CLASSES)} |" in PAGE
    assert set(TABLE) == set(ENTRIES)
    assert set(packs.DISPOSITIONS) <= set(re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE))


def test_no_pack_speaks_of_what_it_does_not_name() -> None:
    for pack in policies.load(list(ENTRIES)):
        assert pack.disposition({"id": "x", "class": "unrecognised", "state": "running"}) == packs.REVIEW
        assert pack.disposition({"id": "x", "class": "of a later release", "state": "running"}) == packs.REVIEW


def test_the_rules_disagree_on_an_embedded_engine() -> None:
    """One law requires removal, one directive does not apply, and another one's sources do not settle it."""
    engine = {"id": "scan_engine", "class": "embedded", "state": "running"}
    names = ("us_far_52_204_23", "us_bod_17_01", "us_bis_2024", "au_pspf_002_2025")
    found = packs.of_finding(engine, policies.load(list(names)))
    assert list(found.values()) == ["remove", "allowed", "report", "needs_review"]


@pytest.mark.parametrize(
    ("state", "known", "wanted"),
    [("running", True, "remove"), ("residue_inert", True, "report"), ("residue_inert", False, "needs_review")],
)
def test_host_has_the_strictest_of_what_was_seen(state: str, known: bool, wanted: str) -> None:
    chosen = policies.load(["us_bod_17_01"])
    seen = [{"id": "x", "class": kind, "state": state} for kind in ("exempt", "product", "embedded")]
    assert packs.of_host(seen, known, chosen) == {"us_bod_17_01": wanted}
    assert packs.of_host(seen[:1], True, chosen) == {"us_bod_17_01": "allowed"}
    assert packs.of_host([], True, chosen) == {"us_bod_17_01": None}
    assert packs.of_host([], False, chosen) == {"us_bod_17_01": "needs_review"}


def test_report_names_its_rules_and_counts_by_them() -> None:
    chosen = policies.load(["us_bod_17_01", "us_bis_2024"])
    content = content_of([("a.json", ran("full", verdict="partially_removed", left=True), "")], *chosen)
    assert problems("report", content) == []
    assert [told["citation"] for told in content["policies"]] == [ENTRIES[pack.id]["citation"] for pack in chosen]
    assert content["hosts"][0]["dispositions"] == {"us_bod_17_01": "remove", "us_bis_2024": "report"}
    assert content["totals"]["dispositions"] == {"us_bod_17_01": {"remove": 1}, "us_bis_2024": {"report": 1}}
    assert content["products"][0]["dispositions"] == {"us_bod_17_01": "remove", "us_bis_2024": "report"}


def test_pack_of_ones_own_is_read_by_its_path(tmp_path: Path) -> None:
    own = {**ENTRIES["us_bod_17_01"], "id": "ours", "force": "own"}
    ruling = {"disposition": "allowed", "says": "We keep it", "source": "BOD", "confidence": "high"}
    own["rulings"] = [*own["rulings"], {"products": ["ksc64"], **ruling}]
    assert problems("policy", own) == []
    path = tmp_path / "ours.yml"
    path.write_text(yaml.safe_dump(own), encoding="utf-8")
    pack, other = policies.load([str(path), "us_bis_2024", str(path)])
    assert (pack.id, other.id) == ("ours", "us_bis_2024")
    assert pack.disposition({"id": "ksc64", "class": "server", "state": "running"}) == "allowed"
    assert pack.disposition({"id": "kuma", "class": "server", "state": "running"}) == "remove"
    assert re.fullmatch(r"ours@[0-9a-f]{64}", pack.named)


def test_unknown_pack_is_refused_with_what_there_is() -> None:
    with pytest.raises(AvshiftError, match="us_bis_2024") as caught:
        policies.load(["us_bis"])
    assert caught.value.code == "policy_unknown"


OWN = {**ENTRIES["us_bod_17_01"], "id": "ours", "force": "own"}
BROKEN = {
    "nothing": "",
    "no-yaml": "a: [",
    "list": "[]",
    "newer": "format_version: 2",
    "no-rulings": "format_version: 1",
    "twice": yaml.safe_dump({**OWN, "rulings": OWN["rulings"] * 2}),
    "dateless": yaml.safe_dump({**OWN, "as_of": "soon"}),
    "of-one-s-own-key": yaml.safe_dump({**OWN, "rulling": []}),
    "other-word": "rulings: [{classes: [product], disposition: forbid}]\nformat_version: 1",
    "text": "rulings: x\nformat_version: 1",
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_pack_is_refused_by_its_path(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.yml"
    path.write_text(BROKEN[name], encoding="utf-8")
    for given in (path, tmp_path / "none.yml"):
        with pytest.raises(AvshiftError, match=given.name) as caught:
            policies.load([str(given)])
        assert caught.value.code == "policy_unreadable"
