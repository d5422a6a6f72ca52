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
from .gates import CONTINUE, FORECAST, INTERRUPTED, NOT_BEGUN, STOP, Answer, Known, Reason, Seen
from .schedule import Schedule, look, open_answer, ring_answer


@dataclass(frozen=True)
class Standing:
    """Where a rollout stands. ``answer`` is what holds its next ring up; ``dry_run`` says that nothing was changed, and
    ``passed_by`` are the hosts that this run was to start and has no result of: what is seen of them is older.
    """

    schedule: Schedule
    seen: Mapping[str, Seen]
    answer: Answer
    dry_run: bool = False
    passed_by: frozenset[str] = frozenset()


def of(
    made: Schedule, options: Mapping[str, Any], now: str, newer: Mapping[str, Seen] | None = None, dry_run: bool = False
) -> Standing:
    """Return where a rollout stands. ``newer`` is what this run's results say of its hosts, None without a run.

    ``options`` are {stop_file, require_signature, allowed_signers, signer}.
    """
    hosts = {**dict.fromkeys(made.everyone, ""), **made.divided.hosts()}
    seen = {**folder.Progress().of(made.records, made.home, hosts, made.divided.digest), **(newer or {})}
    passed_by = _passed_by(made, seen, newer)
    if dry_run:
        known = _known(made, 0, options, now)
        held = ring_answer(made, max(0, len(made.divided.rings) - 1), seen, known)
        return Standing(made, seen, held, True, passed_by)
    ours = set(made.everyone)
    waiting = {host for host in ours if seen[host].state in (NOT_BEGUN, INTERRUPTED)}
    rings = [ours.intersection(ring["hosts"]) for ring in made.divided.rings]
    found = [number for hosts in (waiting, passed_by) for number, ring in enumerate(rings) if ring & hosts]
    return Standing(made, seen, hold(made, found[0], seen, options, now) if found else Answer(), False, passed_by)


def _passed_by(made: Schedule, seen: Mapping[str, Seen], newer: Mapping[str, Seen] | None) -> frozenset[str]:
    hosts = [host for batch in made.batches for host in batch["hosts"]] if newer is not None else []
    return frozenset(host for host in hosts if host not in (newer or {}) and seen[host].state != FORECAST)


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
