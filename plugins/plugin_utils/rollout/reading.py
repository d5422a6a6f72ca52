# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read a rollout from whatever form it was given in: a mapping, sizes alone, or any of that as text."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import fields
from typing import Any

from .. import yaml_text
from ..record.verdict import VERDICTS
from .amounts import FORM, Amount, amount, plain, unreadable
from .rules import BY_CLASS, NO_WORD, PICKS, WORDS, Gate, Group, Ring, Rules
from .times import freeze, minutes, window
from .windows import longest_of

PILOT, REST = "pilot", "rest"
DEFAULT: dict[str, Any] = {
    "rings": [{"name": PILOT, "size": 1}, {"name": "early", "size": "10%"}, {"name": REST}],
}
KEYS = ("rings", "gate", "stop_after", "at_once", "groups", "windows", "freeze", "host_time_limit", "retry_unreachable")
RING_KEYS, GATE_KEYS = (tuple(field.name for field in fields(kind)) for kind in (Ring, Gate))
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
SIZES = re.compile(r"[\[\]'\"\s,;-]*([0-9.]+ ?%?[\[\]'\",;\s-]*)+", re.ASCII)
SPLIT = re.compile(r"[,;\n]")
BULLET = re.compile(r"^\s*-\s+", re.MULTILINE)
# As YAML has it, also where every value is read as text.
NOTHING = (None, "", "null", "~")
TRUE, FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
MOST_RINGS, MOST_ROUNDS = 100, 1
DEFAULT_MINUTES, DEFAULT_AT_ONCE = 60, 50


def rules(given: Any) -> Rules:
    """Return the rollout that is given; nothing at all is one host, then a tenth, then the rest.

    ``given`` is a mapping with KEYS, a number, a percentage, a list of rings or of sizes, or any of that as text.
    Raises AvshiftError that names the place for anything else: an unknown key, a duplicate name, a zone that does not
    exist.
    """
    content = _mapping(_known(_content(given), KEYS, ""), "")
    gate, stop_after = content.get("gate", {}), content.get("stop_after", "5%")
    listed = _list(content.get("rings", []), "rings") or DEFAULT["rings"]
    rings = [_ring(ring, number, _mapping(gate, "gate"), stop_after) for number, ring in enumerate(listed)]
    _refuse_doubles([ring.name for ring in rings])
    if rings[-1].hosts or rings[-1].size:
        rings.append(_ring({"name": _free(REST, rings)}, len(rings), _mapping(gate, "gate"), stop_after))
    many = {key: _list(content.get(key, []), key) for key in ("groups", "windows", "freeze")}
    found = Rules(
        tuple(rings),
        _positive(content.get("at_once", DEFAULT_AT_ONCE), "at_once"),
        tuple(_group(one, f"groups[{place}]") for place, one in enumerate(many["groups"])),
        tuple(window(one, f"windows[{place}]") for place, one in enumerate(many["windows"])),
        tuple(freeze(one, f"freeze[{place}]") for place, one in enumerate(many["freeze"])),
        minutes(content.get("host_time_limit", DEFAULT_MINUTES), "host_time_limit"),
        _rounds(content.get("retry_unreachable", 1)),
    )
    _refuse_short(found)
    return found


def names(given: Any) -> list[str]:
    """Return names out of a list, or of a text with commas between them."""
    listed = given if isinstance(given, (list, tuple)) else str("" if given is None else given).split(",")
    return [str(one).strip() for one in listed if str(one).strip()]


def is_true(given: Any) -> bool:
    """Return True for what says yes, as a command line or a survey gives it."""
    return str(given).strip().lower() in TRUE


def is_path(given: Any) -> bool:
    """Return True for the path of a file that holds a rollout."""
    text = given.strip() if isinstance(given, str) else ""
    return text.lower().endswith((".yml", ".yaml", ".json")) and not set("\n{}[]") & set(text)


