"""Every key that a schema of the catalog allows is read by the code that needs it, or says where a fact is from."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from typing import Any

import pytest
from schemas import SCHEMAS
from sources import PLUGINS

LOADER, STAGING = "plugin_utils/catalog/loader.py", "plugin_utils/**/staging/*.py"
OF_LINUX, OF_WINDOWS = "plugin_utils/catalog/of_linux.py", "plugin_utils/catalog/of_windows.py"
# Which files read the keys at a place of a schema; the longest matching place counts.
READERS = {
    "product $": [LOADER, "plugin_utils/catalog/site.py"],
    "provider $": [LOADER],
    "provider $.locally_verifiable": [STAGING],
    "provider $.options": [LOADER, "plugin_utils/**/settings.py"],
    "provider $.window": ["plugin_utils/report/**/*.py"],
    "linux_catalog $.$defs.product": [LOADER, OF_LINUX, "plugin_utils/catalog/site.py"],
    "linux_catalog $.$defs.product.on_access_exclusions": ["plugin_utils/**/side_by_side.py"],
    "linux_catalog $": [
        STAGING,
        "plugin_utils/**/preflight/*.py",
        "plugin_utils/**/handover.py",
        "plugin_utils/**/side_by_side.py",
        "plugin_utils/**/selftest.py",
        "plugin_utils/**/settings.py",
        "module_utils/prove/**/*.py",
        "module_utils/apply/**/*.py",
        "module_utils/collect/**/*.py",
    ],
    "policy $": ["plugin_utils/catalog/policies.py"],
    "limits $": [LOADER],
    "linux_catalog $.$defs.limit": [LOADER],
    "linux_catalog $.$defs.limit.lists": ["module_utils/collect/**/limits.py"],
    "linux_catalog $.$defs.mark": ["module_utils/collect/**/limits.py"],
    "linux_catalog $.$defs.directories": [LOADER],
    "windows_catalog $": [LOADER, OF_WINDOWS],
    "domains $": [LOADER],
}
# Keys that say where a fact is from and how sure it is: for the catalog's maintainers, and for docs/sources.md.
EVIDENCE = {"source", "confidence", "unknown"}
# The same for a whole rule, and for a domain.
FOR_PEOPLE = {"policy": {"covers", "dates", "date", "what", "sources", "says"}, "domains": {"for"}}
# Only the schema checks a rule against it.
BY_SCHEMA = {"policy": {"format_version"}}


def _keys(node: Any, place: str = "$") -> Iterator[tuple[str, str]]:
    """Yield (place, key) of every key that a schema allows."""
    if isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict):
            for key, rule in properties.items():
                yield place, key
                yield from _keys(rule, f"{place}.{key}")
        for key, value in node.items():
            if key == "$defs":
                for name, rule in value.items():
                    yield from _keys(rule, f"{place}.$defs.{name}")
            elif key != "properties":
                yield from _keys(value, place)
    elif isinstance(node, list):
        for part in node:
            yield from _keys(part, place)


@functools.cache
def _accessed(globs: tuple[str, ...]) -> set[str]:
    """Return the keys that files read from dictionaries, by name or from a list of names."""
    found = set()
    for path in {path for pattern in globs for path in PLUGINS.glob(pattern)}:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for part in _places_of_keys(node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    found.add(part.value)
    return found


def _places_of_keys(node: ast.AST) -> list[Any]:
    if isinstance(node, ast.Subscript):
        return [node.slice]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop"):
        return node.args[:1]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.startswith("_"):
        # A function of the same file may be given the key to read.
        return node.args
    if isinstance(node, ast.Compare):
        return [node.left]
    if isinstance(node, (ast.Tuple, ast.List)):
        return node.elts
    return list(node.keys) if isinstance(node, ast.Dict) else []


def _unread(name: str, schema: dict[str, Any]) -> list[str]:
    found = []
    for place, key in sorted(set(_keys(schema))):
        readers = max((known for known in READERS if f"{name} {place}.".startswith(f"{known}.")), key=len)
        if key not in _accessed(tuple(READERS[readers])) | EVIDENCE | FOR_PEOPLE.get(name, set()) | BY_SCHEMA.get(
            name, set()
        ):
            found.append(f"{place}.{key}")
    return found


CATALOG = sorted({place.split(" ")[0] for place in READERS})


@pytest.mark.parametrize("name", CATALOG)
def test_every_key_of_the_catalog_has_its_reader(name: str) -> None:
    assert _unread(name, SCHEMAS[name]) == []


def test_every_schema_of_entries_is_looked_at() -> None:
    """The others describe what is written or answered, or are a platform's part of one that does."""
    written = {"answer", "approval", "console", "evidence", "exceptions", "plan", "plan_document", "record", "report"}
    written |= {"windows_reads", "device_list", "forecast", "rollout"}
    parts = {"platforms", "linux", "windows"}
    assert set(SCHEMAS) - written - parts == set(CATALOG)


@pytest.mark.parametrize(
    ("name", "place", "key"),
    [
        ("product", [], "colour"),
        ("linux_catalog", ["$defs", "product"], "colour"),
        ("linux_catalog", ["$defs", "product", "properties", "processes", "items"], "started_by"),
        ("windows_catalog", ["$defs", "product", "properties", "drivers", "items"], "started_by"),
        ("provider", [], "kind"),
        ("provider", [], "last_verified"),
        ("provider", ["properties", "conflicts", "items"], "with"),
        ("linux_catalog", ["$defs", "layout"], "colour"),
        ("policy", [], "colour"),
        ("linux_catalog", ["$defs", "mark"], "colour"),
    ],
)
def test_a_key_that_nobody_reads_is_found(name: str, place: list[str], key: str) -> None:
    def with_key(node: dict[str, Any], rest: list[str]) -> dict[str, Any]:
        if rest:
            return {**node, rest[0]: with_key(node[rest[0]], rest[1:])}
        return {**node, "properties": {**node["properties"], key: {"type": "string"}}}

    (found,) = _unread(name, with_key(SCHEMAS[name], place))
    assert found.endswith(f".{key}")
