# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one run does in a rollout: which hosts it starts, in which batches, and whether each batch starts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from ..errors import AvshiftError
from ..times import utc
from .gates import CONTINUE, DONE, INTERRUPTED, UNREACHABLE, WAIT, Answer, Known, Reason, Seen, answer
from .reading import rules as read_rules
from .rings import batches
from .rules import Rules
from .windows import opening

CHOSEN = "avshift_rings"


@dataclass(frozen=True)
class Divided:
    """A rollout with its hosts, as a plan has it: rules, rings [{name, hosts}], groups as ``rings.shared`` gives them.

    ``approved`` is {host: digest of its plan}, empty where no plan was approved, ``digest`` that of the whole plan, and
    ``checks`` are the preflight IDs in it, None without one.
    """

    rules: dict[str, Any]
    rings: list[dict[str, Any]]
    groups: list[dict[str, Any]] = field(default_factory=list)
    approved: dict[str, str] = field(default_factory=dict)
    digest: str = ""
    checks: list[str] | None = None

    def hosts(self) -> dict[str, str]:
        """Return {host: digest of its approved plan, or ''} of all hosts of the rings."""
        return {host: self.approved.get(host, "") for ring in self.rings for host in ring["hosts"]}


@dataclass(frozen=True)
class Asked:
    """How a run was started: the hosts that it may touch in their order, those that are meant by name (None: all), the
    rings that were named, and whether hosts that are done are skipped.
    """

    present: list[str]
    meant: list[str] | None = None
    rings: list[str] = field(default_factory=list)
    resume: bool = True


@dataclass(frozen=True)
class Schedule:
    """A run. ``batches`` are [{ring: number from 0, hosts}], ``everyone`` all hosts that the run is about,
    ``home`` and ``records`` the folders with marks and records, and ``command`` what started it. ``whole`` are the
    rings as approved, where the run means only some of their hosts.
    """

    run: str
    divided: Divided
    batches: list[dict[str, Any]]
    everyone: list[str]
    chosen: list[str]
    home: str
    records: str
    plan: str = ""
    command: str = ""
    whole: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return it as it is kept for the other processes of a run."""
        return asdict(self)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Schedule:
        """Return what was kept."""
        return cls(**{**content, "divided": Divided(**content["divided"])})

    def is_whole(self) -> bool:
        """Return True if what was kept has the form of a run. AvshiftError for rules that are none."""
        approved, checks = self.divided.approved, self.divided.checks
        texts = [self.run, self.home, self.records, self.plan, self.command, self.divided.digest, *approved.values()]
        rings, known = [*self.divided.rings, *self.whole], {ring.name for ring in self.rules.rings}
        count = len(self.divided.rings)
        return (
            all(isinstance(text, str) for text in texts)
            and all(_are_names(hosts) for hosts in (self.everyone, self.chosen, *(ring["hosts"] for ring in rings)))
            and (checks is None or _are_names(checks))
            and all(ring["name"] in known for ring in rings)
            and len(self.whole) in (0, count)
            and all(_are_names(one["hosts"]) and one["ring"] in range(max(1, count)) for one in self.batches)
            and all(_are_names(one["hosts"]) and one["at_once"] >= 1 for one in self.divided.groups)
        )

    @property
    def rules(self) -> Rules:
        """Return the rules, read."""
        return read_rules(self.divided.rules)

    def with_all(self) -> Schedule:
        """Return it with all hosts of the plan's rings, as the standing of the whole rollout needs it."""
        rings = self.whole or self.divided.rings
        everyone = dict.fromkeys([*(host for ring in rings for host in ring["hosts"]), *self.everyone])
        return replace(self, divided=replace(self.divided, rings=rings), everyone=list(everyone), whole=[])

    def batch_of(self, hosts: Collection[str]) -> int | None:
        """Return the number of the batch that holds these hosts; None for hosts that are no such batch."""
        wanted = set(hosts)
        return next((number for number, batch in enumerate(self.batches) if wanted <= set(batch["hosts"])), None)

    def is_first(self, number: int) -> bool:
        """Return True for the first batch of a ring."""
        return all(batch["ring"] != self.batches[number]["ring"] for batch in self.batches[:number])

    def ring_name(self, number: int) -> str:
        """Return the name of a ring; hosts that no ring has are in the last one."""
        return str(self.divided.rings[number]["name"]) if self.divided.rings else "none"

    def needed(self, number: int) -> dict[str, str]:
        """Return {host: digest of its approved plan} of the hosts that the gate of a batch has to know."""
        first, ours = self.is_first(number), set(self.batches[number]["hosts"])
        before = self.divided.rings[: self.batches[number]["ring"]] if first else []
        hosts = {host for ring in before for host in ring["hosts"]}
        hosts |= {host for group in self.divided.groups if ours & set(group["hosts"]) for host in group["hosts"]}
        return {host: self.divided.approved.get(host, "") for host in hosts}


