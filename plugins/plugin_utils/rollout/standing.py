# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state of a rollout, from records and marks, and what blocks its next ring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..approval import gate_word
from ..fleet import stop_file
from ..times import moment
from . import folder
from .gates import CONTINUE, INTERRUPTED, NOT_BEGUN, STOP, Answer, Known, Reason, Seen
from .schedule import Schedule, look, open_answer, ring_answer


@dataclass(frozen=True)
class Standing:
    """Where a rollout stands. ``answer`` is what holds its next ring up; ``dry_run`` says that nothing was changed."""

    schedule: Schedule
    seen: Mapping[str, Seen]
    answer: Answer
    dry_run: bool = False


def of(
    made: Schedule, options: Mapping[str, Any], now: str, newer: Mapping[str, Seen] | None = None, dry_run: bool = False
) -> Standing:
    """Return where a rollout stands. ``newer`` is what is known of hosts besides their records.

    ``options`` are {stop_file, require_signature, allowed_signers, signer}.
    """
    hosts = {**dict.fromkeys(made.everyone, ""), **made.divided.hosts()}
    seen = {**folder.Progress().of(made.records, made.home, hosts, made.divided.digest), **(newer or {})}
    if dry_run:
        known = _known(made, 0, options, now)
        return Standing(made, seen, ring_answer(made, max(0, len(made.divided.rings) - 1), seen, known), True)
    ours = set(made.everyone)
    rings = [[host for host in ring["hosts"] if host in ours] for ring in made.divided.rings]
    is_open = [any(seen[host].state in (NOT_BEGUN, INTERRUPTED) for host in ring) for ring in rings]
    held = hold(made, is_open.index(True), seen, options, now) if True in is_open else Answer()
    return Standing(made, seen, held)


def hold(
    made: Schedule, ring: int, seen: Mapping[str, Seen], options: Mapping[str, Any], now: str, gates: bool = True
) -> Answer:
    """Return what keeps a batch of a ring from being begun: the first thing that does.

    ``gates`` is False for a ring that is open already.
    """
    if why := stop_file.why(options["stop_file"]):
        return Answer((Reason("stop_file", STOP, why),))
    known = _known(made, ring, options, now)
    if (found := open_answer(made, known.now)).word != CONTINUE:
        return found
    if why := folder.threshold(look(made, ring, (), seen, known.now)):
        return Answer((Reason("stop_after", STOP, why),))
    return ring_answer(made, ring, seen, known) if gates else found


def _known(made: Schedule, ring: int, options: Mapping[str, Any], now: str) -> Known:
    def word(name: str) -> str:
        return gate_word.missing(made.plan, made.divided.digest, name, dict(options), now)

    checks = None if made.divided.checks is None else frozenset(made.divided.checks)
    return Known(moment(now), checks, made.ring_name(ring) in made.chosen, word)
