# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Short words for what records hold, the same in every document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..plan.model import stopping
from .escape import visible

MOST_NAMES = 3
# What a comparison with a device list finds.
RESULTS = {
    "never_reached": "Known to the server and never reached",
    "unknown_to_server": "Reached and unknown to the server",
    "agent_differs": "Agent of another version than the server knows",
    "seen_before": "Last seen before {since}",
    "ambiguous": "Ambiguous, and assigned to nothing",
}
# The preflight result that says whether everything could be checked, and what is known of a host if not.
ALL_CHECKED, NOT_ALL_SEEN = "evidence_unknown", "not known: not everything could be checked"
# Codes that only say that something went wrong: here the cause is needed.
PLAIN = ("failed", "unreachable", "module_failed")
# The prefix that newer releases of ansible-core put before a cause.
PREFIXES = ("Task failed: ", "Action failed: ", "Module failed: ")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def findings(plan: dict[str, Any] | None) -> str:
    """Return a plan's findings in one line."""
    if plan is None:
        return "not known"
    return ", ".join(finding(found) for found in plan["findings"]) or nothing_found(plan)


def nothing_found(plan: dict[str, Any]) -> str:
    """Return what a plan without findings says of its host: what could not be checked is not assumed to be absent."""
    was_checked = all(check["level"] != "error" for check in plan["preflight"] if check["id"] == ALL_CHECKED)
    return "no Kaspersky software" if was_checked else NOT_ALL_SEEN


def finding(found: dict[str, Any]) -> str:
    """Return one finding: its product, version, state and what is wrong with it."""
    mode = f" as {found['mode']}" if found.get("mode") else ""
    return f"{found['id']} {found['version'] or '(version not known)'} {state(found)}{mode}"


def state(found: dict[str, Any]) -> str:
    """Return a finding's state, and what is wrong with it."""
    return f"{found['state']} ({', '.join(found['problems'])})" if found.get("problems") else str(found["state"])


def to_do(plan: dict[str, Any]) -> str:
    """Return how many steps a plan has, or why there is none or it cannot be carried out."""
    if plan["blocked"]:
        return "refused: " + ", ".join(dict.fromkeys(check["id"] for check in stopping(plan)))
    return counted(len(plan["steps"]), "step") if plan["steps"] else "nothing to do"


def previews(totals: dict[str, Any]) -> str:
    """Return how many hosts were only looked at, and their verdicts, by the totals of a report; '' where none was."""
    counts = totals["previews"]
    if not counts:
        return ""
    told = ", ".join(f"{count} {visible(word)}" for word, count in counts.items())
    return f"{sum(counts.values())} only looked at (preview, counted separately): {told}"


def platforms(totals: dict[str, Any]) -> str:
    """Return how many hosts there are of each platform, by the totals of a report."""
    return ", ".join(f"{count} {visible(name).capitalize()}" for name, count in totals["platforms"].items())


def verdict(host: dict[str, Any]) -> str:
    """Return a host's verdict, and whether it is a preview."""
    return f"{host['verdict']} (preview)" if host["preview"] else str(host["verdict"])


def particular(own: Iterable[dict[str, Any]], begun: bool) -> str:
    """Return what is so on one host of a class and not on all: results of its preflight, a run that was interrupted."""
    told = [f"{check['level']} {check['id']}: {check['diagnosis']}" for check in own]
    return "; ".join([*told, *(["a run of a plan was interrupted here"] if begun else [])])


NO_WINDOW = "no unprotected moment"


def window(seconds: float | None) -> str:
    """Return an unprotected window in seconds, or that there was none, or a dash if nothing was handed over."""
    if seconds is None:
        return "-"
    return f"{seconds:.3f} s" if seconds else NO_WINDOW


def window_of(actual: dict[str, Any] | None) -> str:
    """Return a host's unprotected window: how long it was, since when it lasts, or that it is unknown."""
    if actual is None:
        return "-"
    since = actual["unprotected_since"]
    if since:
        return f"open since {since}"
    return "unknown" if actual.get("window_unknown") else window(actual["window_seconds"])


def console(told: dict[str, Any]) -> str:
    """Return what a replacement's console said, as report.json has it, in a sentence or two."""
    of = f"By the console of {visible(told['provider'])} at {told['time']} ({visible(told['source'])})"
    met = f"{of}: {told['closed']} of the {told['hosts']} hosts that it names were closed."
    if not told["without_record"]:
        return met
    names = ", ".join(map(visible, told["names_without_record"]))
    left = ", …" if told["without_record"] > len(told["names_without_record"]) else ""
    return f"{met} {told['without_record']} of them have no record here, so compare their names: {names}{left}."


def result(row: dict[str, str], since: str) -> str:
    """Return in words what a row of a comparison with a device list is."""
    return RESULTS[row["result"]].format(since=visible(since))


def compared(told: dict[str, Any]) -> Iterator[str]:
    """Yield what a comparison with a device list found, as report.json has it, in sentences."""
    source, counts = told["source"], told["counts"]
    of = f"{visible(source['name'])} of {source['time']} (SHA-256 {source['sha256']})"
    yield f"The device list {of} has {told['devices']:,} devices."
    if not told["is_whole"]:
        yield f"THE LIST IS INCOMPLETE: {visible('; '.join(told['gaps']))}."
    if not source["verified"]:
        yield "The server's certificate was not checked, so the list may be from anyone."
    yield f"{told['matched']:,} of them are hosts of this report."
    yield from (f"{RESULTS[result].format(since=visible(told['since']))}: {n:,}." for result, n in counts.items() if n)
    if told["since"] and told["seen_unknown"]:
        yield f"When they were last seen is unknown: {told['seen_unknown']:,}."


def digest(plan: dict[str, Any] | None) -> str:
    """Return the first characters of a plan's digest."""
    return plan["digest"][:12] if plan else "-"


def some(hosts: Iterable[str]) -> str:
    """Return the first few host names, and an ellipsis if there are more."""
    names = sorted(hosts)
    return ", ".join([*(visible(name) for name in names[:MOST_NAMES]), *(["…"] if len(names) > MOST_NAMES else [])])


def cause(host: str, failure: dict[str, Any]) -> str:
    """Return why a host has no result, as hosts may share it: without its name and the remedy.

    ``failure`` is a record's: {code, message}.
    """
    told = " ".join(str(failure["message"]).split())
    for prefix in PREFIXES:
        told = told.removeprefix(prefix)
    _what, named, rest = told.partition(f": {host}: ")
    if named:
        told = rest.partition(". ")[0]
    told = visible(told.rstrip("."))
    code = str(failure["code"])
    return told or visible(code) if code in PLAIN else f"{visible(code)}: {told}" if told else visible(code)
