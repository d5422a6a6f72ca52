"""Every change since a plan was approved is described in words."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval.drift import LONGEST, changes, difference
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import NOT_IN_DIGEST, digest_of
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import case_of, plan_of
from support import collected

FULL = plan_of(case_of("full"))
REFUSED = plan_of(case_of("refused-for-many-reasons"))


def test_words_of_a_host_that_has_changed() -> None:
    case = case_of("full")
    answer = collected(case)
    for found in answer["evidence"]:
        if found["id"] == "package:kesl":
            found["value"]["version"] = "12.2.0-2412"
    gone = ("process:/opt/kaspersky/kesl/libexec/kesl-gui", "group:kesluser")
    answer["evidence"] = [found for found in answer["evidence"] if found["id"] not in gone]
    case["goal"]["provider"] = "none"
    case["goal"]["options"] = {}
    words = difference(FULL, plan_of(case, "full", answer))
    for word in (
        "kesl was 12.1.0-1297, is now 12.2.0-2412",
        "kesl_gui was running, is now installed",
        "kesl: group:kesluser was seen, is no longer",
        "the goal provider was clamav, is now none",
        "preflight no_replacement was not there, is now overridable",
        "preflight protected_paths_missing was info, is now not there",
        "the host was not blocked, is now",
        "step no longer needed: Remove the group kesluser",
        'step "Remove kesl, kesl-gui, klnagent64": before was kesl 12.1.0-1297 (install ok installed), '
        "is now kesl 12.2.0-2412 (install ok installed)",
        "step is new: Stop real-time protection without a replacement",
    ):
        assert word in words


def test_words_of_a_finding_that_came_or_went() -> None:
    approved, now = copy.deepcopy(FULL), copy.deepcopy(FULL)
    agent = now["findings"].pop()
    kesl = approved["findings"].pop(0)
    now["findings"][1]["version"] = ""
    words = difference(approved, now)
    assert f"{agent['id']} was found, is no longer" in words
    assert f"{kesl['id']} was not found, is now (running)" in words
    assert "kesl_gui was 12.1.0-1297, is now not known" in words


def test_words_of_what_was_accepted() -> None:
    accepted = copy.deepcopy(REFUSED)
    chosen = next(check for check in accepted["preflight"] if check["level"] == "overridable" and not check["accepted"])
    chosen["accepted"], accepted["blocked"] = True, False
    assert difference(accepted, REFUSED) == [
        f"preflight {chosen['id']} was accepted, is no longer",
        "the host was not blocked, is now",
    ]
    assert f"preflight {chosen['id']} was not accepted, is now" in difference(REFUSED, accepted)


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        (["/home"], ["/home", "/srv"], ["x now has /srv"]),
        ("a\nb\nc", "a\nc", ["x had b, no longer has"]),
        ("a\nb\n", "a\nc\n", ["x was b, is now c"]),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["x a b was 1, is now 2"]),
        ({}, {"a": True}, ["x a is new: true"]),
        ("1", 1, ['x was "1", is now 1']),
        (["a", "b"], ["b", "a"], ["x: the same in another order"]),
        (
            "x" * 500 + "1" * 200,
            "x" * 500 + "2" * 200,
            [f"x was …{'x' * 20}{'1' * 80}…, is now …{'x' * 20}{'2' * 80}…"],
        ),
    ],
    ids=str,
)
def test_words_of_a_value(was: object, now: object, words: list[str]) -> None:
    assert list(changes("x", was, now)) == words


def _named(value: Any, name: str) -> str:
    """Return the word by which a difference in that value has to be named."""
    if not isinstance(value, dict):
        return name
    return str(
        value["title"] if "part" in value else value["id"] if "confidence" in value or "level" in value else name
    )


def _places(content: Any, name: str) -> Iterator[tuple[Any, Any, str]]:
    """Yield (container, key, word that names it) of everything in a plan, except the steps' ids."""
    for key, value in content.items() if isinstance(content, dict) else enumerate(content):
        if not (isinstance(content, dict) and "part" in content and key == "id"):
            called = _named(value, name or (str(key) if key in ("goal", "system", "blocked", "format_version") else ""))
            yield content, key, called
            if isinstance(value, (dict, list)):
                yield from _places(value, called)


SCALARS = st.one_of(st.text(max_size=30), st.integers(), st.booleans(), st.none())


@settings(max_examples=150)
@given(st.data())
def test_any_change_that_changes_the_digest_is_named(data: st.DataObject) -> None:
    approved = data.draw(st.sampled_from([FULL, REFUSED]))
    plan = copy.deepcopy(approved)
    digested = {key: value for key, value in plan.items() if key not in NOT_IN_DIGEST}
    container, key, name = data.draw(st.sampled_from(list(_places(digested, ""))))
    value = container[key]
    if isinstance(value, list) and value:
        at = data.draw(st.integers(0, len(value) - 1))
        data.draw(
            st.sampled_from([value.reverse, value.clear, lambda: value.pop(at), lambda: value.append(value[at])])
        )()
    elif isinstance(value, dict) and name != "preflight":
        value["a new key"] = data.draw(SCALARS)
    elif not isinstance(value, (dict, list)):
        container[key] = data.draw(SCALARS.filter(lambda drawn: type(drawn) is type(value)))
    plan.update(digested)
    words = difference(approved, plan)
    assert bool(words) == (digest_of(plan) != approved["digest"]), words
    assert all(len(word) < 4 * LONGEST for word in words)
    assert not words or name in "\n".join(words)
