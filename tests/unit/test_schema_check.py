"""Our own reading of the schemas agrees with the library jsonschema, on anything that a host or a site may send."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils import schema
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schemas import SCHEMAS, problems
from support import REPOSITORY, load_yaml

DATA = REPOSITORY / "plugins/plugin_utils/catalog/data"
EXAMPLES = {
    "product": sorted(DATA.glob("products/*/*.yml")) + sorted(DATA.glob("antivirus/*/*.yml"))[:6],
    "provider": sorted(DATA.glob("providers/*.yml")),
    "policy": sorted(DATA.glob("policies/*.yml")),
    "limits": sorted(DATA.glob("limits/*/*.yml")),
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


def _places(content: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (container, key) of everything in a document."""
    for key in content if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ():
        yield content, key
        yield from _places(content[key])


def broken_copy(content: Any, chance: random.Random, value: Any) -> Any:
    """Return a copy in which one place is missing, changed, or there twice."""
    changed = copy.deepcopy(content)
    place, key = chance.choice(list(_places(changed)))
    how = chance.choice(("gone", "other", "added"))
    if how == "gone":
        del place[key]
    elif how == "other":
        place[key] = value
    elif isinstance(place, dict):
        place["added"] = value
    else:
        place.append(value)
    return changed


@pytest.mark.parametrize("name", sorted(EXAMPLES))
@given(chance=st.randoms(use_true_random=False), value=ANYTHING)
def test_a_broken_document_is_refused_where_the_library_refuses_it(
    name: str, chance: random.Random, value: object
) -> None:
    broken = broken_copy(load_yaml(chance.choice(EXAMPLES[name])), chance, value)
    assert bool(schema.violations(name, broken)) == bool(problems(name, broken))


@pytest.mark.parametrize("name", sorted(SCHEMAS))
@given(value=ANYTHING)
def test_any_content_is_judged_as_the_library_judges_it(name: str, value: object) -> None:
    assert bool(schema.violations(name, value)) == bool(problems(name, value))


@pytest.mark.parametrize(
    ("name", "path"), [(name, path) for name, paths in EXAMPLES.items() for path in paths], ids=str
)
def test_what_is_right_has_no_violation(name: str, path: Any) -> None:
    assert schema.violations(name, load_yaml(path)) == []


KEYS, TEXTS = st.sampled_from(("a", "b", "c")), st.sampled_from(("x", "y", 1, True, None))
BOUND = st.sampled_from(({"required": ["d"]}, {"properties": {"d": {"type": "string"}}}, {"maxProperties": 1}, False))
CONDITION = st.builds(
    lambda asked, then: {"if": {"properties": {key: {"const": value} for key, value in asked.items()}}, "then": then},
    st.dictionaries(KEYS, TEXTS, min_size=1, max_size=2),
    BOUND,
)


@given(
    rules=st.lists(CONDITION | BOUND, min_size=1, max_size=5),
    value=st.dictionaries(KEYS | st.just("d"), TEXTS | st.lists(st.none(), max_size=1), max_size=3)
    | st.text(max_size=1),
)
def test_rules_that_are_passed_over_say_nothing_to_the_library_either(rules: list[Any], value: object) -> None:
    asked = {"allOf": rules}
    assert bool(schema.violations_of(asked, value)) == (not Draft202012Validator(asked).is_valid(value))


def test_what_one_condition_describes_is_not_kept_for_another_schema() -> None:
    always = {"if": True, "then": {"properties": {"a": True}}}
    assert schema.violations_of(always, {"a": 1}) == []
    assert schema.violations_of({"anyOf": [True], "unevaluatedProperties": False}, {"a": 1})


def test_a_violation_names_the_place_what_was_expected_and_what_is_there() -> None:
    entry = load_yaml(DATA / "products/linux/kesl.yml")
    entry["class"] = "virus\x1b[2J"
    del entry["name"]
    told = [str(one) for one in schema.violations("product", entry)]
    assert any(line.startswith("$: expected the key name, found an object of") for line in told)
    assert any(line.startswith("$.class: expected one of") and "\\u001b[2J" in line for line in told)


def test_a_keyword_that_is_not_known_is_refused() -> None:
    check = schema._Check({"not": {}})
    with pytest.raises(KeyError, match="not"):
        check.of({"not": {}}, 1, "$")