def _are_names(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(one, str) for one in given)


def compose(run: str, divided: Divided, asked: Asked, seen: Mapping[str, Seen], **places: str) -> Schedule:
    """Return what a run does. Of each ring what was interrupted comes first, and what was not reached last, unless
    others of a group wait for it.

    Hosts that are done are skipped while others are not: a rollout that is done as a whole is looked at again. Hosts
    that no ring has go with the last one, where their own task refuses them. AvshiftError for a ring that there is not.
    """
    approved, divided = divided, _meant(divided, asked.meant)
    numbers = _chosen(divided, asked.rings)
    present, known = set(asked.present), {host for ring in divided.rings for host in ring["hosts"]}
    ours = {number: [host for host in divided.rings[number]["hosts"] if host in present] for number in numbers}
    others = [host for host in asked.present if host not in known] if not asked.rings else []
    everyone = [host for hosts in ours.values() for host in hosts] + others
    skips = asked.resume and any(seen.get(host, Seen(host)).state != DONE for host in everyone)
    rules, awaited, found = read_rules(divided.rules), _awaited(divided.groups, seen), []
    for number, hosts in ours.items():
        left = _in_order([host for host in hosts if not (skips and seen[host].state == DONE)], seen, awaited)
        at_once = max(1, rules.at_once.of(len(divided.rings[number]["hosts"])))
        groups = [{**group, "hosts": [host for host in group["hosts"] if host in present]} for group in divided.groups]
        found += [{"ring": number, "hosts": batch} for batch in batches(left, at_once, groups)]
    if others:
        found.append({"ring": max(numbers, default=0), "hosts": others})
    whole = [] if divided.rings == approved.rings else approved.rings
    return Schedule(run, divided, found, everyone, asked.rings, **places, whole=whole)


def passed_over(whole: Divided, made: Schedule, seen: Mapping[str, Seen]) -> list[str]:
    """Return the rings before a run's first one of which no host is meant, though they are not done: no gate asks."""
    first = min((batch["ring"] for batch in made.batches), default=0)
    before = zip(whole.rings[:first], made.divided.rings, strict=False)
    empty = [ring for ring, meant in before if ring["hosts"] and not meant["hosts"]]
    return [ring["name"] for ring in empty if any(seen.get(host, Seen(host)).state != DONE for host in ring["hosts"])]


def _meant(divided: Divided, meant: Collection[str] | None) -> Divided:
    """Return a rollout with the hosts that are meant alone; the rings stay as they were approved."""
    if meant is None:
        return divided
    wanted = set(meant)
    rings = [{**ring, "hosts": [host for host in ring["hosts"] if host in wanted]} for ring in divided.rings]
    return Divided(**{**asdict(divided), "rings": rings})


def _chosen(divided: Divided, names: Sequence[str]) -> list[int]:
    known = [ring["name"] for ring in divided.rings]
    for name in names:
        if name not in known:
            raise AvshiftError(
                "rollout_ring_unknown",
                "Choosing rings",
                f"{CHOSEN}: {name}",
                "the rollout has no such ring",
                f"Its rings are {', '.join(known) or 'none'}.",
            )
    return [number for number, name in enumerate(known) if not names or name in names]


def _awaited(groups: Sequence[Mapping[str, Any]], seen: Mapping[str, Seen]) -> set[str]:
    """Return the hosts that were not reached, and without which no other of their group may start."""
    gone = {host for host, one in seen.items() if one.state == UNREACHABLE}
    missing = [(gone.intersection(group["hosts"]), group["at_once"]) for group in groups]
    return {host for hosts, at_once in missing if len(hosts) >= at_once for host in hosts}


def _in_order(hosts: list[str], seen: Mapping[str, Seen], first: Collection[str]) -> list[str]:
    ranks = {INTERRUPTED: 0, UNREACHABLE: 2}
    return sorted(hosts, key=lambda host: 0 if host in first else ranks.get(seen[host].state, 1))