def _content(given: Any) -> Any:
    """Return the mapping that something stands for."""
    if given is None or given == [] or (isinstance(given, str) and not given.strip()):
        return DEFAULT
    if isinstance(given, str):
        return _content(_of_text(given))
    if isinstance(given, bool):
        raise unreadable("", f"it is {given}", "Give rings, or sizes such as 1,10,25%.")
    if isinstance(given, (int, float)):
        return {"rings": [given]}
    return {"rings": list(given)} if isinstance(given, (list, tuple)) else given


def _of_text(text: str) -> Any:
    """Return the content of a text: sizes one after the other, or YAML, of which JSON is a part."""
    if SIZES.fullmatch(text) and len(text) < 1 << 12:
        bare = BULLET.sub("", text).strip().strip("[]")
        return [part.strip().strip("'\"") for part in SPLIT.split(bare) if part.strip() or "," in bare]
    try:
        content = yaml_text.parse(text.encode("utf-8", "surrogatepass"), texts=True)
    except (ValueError, RecursionError) as error:
        raise unreadable(
            "", f"it cannot be read as YAML or JSON ({error})", "See the example in docs/rollout.md."
        ) from error
    if isinstance(content, str):
        raise unreadable("", f"{content} is neither rings nor sizes", "Give rings, sizes such as 1,10,25%, or a file.")
    return content


def _known(content: Any, keys: Collection[str], place: str) -> Any:
    unknown = sorted(str(key) for key in content if key not in keys) if isinstance(content, dict) else []
    if unknown:
        where = f"{place}.{unknown[0]}" if place else unknown[0]
        raise unreadable(where, "there is no such key", f"Known keys are {', '.join(keys)}.")
    return content


def _mapping(content: Any, place: str) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise unreadable(place, f"it is {content!r:.60}, not a mapping", "See the example in docs/rollout.md.")
    # An empty answer of a survey is not given: it takes no limit away.
    return {key: value for key, value in content.items() if not _is_nothing(value)}


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.strip() in NOTHING)


def _list(content: Any, place: str) -> list[Any]:
    """Return a list; a single text is a list by its commas, and a single mapping one of one. An empty one is none."""
    if isinstance(content, str):
        content = [part.strip() for part in SPLIT.split(content) if part.strip()]
    listed = list(content) if isinstance(content, (list, tuple)) or content == {} else [content]
    if len(listed) > MOST_RINGS and place == "rings":
        raise unreadable(place, f"they are {len(listed)}", f"Give at most {MOST_RINGS}.")
    return listed


def _ring(given: Any, number: int, gate: dict[str, Any], stop_after: Any) -> Ring:
    place = f"rings[{number}]"
    content = given if isinstance(given, dict) else {"size": _positive(given, f"{place}.size")}
    content = _mapping(_known(content, RING_KEYS, place), place)
    own = _mapping(content.get("gate", {}), f"{place}.gate")
    own_name = PILOT if not number and not isinstance(given, dict) else f"ring-{number + 1}"
    name = _text(content.get("name", own_name), f"{place}.name")
    if not NAME.fullmatch(name):
        raise unreadable(f"{place}.name", f"it is {name!r:.80}", "Give letters, digits, dots, dashes and underscores.")
    size = content.get("size")
    return Ring(
        name,
        _patterns(content, f"{place}.hosts"),
        None if size is None else _positive(size, f"{place}.size"),
        _one_of(content.get("pick", BY_CLASS), PICKS, f"{place}.pick"),
        _gate({**gate, **own}, f"{place}.gate", "95%" if number else "100%"),
        amount(content.get("stop_after", stop_after), f"{place}.stop_after"),
    )


def _patterns(content: dict[str, Any], place: str) -> tuple[str, ...]:
    """Return the patterns of a ring's hosts, () for all that are left. A list that has come out empty, such as that of
    a group without hosts, is refused: the ring would take them all. A plan, which has every key, means just that by it.
    """
    given = _list(content.get("hosts", []), place)
    if not given and "hosts" in content and not {"gate", "pick", "stop_after"} <= content.keys():
        raise unreadable(place, "it is an empty list", "Leave it out if the ring is to take all hosts that are left.")
    return tuple(_text(pattern, place) for pattern in given)


