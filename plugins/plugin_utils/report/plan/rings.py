# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a plan is rolled out, in words: its rings, what has to hold between them, and when hosts may begin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...rollout.divided import doubts
from ...rollout.gates import some_names
from ...rollout.reading import rules
from ...rollout.rules import BY_A_PERSON, BY_FILE, Gate, Ring, Rules
from ...times import utc
from ..escape import visible
from .view import View

HEADER = ("ring", "name", "hosts", "which", "before the next ring", "starts no further host")


def rows(view: View) -> list[tuple[Any, ...]]:
    """Return a row for each ring of a plan."""
    found = _rules(view)
    named = {ring.name: ring for ring in found.rings} if found else {}
    told, last = view.document["rollout"]["rings"], len(view.document["rollout"]["rings"])
    return [
        (
            number,
            ring["name"],
            len(ring["hosts"]),
            some_names(ring["hosts"]),
            gate(named[ring["name"]].gate) if number < last else "-",
            stop(named[ring["name"]]),
        )
        for number, ring in enumerate(told, 1)
    ]


def gate(found: Gate) -> str:
    """Return what has to hold of a ring before the next one begins."""
    words = [f"{found.min_clean} clean", f"at most {found.max_unreachable} unreachable"]
    words += [f"no window over {found.max_window:g} s"] if found.max_window is not None else []
    words += [f"none {', '.join(found.deny_verdicts)}"] if found.deny_verdicts else []
    words += ["no new preflight result"] if found.deny_new_checks else []
    words += [f"{found.soak} minutes after its last host"] if found.soak else []
    words += ["an approval of the ring"] if found.approval == BY_FILE else []
    words += ["a person starts the next ring"] if found.approval == BY_A_PERSON else []
    return ", ".join(words)


def stop(ring: Ring) -> str:
    """Return when no further host of a ring begins."""
    return f"after more than {ring.stop_after} that were changed and are not clean"


def sentences(view: View) -> list[str]:
    """Return the rest of a rollout's rules: who may be away at once, and when hosts may begin."""
    found = _rules(view)
    return [] if found is None else [f"{text}." for text in _told(found, view)]


def order(view: View) -> str:
    """Return the rings with their hosts in a line."""
    rings = view.document["rollout"]["rings"]
    return "; ".join(f"{ring['name']}: {len(ring['hosts']):,}" for ring in rings)


def _told(found: Rules, view: View) -> Iterator[str]:
    yield f"Of a ring at most {found.at_once} hosts are changed at once"
    for group in found.groups:
        values = [one for one in view.document["rollout"]["groups"] if one["by"] == group.by]
        counted = f"{len(values)} such groups" if len(values) != 1 else "1 such group"
        yield f"Of hosts with the same {visible(group.by)} at most {group.at_once} are away at once: {counted}"
    if found.windows:
        yield f"Hosts start only {', or '.join(visible(str(window)) for window in found.windows)}"
        yield f"A host starts only if {found.host_time_limit} minutes are left"
    for freeze in found.freeze:
        yield f"No host starts from {utc(freeze.begins)} until {utc(freeze.ends)}: {visible(freeze.why)}"
    yield from doubts(view.document["rollout"])
    if found.retry_unreachable:
        yield "Hosts that cannot be reached are tried again at the end"


def _rules(view: View) -> Rules | None:
    told = view.document["rollout"]["rules"]
    return rules(told) if told else None