def ring_answer(schedule: Schedule, number: int, seen: Mapping[str, Seen], known: Known) -> Answer:
    """Return what the gates of all rings before one say: the first that does not say continue."""
    rules = {ring.name: ring for ring in schedule.rules.rings}
    for ring in schedule.divided.rings[:number]:
        found = answer(rules[ring["name"]], [seen[host] for host in ring["hosts"]], known)
        if found.word != CONTINUE:
            return found
    return Answer()


def open_answer(schedule: Schedule, now: datetime) -> Answer:
    """Return whether a host that takes as long as it may still ends within the window."""
    rules = schedule.rules
    found, limit = opening(rules.windows, rules.freeze, now), timedelta(minutes=rules.host_time_limit)
    next_one = f"the next opening is at {utc(found.next)}" if found.next else "none opens within a year"
    if not found.is_open:
        return Answer((Reason("window_closed", WAIT, f"{found.why}, {next_one}", found.next),))
    if found.until and now + limit > found.until:
        later = opening(rules.windows, rules.freeze, found.until).next
        text = (
            f"the window closes at {utc(found.until)}, and a host may take {rules.host_time_limit} minutes "
            f"(host_time_limit), {f'the next opening is at {utc(later)}' if later else 'none opens within a year'}"
        )
        return Answer((Reason("window_closing", WAIT, text, later),))
    return Answer()


def look(
    schedule: Schedule, number: int, batch: Collection[str], seen: Mapping[str, Seen], now: datetime
) -> dict[str, Any]:
    """Return what the task of each host of a batch needs to look at before it begins.

    Of a group as many may be away as it allows, those included that were not reached.
    """
    rules = schedule.rules
    ring = schedule.divided.rings[number] if schedule.divided.rings else {"name": "none", "hosts": []}
    found = opening(rules.windows, rules.freeze, now)
    until = found.until
    mine = next((one for one in rules.rings if one.name == ring["name"]), rules.rings[-1])
    groups: dict[str, list[list[Any]]] = {}
    for group in schedule.divided.groups:
        lost = {host for host in group["hosts"] if host in seen and seen[host].state == UNREACHABLE}
        for host in set(batch) & set(group["hosts"]):
            # More names would not change the answer.
            named = sorted(lost - {host})[: group["at_once"]]
            groups.setdefault(host, []).append([group["by"], group["value"], group["at_once"], named])
    return {
        "home": schedule.home,
        "run": schedule.run,
        "plan": schedule.plan,
        "digest": schedule.divided.digest,
        "ring": ring["name"],
        "total": len(ring["hosts"]),
        "stop_after": str(mine.stop_after),
        "until": utc(until - timedelta(minutes=rules.host_time_limit)) if until else "",
        # The gate has looked a moment earlier.
        "closed": "" if found.is_open else found.why,
        "groups": groups,
    }


def alone(divided: Divided, run: str, home: str, records: str) -> Schedule:
    """Return the rollout of a plan as one of its hosts sees it that fetches its work itself: it has no batches."""
    return Schedule(run, divided, [], list(divided.hosts()), [], home, records)


def look_alone(
    schedule: Schedule, host: str, seen: Mapping[str, Seen], now: datetime, is_done: bool = False
) -> dict[str, Any]:
    """Return what ``look`` does for a host for which no gate speaks: whether a window is open is in it as ``closed``.

    A host that is done may be looked at again at any time, since nothing is changed on it.
    """
    rings = [number for number, ring in enumerate(schedule.divided.rings) if host in ring["hosts"]]
    told = look(schedule, rings[0] if rings else 0, [host], seen, now)
    return {**told, "closed": "", "until": ""} if is_done else {**told, "closed": open_answer(schedule, now).text}


def again(schedule: Schedule, begun: Collection[int], seen: Mapping[str, Seen]) -> Schedule:
    """Return what a run does at its end: it retries the hosts that it started but did not reach."""
    found: list[dict[str, Any]] = []
    for number in sorted(begun) if schedule.rules.retry_unreachable else []:
        batch = schedule.batches[number]
        gone = [host for host in batch["hosts"] if host in seen and seen[host].state == UNREACHABLE]
        found += [{"ring": batch["ring"], "hosts": gone}] if gone else []
    return replace(schedule, batches=found)
