# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host may answer. Every answer is checked against the published schema before it is used.

A host is not trusted: what breaks its form is that host's failure, by name, and never the fleet's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from ..errors import AvshiftError, is_of_controller
from . import Violation, lines, short, violations
from . import read as schema_of

# Bytes of one answer. A host on which every product was found answers with less than one of these MiB.
MOST_BYTES = 32 << 20
MOST_LEVELS = 48
# Values in one answer: a host on which every product was found has some thousands.
MOST_VALUES = 500_000
# JSON's readers agree on whole numbers of 64 bits, and on none that is larger.
LARGEST = 1 << 63
# Whole numbers are exact up to here in all programs that read JSON, and nothing that is counted or measured has more.
EXACT = 1 << 53
MOST_NAMED = 3
CODE = re.compile(r"[a-z][a-z0-9_]{0,99}")
# What of a module's result is the host's answer; the rest, such as facts and warnings, is not taken over.
KEYS = {
    "collect": ("collected",),
    "apply": ("changed", "outcomes", "pending", "failure"),
    "prove": ("checks", "result"),
}
# Facts of a host by which what else it is asked was chosen.
SYSTEM = ("platform", "system", "version", "family")
# The schema of reads of raw facts, and of their answers.
READS = "windows_reads"
# What comes of making something of an answer that has its form, and does not fit together.
UNFIT = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
REMEDY = "Check this host: its Python, or whether something else answers in its place. Its answer was not used."


def checked(call: str, result: dict[str, Any], host: str) -> dict[str, Any]:
    """Return the answer to a call ("collect", "apply" or "prove") in a module's result.

    Raises AvshiftError ``answer_invalid`` naming the host and the places in which the answer breaks its schema.
    """
    answer = {key: result[key] for key in KEYS[call] if key in result}
    problem = next(_not_json(answer), None)
    if problem is not None:
        raise invalid(host, problem)
    found = violations("answer", answer, f"$defs/{call}")
    if found:
        raise invalid(host, _words(found))
    if call == "collect":
        _ids_must_fit(answer["collected"]["evidence"], host)
    failure = answer.get("failure")
    if failure is not None and is_of_controller(failure["code"]):
        raise invalid(host, f"$.failure.code: {short(failure['code'])} is for the controller to say")
    return answer


def checked_reads(result: dict[str, Any], reads: list[dict[str, Any]], host: str) -> dict[str, Any]:
    """Return the answer to reads of raw facts in a module's result. Each read has to have its answer, of its form.

    Raises AvshiftError ``answer_invalid`` as ``checked`` does.
    """
    answer = {key: result[key] for key in schema_of(READS)["properties"] if key in result}
    problem = next(_not_json(answer), None)
    if problem is not None:
        raise invalid(host, problem)
    told = answer.get("answers")
    if not isinstance(told, dict):
        raise invalid(host, "$.answers: expected at least one answer")
    missing = [read["id"] for read in reads if read["id"] not in told]
    if missing:
        raise invalid(host, f"$.answers: expected an answer to {short(missing[0])}")
    # What was not asked for is not taken over.
    answer["answers"] = {read["id"]: told[read["id"]] for read in reads}
    unfit = violations(READS, {**answer, "answers": {}})
    for read in reads:
        unfit += violations(READS, answer["answers"][read["id"]], f"$defs/{read['kind']}_answer")
    if unfit:
        raise invalid(host, _words(unfit))
    return answer


def must_agree(first: dict[str, Any], second: dict[str, Any], host: str) -> None:
    """Raise AvshiftError ``answer_invalid`` for a host whose second look is of another system than its first."""
    for fact in SYSTEM:
        if first.get(fact) != second.get(fact):
            was, now = short(first.get(fact)), short(second.get(fact))
            raise invalid(host, f"{fact} was {was} in its first answer, and is {now} in its second")


def must_be_small(size: int, host: str) -> None:
    """Raise AvshiftError ``answer_invalid`` for an answer of more bytes than are taken."""
    if size > MOST_BYTES:
        raise invalid(host, f"it has {size:,} bytes, and no more than {MOST_BYTES:,} are taken")