def _gate(content: dict[str, Any], place: str, min_clean: str) -> Gate:
    _known(content, GATE_KEYS, place)
    longest = content.get("max_window")
    denied = [str(word) for word in _list(content.get("deny_verdicts", ["rolled_back"]), f"{place}.deny_verdicts")]
    for word in denied:
        _one_of(word, VERDICTS, f"{place}.deny_verdicts")
    return Gate(
        amount(content.get("min_clean", min_clean), f"{place}.min_clean"),
        amount(content.get("max_unreachable", "10%"), f"{place}.max_unreachable"),
        None if longest is None else _seconds(longest, f"{place}.max_window"),
        tuple(sorted(set(denied))),
        _truth(content.get("deny_new_checks", True), f"{place}.deny_new_checks"),
        minutes(content.get("soak", 0), f"{place}.soak"),
        _one_of(content.get("approval", NO_WORD), WORDS, f"{place}.approval"),
    )


def _group(given: Any, place: str) -> Group:
    content = _mapping(_known(given, ("by", "at_once"), place), place)
    by = _text(content.get("by", ""), f"{place}.by")
    if not by or by == "*":
        remedy = 'Name a variable of hosts, or the beginning of the names of groups such as "cluster_*".'
        raise unreadable(f"{place}.by", "it is empty", remedy)
    return Group(by, _positive(content.get("at_once", 1), f"{place}.at_once"))


def _text(given: Any, place: str) -> str:
    if not isinstance(given, (str, int)) or isinstance(given, bool):
        raise unreadable(place, f"it is {given!r:.60}", "Give a name as text.")
    return str(given).strip()


def _positive(given: Any, place: str) -> Amount:
    found = amount(given, place)
    if not found.number:
        raise unreadable(place, "it allows no host at all", "Give at least 1.")
    return found


def _seconds(given: Any, place: str) -> float:
    text = plain(given)
    if not FORM.fullmatch(text) or text.endswith("%"):
        raise unreadable(place, f"{given} is not a number of seconds", "Give a number such as 5 or 0.5.")
    return float(text)


def _rounds(given: Any) -> int:
    if plain(given) not in ("0", "1"):
        raise unreadable("retry_unreachable", f"it is {given}", "Give 0 or 1: how often they are tried at the end.")
    return int(plain(given))


def _truth(given: Any, place: str) -> bool:
    word = str(given).strip().lower()
    if word not in (*TRUE, *FALSE):
        raise unreadable(place, f"it is {given}", "Give true or false.")
    return word in TRUE


def _one_of(given: Any, words: Collection[str], place: str) -> str:
    if given not in words:
        raise unreadable(place, f"it is {given!r:.60}", f"Give one of {', '.join(words)}.")
    return str(given)


def _refuse_doubles(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise unreadable("rings", f"two rings have the name {name}", "Give each ring a different name.")


def _refuse_short(found: Rules) -> None:
    """Refuse a limit by which hosts would start as a window closes, and windows into which no host ever fits: a run
    would wait for ever.
    """
    if not found.host_time_limit:
        cause = "it is 0: a host would start in the last second of a window"
        raise unreadable("host_time_limit", cause, "Give the minutes that a host may take, such as 60.")
    longest = longest_of(found.windows)
    if longest is not None and longest < found.host_time_limit:
        raise unreadable(
            "host_time_limit",
            f"a host may take {found.host_time_limit} minutes, and no window is longer than {longest}",
            "Make a window longer, or the limit shorter.",
        )


def _free(name: str, rings: list[Ring]) -> str:
    taken = {ring.name for ring in rings}
    return next(one for one in (name, *(f"{name}-{number}" for number in range(2, MOST_RINGS + 3))) if one not in taken)
