# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Describe how two plans of one host differ: every difference that changes the digest is named."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from ..canonical import digest
from ..plan.model import BY_ITSELF, NOT_IN_DIGEST, accepted

LONGEST = 100
# How much of two long texts is shown before the first difference.
LEAD = 20
NOT_KNOWN = "not known"
TOLD_APART = ("system", "goal", "findings", "unknowns", "preflight", "blocked", "steps")


def difference(approved: dict[str, Any], current: dict[str, Any]) -> list[str]:
    """Return in words what differs between an approved plan and the current one; nothing if their digests agree."""
    rest = ({key: plan[key] for key in set(plan) - {*TOLD_APART, *NOT_IN_DIGEST}} for plan in (approved, current))
    goals = [{**plan["goal"]} for plan in (approved, current)]
    was, now = (goal.pop("excepted", []) for goal in goals)
    # What explains the most comes first.
    return [
        *_system_words(approved["system"], current["system"]),
        *changes("the", *rest),
        *changes("the goal", *goals),
        *(f"{product} was excepted, is no longer" for product in _missing(was, now)),
        *(f"{product} was not excepted, is now" for product in _missing(now, was)),
        *_finding_words(approved["findings"], current["findings"]),
        *_unknown_words(approved["unknowns"], current["unknowns"]),
        *_preflight_words(approved["preflight"], current["preflight"]),
        *_blocked_words(approved, current),
        *_step_words(approved["steps"], current["steps"]),
    ]


def accepted_otherwise(approved: dict[str, Any], current: dict[str, Any]) -> list[str]:
    """Return in words which accepted preflight results say something else than what was accepted.

    The digest does not cover it: hosts that differ in it alone are one class. The approved plan's checksum does.
    """
    was = {check["id"]: check["diagnosis"] for check in approved["preflight"]}
    now = [check for check in accepted(current) if check["id"] in was]
    return [
        word
        for check in now
        for word in changes(f"preflight {check['id']}, which is accepted,", was[check["id"]], check["diagnosis"])
    ]


def changes(name: str, was: Any, now: Any) -> Iterator[str]:
    """Yield in words how a JSON value has changed; ``name`` says what it is."""
    # Python calls values equal that are written differently: 1 and true.
    if was is now or (was == now and digest(was) == digest(now)):
        return
    if isinstance(was, dict) and isinstance(now, dict):
        for key in sorted(set(was) | set(now)):
            if (key in was) != (key in now):
                yield f"{name} {key} is {'new' if key in now else 'gone'}: {_text(now.get(key, was.get(key)))}"
            else:
                yield from changes(f"{name} {key}", was[key], now[key])
    elif isinstance(was, list) and isinstance(now, list):
        yield from _list_words(name, was, now)
    elif isinstance(was, str) and isinstance(now, str) and "\n" in was + now:
        yield from _list_words(name, was.split("\n"), now.split("\n"))
    else:
        yield _became(name, was, now)


def _list_words(name: str, was: list[Any], now: list[Any]) -> Iterator[str]:
    lost, gained = _missing(was, now), _missing(now, was)
    if len(lost) == len(gained) == 1:
        yield _became(name, lost[0], gained[0])
    else:
        yield from (f"{name} had {_text(value)}, no longer has" for value in lost)
        yield from (f"{name} now has {_text(value)}" for value in gained)
    if not lost and not gained:
        yield f"{name}: the same in another order"


def _missing(of: list[Any], among: list[Any]) -> list[Any]:
    """Return the values of one list that are missing from another, each as often as it is missing."""
    left, missing = Counter(map(digest, among)), []
    for value in of:
        if left[digest(value)]:
            left[digest(value)] -= 1
        else:
            missing.append(value)
    return missing


def _became(name: str, was: Any, now: Any) -> str:
    before, after = _text(was), _text(now)
    if max(len(before), len(after)) > LONGEST:
        same = next((at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), 0)
        before, after = (_cut(text, max(0, same - LEAD)) for text in (before, after))
    if before == after:
        before, after = json.dumps(was), json.dumps(now)
    return f"{name} was {before}, is now {after}"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(value[key])}" for key in sorted(value)) or "nothing"
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or "nothing"
    if isinstance(value, str):
        return value or "nothing"
    return json.dumps(value)