def problem_of_plan(plan: dict[str, Any], well_formed: set[str]) -> str:
    """Return in which places a host's plan breaks its schema, '' where in none.

    Plans with a digest among the ``well_formed`` differ in what changes by itself alone; one that is so is put there.
    """
    parts = (
        ("properties/shown", "properties/carried", "properties/preflight") if plan["digest"] in well_formed else ("",)
    )
    found = [one for part in parts for one in violations("plan", plan[part.rpartition("/")[2]] if part else plan, part)]
    well_formed |= set() if found else {plan["digest"]}
    return _words(found) if found else ""


def problem_of_forecast(forecast: dict[str, Any]) -> str:
    """Return in which places a host's forecast breaks its schema, '' where in none."""
    found = violations("forecast", forecast)
    return _words(found) if found else ""


def _words(found: list[Violation]) -> str:
    """Return violations in words; what two parts of a schema say alike is said once."""
    return "; ".join(lines(list(dict.fromkeys(found)), MOST_NAMED))


def code_of(result: dict[str, Any]) -> str | None:
    """Return the stable code in the result of a module that failed, None where it has none that a host may give."""
    code = result.get("code")
    if not isinstance(code, str) or not CODE.fullmatch(code) or is_of_controller(code):
        return None
    return "".join(code)


def measured(value: Any) -> int | float:
    """Return a number from an endpoint; TypeError or ValueError if it is none, or larger than any that can be true."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{str(value)[:40]} is not a number")
    if not abs(value) < EXACT:
        raise ValueError(f"{str(value)[:40]} is larger than can be")
    return value


def counted(value: Any) -> int:
    """Return a count from an endpoint; TypeError or ValueError if it is none."""
    found = measured(value)
    # A schema takes 5.0 for a whole number, as JSON does.
    if found != int(found):
        raise TypeError(f"{found} is no count")
    return int(found)


def invalid(host: str, cause: str) -> AvshiftError:
    """Return the error of a host whose answer cannot be taken."""
    return AvshiftError("answer_invalid", "Reading the host's answer", host, cause, REMEDY)


def _not_json(content: Any) -> Iterator[str]:
    """Yield what in an answer no reader of JSON can be given: numbers, depths and lists without a limit."""
    waiting: list[tuple[Any, _Place, int]] = [(content, (), 0)]
    values = 0
    while waiting:
        value, place, level = waiting.pop()
        values += 1
        if values + len(waiting) > MOST_VALUES:
            yield f"it holds more than {MOST_VALUES:,} values"
            return
        if isinstance(value, float) and not math.isfinite(value):
            yield f"{_path(place)} is {value}, which is not a JSON number"
        elif isinstance(value, int) and abs(value) > LARGEST:
            yield f"{_path(place)} is a number of more than 64 bits"
        elif isinstance(value, float) and abs(value) > EXACT:
            yield f"{_path(place)} is {value}, which is larger than can be"
        elif isinstance(value, (dict, list)) and level == MOST_LEVELS:
            yield f"it is nested more than {MOST_LEVELS} levels deep"
            return
        elif isinstance(value, dict):
            waiting += [(value[key], (place, key), level + 1) for key in value]
        elif isinstance(value, list):
            waiting += [(one, (place, number), level + 1) for number, one in enumerate(value)]


# (where the container is, the key or the number in it), () for the whole answer.
_Place = tuple[Any, ...]


def _path(place: _Place) -> str:
    """Return in text where in an answer something is."""
    if not place:
        return "$"
    container, key = place
    return f"{_path(container)}[{key}]" if isinstance(key, int) else f"{_path(container)}.{short(key)[1:-1]}"


def _ids_must_fit(items: list[dict[str, Any]], host: str) -> None:
    """Make sure that each id says what the item is, and stands once: findings give ids as their reasons."""
    seen: set[str] = set()
    for number, item in enumerate(items):
        place = f"$.collected.evidence[{number}].id"
        if item["id"] != f"{item['kind']}:{item['what']}":
            raise invalid(host, f"{place}: expected its kind and what it is about, found {short(item['id'])}")
        if item["id"] in seen:
            raise invalid(host, f"{place}: expected each id once, found {short(item['id'])} again")
        seen.add(item["id"])
