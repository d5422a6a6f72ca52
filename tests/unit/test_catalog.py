"""The catalog's files conform to their schemas, name sources that are explained, and have their cases."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from schemas import SCHEMAS, problems
from support import CATALOG, FIXTURES, REPOSITORY, load_yaml

HOME = REPOSITORY / "plugins/plugin_utils/catalog/data"
PRODUCTS = sorted(HOME.glob("products/*/*.yml"))
ANTIVIRUS = sorted(HOME.glob("antivirus/*/*.yml"))
PROVIDERS = sorted(HOME.glob("providers/*.yml"))
FILES = [("product", path) for path in [*PRODUCTS, *ANTIVIRUS]] + [("provider", path) for path in PROVIDERS]


def _stem(value: object) -> str:
    return value.stem if isinstance(value, Path) else str(value)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    if set(SCHEMAS[name]) <= {"$schema", "$id", "title", "description", "$defs"}:
        # It has parts for other schemas, and no document is checked against it.
        return
    # A host's answer has no version: the code that gave it came with the request. Neither has a variable.
    without = {"evidence": "live", "answer": "changed", "windows_reads": "changed", "rollout": "rings"}
    key = without.get(name, "format_version")
    assert SCHEMAS[name]["properties"][key]


@pytest.mark.parametrize(("schema", "path"), FILES, ids=_stem)
def test_file_fits_its_schema(schema: str, path: Path) -> None:
    content = load_yaml(path)
    assert problems(schema, content) == []
    assert content["id"] == path.stem
    assert schema == "provider" or content["platform"] == path.parent.name


def test_ids_are_unique() -> None:
    for paths in ([*PRODUCTS, *ANTIVIRUS], PROVIDERS):
        ids = [load_yaml(path)["id"] for path in paths]
        assert len(set(ids)) == len(ids)


def test_a_conflict_names_products_that_there_are() -> None:
    known = {product.id for product in CATALOG.antivirus}
    named = {name for provider in CATALOG.providers.values() for told in provider.conflicts for name in told.products}
    assert named and named <= known


WRONG_PATHS = ["/opt", "/", "opt/x/y", "/opt/../etc/x", "/opt/./x", "/opt//x", "/opt/x/", "", "/opt/x\ny", "//opt/x"]


@pytest.mark.parametrize("path", WRONG_PATHS)
def test_schema_refuses_a_path_that_must_never_be_removed(path: str) -> None:
    content = load_yaml(next(path for path in PRODUCTS if path.stem == "kesl"))
    for key, place in (("paths", 0), ("retain", 0)):
        changed = copy.deepcopy(content)
        changed[key][place]["path"] = path
        assert problems("product", changed)
    changed = copy.deepcopy(content)
    changed["parents"]["directories"] = [path]
    assert problems("product", changed)


FACTS = (
    "packages",
    "units",
    "processes",
    "paths",
    "groups",
    "ini_sections",
    "retain",
    "links_in",
    "parents",
    "version_from",
)


@pytest.mark.parametrize("fact", FACTS)
@pytest.mark.parametrize("key", ["source", "confidence"])
def test_schema_refuses_a_fact_without_its_source(fact: str, key: str) -> None:
    content = next(content for content in map(load_yaml, PRODUCTS) if fact in content)
    told = content[fact][0] if isinstance(content[fact], list) else content[fact]
    del told[key]
    assert problems("product", content)


def test_schema_refuses_what_it_does_not_know() -> None:
    content = load_yaml(next(path for path in PRODUCTS if path.stem == "kesl"))
    assert problems("product", {**content, "pathes": []})
    assert problems("product", {**content, "format_version": 2})
    assert problems("product", {**content, "class": "virus"})
    assert problems("product", {**content, "id": "Kesl-12"})


def _sources(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        if isinstance(content.get("source"), str):
            yield content["source"]
        content = list(content.values())
    if isinstance(content, list):
        for part in content:
            yield from _sources(part)


@pytest.mark.parametrize("path", [*PRODUCTS, *ANTIVIRUS, *PROVIDERS], ids=_stem)
def test_sources_are_explained(path: Path) -> None:
    page = (REPOSITORY / "docs" / "sources.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\|\s*`([^`]+)`\s*\|", page, re.MULTILINE))
    assert set(_sources(load_yaml(path))) - explained == set()


@pytest.mark.parametrize("path", [*PRODUCTS, *ANTIVIRUS], ids=_stem)
def test_product_has_a_case_that_finds_it_and_one_that_only_looks_like_it(path: Path) -> None:
    folder = FIXTURES / ("hosts" if path in PRODUCTS else "antivirus") / path.stem
    mine = {case.stem: load_yaml(case) for case in folder.glob("*.yml")}
    look_alikes = {name: case for name, case in mine.items() if name.startswith("look-alike")}
    assert any(found["id"] == path.stem for case in mine.values() for found in case["expect"])
    assert look_alikes
    for name, case in look_alikes.items():
        assert path.stem not in [found["id"] for found in case["expect"]], name


def test_cases_lie_in_the_folder_of_an_entry() -> None:
    for folder, paths in (("hosts", PRODUCTS), ("antivirus", ANTIVIRUS)):
        assert {path.name for path in (FIXTURES / folder).iterdir()} == {path.stem for path in paths}


def test_only_the_vendor_s_own_entries_may_be_removed() -> None:
    """Other vendors' products are found and reported, and have nothing that a removal could use."""
    for path in ANTIVIRUS:
        content = load_yaml(path)
        assert content["class"] in ("antivirus", "edr")
        assert content["vendor"]
        assert not {"retain", "parents", "net", "removal_needs", "ini_sections"} & set(content)
    for path in PRODUCTS:
        assert load_yaml(path)["class"] not in ("antivirus", "edr")


def test_versions_pattern_has_the_group_that_the_engine_reads() -> None:
    for path in PRODUCTS:
        told = load_yaml(path).get("version_from")
        assert told is None or re.compile(told["pattern"]).groups == 1


def test_retained_data_is_also_removed() -> None:
    """What is archived for the owner is inside what is removed; else the archive would be a copy of what stays."""
    for path in PRODUCTS:
        content = load_yaml(path)
        going = [told["path"] for told in content.get("paths", ())] + [
            told["file"] for told in content.get("ini_sections", ())
        ]
        for kept in content.get("retain", ()):
            assert any(kept["path"] == path or kept["path"].startswith(f"{path}/") for path in going), kept["path"]


def _named(content: Any) -> Iterator[str]:
    """Yield the options that a layout names: in a key, a condition, or a text."""
    if isinstance(content, str):
        yield from set(re.findall("@([a-z_]+)@", content)) - {"each"}
    elif isinstance(content, dict):
        yield from (content[key] for key in ("option", "each") if key in content)
        yield from content.get("when", {})
        content = list(content.values())
    if isinstance(content, list):
        for part in content:
            yield from _named(part)


def test_options_that_layouts_use_exist() -> None:
    for path in PROVIDERS:
        content = load_yaml(path)
        assert set(_named(content["platforms"])) <= set(content["options"])
        needed = [
            name for rule in content["options"].values() for names in rule.get("needs", {}).values() for name in names
        ]
        assert set(needed) <= set(content["options"])