def _cut(text: str, start: int) -> str:
    end = start + LONGEST
    return ("…" if start else "") + text[start:end] + ("…" if len(text) > end else "")


def _system_words(was: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    if set(was) == set(now) and " ".join(map(str, was.values())) != " ".join(map(str, now.values())):
        yield _became("the system", " ".join(map(str, was.values())), " ".join(map(str, now.values())))
    else:
        yield from changes("the system's", was, now)


def _unknown_words(was: list[str], now: list[str]) -> Iterator[str]:
    lost, gained = _missing(was, now), _missing(now, was)
    yield from (f"could be checked and no longer can: {unknown}" for unknown in gained)
    yield from (f"could not be checked and now can: {unknown}" for unknown in lost)
    if not lost and not gained and was != now:
        yield "what could not be checked: the same in another order"


def _blocked_words(approved: dict[str, Any], current: dict[str, Any]) -> Iterator[str]:
    """Yield which ids are no longer accepted, or newly accepted: the digest holds only what follows from them."""
    if approved["blocked"] == current["blocked"]:
        return
    was, now = (
        {check["id"]: check["accepted"] for check in plan["preflight"] if check["level"] == "overridable"}
        for plan in (approved, current)
    )
    turned = sorted(name for name in set(was) & set(now) if was[name] != now[name])
    yield from (
        f"preflight {name} was {'accepted, is no longer' if was[name] else 'not accepted, is now'}" for name in turned
    )
    yield "the host was not blocked, is now" if current["blocked"] else "the host was blocked, is no longer"


def _finding_words(was: list[dict[str, Any]], now: list[dict[str, Any]]) -> Iterator[str]:
    before, after = ({finding["id"]: finding for finding in found} for found in (was, now))
    yield from (f"{name} was found, is no longer" for name in before if name not in after)
    yield from (f"{name} was not found, is now ({after[name]['state']})" for name in after if name not in before)
    both = [name for name in before if name in after]
    words = [word for name in both for word in _of_finding(name, before[name], after[name])]
    yield from words
    if not words and len(both) == len(before) == len(after):
        yield from changes("the findings", was, now)


def _of_finding(name: str, was: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    for key in ("version", "state"):
        yield from changes(name, was[key] or NOT_KNOWN, now[key] or NOT_KNOWN)
    reasons = _reason_words(name, was["reasons"], now["reasons"])
    yield from reasons
    told = ("version", "state", *(["reasons"] if reasons else []))
    rest = ({key: value for key, value in finding.items() if key not in told} for finding in (was, now))
    yield from changes(f"{name}:", *rest)


def _reason_words(name: str, was: list[str], now: list[str]) -> list[str]:
    gone = [f"{name}: {reason} was seen, is no longer" for reason in _missing(was, now)]
    return gone + [f"{name}: {reason} was not seen, is now" for reason in _missing(now, was)]


def _preflight_words(was: list[dict[str, Any]], now: list[dict[str, Any]]) -> Iterator[str]:
    before, after = (
        [(check["id"], check["level"]) for check in checks if check["id"] not in BY_ITSELF] for checks in (was, now)
    )
    words = [
        f"preflight {name} was {_levels(name, before)}, is now {_levels(name, after)}"
        for name in dict.fromkeys(name for name, _level in (*before, *after))
        if _levels(name, before) != _levels(name, after)
    ]
    yield from words
    if not words and before != after:
        yield "the preflight's results: the same in another order"


def _levels(name: str, checks: Iterable[tuple[str, str]]) -> str:
    return " and ".join(level for known, level in checks if known == name) or "not there"


def _step_words(was: list[dict[str, Any]], now: list[dict[str, Any]]) -> Iterator[str]:
    bare_was, bare_now = ([_bare(step) for step in steps] for steps in (was, now))
    lost, gained = _missing(bare_was, bare_now), _missing(bare_now, bare_was)
    if not lost and not gained:
        # An id only gives the place: if nothing else differs, the steps are in another order.
        yield from ["the steps are the same in another order"] if digest(was) != digest(now) else []
    for step in lost:
        other = next((found for found in gained if found["title"] == step["title"]), None)
        if other is None:
            yield f"step no longer needed: {step['title']}"
        else:
            gained.remove(other)
            yield from changes(f'step "{step["title"]}":', step, other)
    yield from (f"step is new: {step['title']}" for step in gained)


def _bare(step: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in step.items() if key != "id"}
