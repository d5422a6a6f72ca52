"""What ansible-doc shows for each module is complete: attributes, two examples, and the form of the return values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sources import PLUGINS, constant

MODULES = sorted((PLUGINS / "modules").glob("*.py"))
ATTRIBUTES = {"check_mode", "diff_mode", "idempotent", "platform"}
SUPPORT = {"full", "partial", "none"}


def _name(path: Path) -> str:
    return path.stem


def _attributes(module: Path) -> dict[str, dict[str, Any]]:
    """Return a module's attributes as ansible-doc merges them: its own win, then those of the first fragment."""
    documented = yaml.safe_load(str(constant(module, "DOCUMENTATION")))
    found: dict[str, dict[str, Any]] = dict(documented.get("attributes") or {})
    for fragment in documented["extends_documentation_fragment"]:
        file, _dot, part = fragment.removeprefix("avshift.endpoint.").partition(".")
        text = constant(PLUGINS / "doc_fragments" / f"{file}.py", (part or "documentation").upper())
        for name, said in (yaml.safe_load(str(text)).get("attributes") or {}).items():
            found[name] = {**said, **found.get(name, {})}
    return found


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_attributes_are_whole(module: Path) -> None:
    found = _attributes(module)
    acts = (PLUGINS / "action" / module.name).is_file()
    assert found.keys() == ATTRIBUTES | ({"action"} if acts else set())
    for name, said in found.items():
        assert said["support"] in SUPPORT, name
        assert said["description"], name
        assert said["support"] != "partial" or said.get("details"), f"{name}: partial, and nothing says in what"
    assert found["platform"]["platforms"]


# Which platforms a module works on, by the fragment that says so; all others work only on Linux.
SPECIAL = {"controller_alone": "posix", "looks_at_windows_too": "linux, windows"}


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_platforms_are_those_of_the_fragment_that_is_particular(module: Path) -> None:
    documented = yaml.safe_load(str(constant(module, "DOCUMENTATION")))
    named = {fragment.rpartition(".")[2] for fragment in documented["extends_documentation_fragment"]}
    own = (documented.get("attributes") or {}).get("platform", {})
    (wanted,) = [SPECIAL[name] for name in named & SPECIAL.keys()] or [own.get("platforms", "linux")]
    platform = _attributes(module)["platform"]
    assert platform["platforms"] == wanted
    assert ("systemd" in platform["description"]) == (wanted == "linux")


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_there_are_two_examples_that_call_it(module: Path) -> None:
    text = str(constant(module, "EXAMPLES"))
    assert text.count(f"avshift.endpoint.{module.stem}:") >= 2
    assert yaml.safe_load(text)


def _leaves(returned: dict[str, Any], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in returned.items():
        yield f"{above}{name}", value
        yield from _leaves(value.get("contains") or {}, f"{above}{name}.")


# An action has no documentation of its own: its module's stands for both.
RETURNING = [*MODULES, *(path for kind in ("filter", "lookup") for path in sorted((PLUGINS / kind).glob("*.py")))]


def _wanting(returned: dict[str, Any]) -> list[str]:
    """Return what documentation lacks of the values that it says are returned."""
    found = []
    for name, value in _leaves(returned):
        is_dictionary = "dict" in (value.get("type"), value.get("elements"))
        found += [f"{name}: no {key}" for key in ("description", "type") if not value.get(key)]
        found += [f"{name}: a dictionary without contains"] if is_dictionary and not value.get("contains") else []
        found += [f"{name}: contains nothing"] if "contains" in value and not is_dictionary else []
        found += [f"{name}: no sample"] if not {"sample", "contains"} & value.keys() else []
    return found


@pytest.mark.parametrize("path", RETURNING, ids=_name)
def test_what_is_returned_has_a_sample_or_is_taken_apart(path: Path) -> None:
    returned = yaml.safe_load(str(constant(path, "RETURN")))
    assert returned
    assert _wanting(returned) == []


def test_every_plugin_that_returns_something_says_what() -> None:
    saying = [path for path in PLUGINS.glob("*/*.py") if "RETURN = r" in path.read_text(encoding="utf-8")]
    assert sorted(saying) == sorted(RETURNING)


@pytest.mark.parametrize(
    ("value", "lacks"),
    [
        ({"type": "dict", "sample": {"a": 1}}, "a dictionary without contains"),
        ({"type": "list", "elements": "dict", "sample": []}, "a dictionary without contains"),
        ({"type": "int"}, "no sample"),
        ({"type": "str", "sample": "", "description": ""}, "no description"),
        ({"type": "dict", "contains": {"b": {"description": "It.", "type": "dict"}}}, "a dictionary without contains"),
    ],
)
def test_a_value_that_is_not_described_is_found(value: dict[str, Any], lacks: str) -> None:
    found = _wanting({"a": {"description": "What it is.", **value}})
    assert [one for one in found if one.endswith(lacks)]
