# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sentences of the plan, the same in every format. They claim nothing that the plan does not hold."""

from __future__ import annotations

import math
from typing import Any

from ... import platforms
from ...fleet.document import NEEDS_APPROVAL
from ...plan.model import Carried
from ...plan.platform import Handover
from ...visible import visible
from ..words import counted
from . import rings
from .view import CHANGE, NOTHING, REFUSED, Group, View

COMMAND = "ansible-playbook avshift.endpoint.migrate -e avshift_hosts=PATTERN " + (
    "-e avshift_approved_plan=PATH/plan.json"
)
PARTS = {
    "stage": "Stage: the replacement is installed and its on-demand detection tested; its real-time part is still off",
    "handover": "Handover: Kaspersky's real-time protection stops, the replacement's starts and is tested; if "
    "both may intercept at once, the replacement's starts and is tested first",
    "remove": "Remove: your data is archived, then everything that belongs to Kaspersky is removed",
}
STOPS = {
    "stage": "The steps are rolled back in reverse order, as far as they can be, and the host's verdict is "
    "rolled_back. Kaspersky's protection was never stopped.",
    "handover": "The replacement is stopped, Kaspersky's units are started and checked until they intercept again, and "
    "the host's verdict is rolled_back. Nothing was removed. If Kaspersky's protection does not come back within its "
    "time limit, "
    "the verdict is failed, and the run's output says that the host may be unprotected.",
    "remove": "This is past the point of no return. The replacement, if there is one, protects the host. Kaspersky "
    "is not restored; run the same plan again, and it continues where it stopped. Archived data is in "
    "{retained} on the host.",
}
LIMITS = (
    "The plan was computed from one check of each host. A host whose plan has changed by the time of the migration is "
    "refused, with a list of the differences.",
    "The plan covers only the hosts of the inventory that was used. The requester has to show whether that is "
    "the whole fleet.",
    "The plan cannot see anything outside a host that reinstalls Kaspersky: a deployment task of Security Center, a "
    "golden "
    "image, another management tool.",
    "The expected duration of a handover, and that it leaves no unprotected moment, was measured in a lab, "
    "not on these machines. The run measures it on each host.",
    "The method was tested against stand-ins made from public documentation, never against the vendor's own packages.",
)


# Characters of a version: one host's version must not fill the answer to a question.
LONGEST_VERSION = 60
# What happens during the window, by how the replacement runs beside another scanner.
WINDOWS = {
    "passive_capable": "it is a switch of modes",
    "on_demand_first": "it is one stop and one start",
    "exclusive": "it lasts from the stop until the replacement has started",
}


def stops(part: str) -> str:
    """Return what happens on a host where a part of a plan fails."""
    return STOPS[part].format(retained=platforms.archives())


def title(view: View) -> str:
    """Return the document's title."""
    return f"Plan: take a fleet of {counted(view.total, 'host')} off Kaspersky"


def size(octets: int) -> str:
    """Return bytes in a unit that people read."""
    value, units = float(octets), ["bytes", "kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.0f} {units[0]}" if value >= 10 or units[0] == "bytes" else f"{value:.1f} {units[0]}"


def purpose(view: View) -> str:
    """Return what the change is and why, in two sentences."""
    fates, replacements = view.fates(), view.replacements()
    others = sum(len(one.hosts) for one in view.forecasts if one.content["findings"])
    apart = (
        f" It was also found on {others:,} of {counted(view.foretold, 'host')} with a forecast."
        if view.forecasts
        else ""
    )
    instead = f"{', '.join(replacements)} takes over protection" if replacements else "there is no replacement"
    return (
        f"Kaspersky was found on {view.affected():,} of {counted(view.planned, 'host')} that could be checked. "
        f"{counted(fates[CHANGE], 'host')} would be changed: {instead}, Kaspersky is removed, and each host is either "
        f"verified clean or reported.{apart}"
    )


def window(view: View, group: Group) -> str:
    """Return what is expected of a class's time without real-time protection."""
    change, provider = group.handover, view.provider(group)
    if change is None:
        return "None: no step touches real-time protection."
    if not change.starts:
        return "Unlimited: real-time protection ends, and there is no replacement."
    if not change.stops:
        return "None: no Kaspersky protection is running that would stop; the replacement is switched on."
    if change.overlap:
        return f"No unprotected moment. {_overlapping(provider, change.overlap)} {_limits(change)}"
    return f"{_expected(provider)[0].capitalize()}. {_coexistence(provider)} {_limits(change)}"


def _overlapping(provider: dict[str, Any] | None, overlap: dict[str, Any]) -> str:
    expected = _expected(provider)[0]
    return (
        f"{provider['name'] if provider else 'The replacement'} intercepts and is tested before Kaspersky's "
        f"protection stops. If reading a clean file takes longer than {overlap['probe_limit']} s meanwhile, or both "
        "intercept "
        f"for longer than {overlap['limit']} s, it is stopped and starts after Kaspersky has stopped; the window is "
        "then "
        f"{expected}."
    )


def _expected(provider: dict[str, Any] | None) -> tuple[str, float]:
    """Return the seconds to be expected, in words and as a number; no measurement counts as the longest."""
    told = (provider or {}).get("window")
    if told is None:
        return "not predicted", math.inf
    return f"about {told['expected_seconds']:g} s, as measured in the lab", float(told["expected_seconds"])


def _coexistence(provider: dict[str, Any] | None) -> str:
    told = {
        "passive_capable": "already runs in passive mode, so the window is a switch of modes",
        "on_demand_first": (
            "is already installed and its on-demand detection tested, so the window is one stop and one start"
        ),
        "exclusive": "cannot run alongside Kaspersky, so its start falls into the window",
    }
    coexistence = _one_by_one(provider)
    if provider is None or coexistence not in told:
        return "It is not known whether the replacement can run alongside Kaspersky."
    return f"{provider['name']} {told[coexistence]}."


def _one_by_one(provider: dict[str, Any] | None) -> str:
    """Return how a replacement runs with Kaspersky on a host where the two do not intercept at the same time."""
    coexistence = str(provider["coexistence"]) if provider else ""
    return "on_demand_first" if coexistence == "overlapping" else coexistence


def _limits(change: Handover) -> str:
    return (
        f"A service that takes longer than {change.stop_limit} s to stop is killed; a start that does not intercept "
        f"within {change.start_limit} s counts as failed, and Kaspersky's protection is started again."
    )


def longest_window(view: View) -> tuple[str, str]:
    """Return the longest window to be expected of the fleet: in a word or two, and in a sentence."""
    told = [group for group in view.of_fate(CHANGE) if group.handover is not None]
    bare = sum(len(group.entries) for group in told if group.handover and not group.handover.starts)
    if bare:
        return "unlimited", f"{counted(bare, 'host')} would be left without real-time protection."
    over = [group for group in told if group.handover and group.handover.stops]
    if not over:
        return "none", "No running Kaspersky protection is stopped on the hosts to be changed."
    bare_moment = [group for group in over if group.handover and group.handover.opens_window()]
    hosts, others = (sum(len(group.entries) for group in those) for those in (bare_moment, over))
    others -= hosts
    closed = f"On {counted(others, 'host')} the replacement is tested before Kaspersky's protection stops."
    if not bare_moment:
        return "no unprotected moment", f"No host is expected to have a window. {closed}"
    provider = max((view.provider(group) for group in bare_moment), key=lambda one: _expected(one)[1])
    parts = WINDOWS.get(_one_by_one(provider), "") if provider else ""
    short, _comma, measured = _expected(provider)[0].partition(", ")
    sentence = f"{parts or 'there is one'}{', ' if measured else ''}{measured}"
    said = [f"On {counted(hosts, 'host')} {sentence}; the run measures it on each."]
    if others:
        said.insert(0, f"{hosts:,} of {counted(hosts + others, 'host')} will have a window.")
        said.append(f"{closed[:-1]}: no unprotected moment.")
    return short, " ".join(said)


def reboots(view: View) -> tuple[str, str]:
    """Return what is expected of reboots: in a word or two, and in a sentence."""
    why = [(_restarts(group), len(group.entries)) for group in view.of_fate(CHANGE)]
    perhaps = sum(hosts for reasons, hosts in why if reasons)
    told = {name: sum(hosts for names, hosts in why if name in names) for reasons, _hosts in why for name in reasons}
    words = [f"On {counted(hosts, 'host')} {reason}." for reason, hosts in told.items()]
    waiting = view.with_level("reboot_pending")
    if waiting:
        words.append(f"{counted(waiting, 'host')} already {'needs' if waiting == 1 else 'need'} one.")
    return ("none planned" if not perhaps else f"up to {perhaps:,}"), " ".join(["No step restarts a host.", *words])


def _restarts(group: Group) -> tuple[str, ...]:
    """Return why steps of a class may take a restart, each reason once."""
    kind = platforms.of_plan(group.plan).kind
    reasons = [kind(step["kind"]).restart for step in group.plan["steps"]]
    return tuple(dict.fromkeys(reason for reason in reasons if reason))


def not_known(view: View) -> tuple[str, str]:
    """Return what could not be determined: in a word or two, and in a sentence."""
    silent, unsure = len(view.document["not_planned"]), view.unknown()
    if not silent and not unsure:
        return "nothing", "Every host answered, and everything could be checked."
    words = []
    if silent:
        words.append(f"{counted(silent, 'host')} gave no answer and {'has' if silent == 1 else 'have'} no plan.")
    if unsure:
        words.append(f"On {counted(unsure, 'host')} something could not be checked.")
    return counted(silent + unsure, "host"), " ".join(words)


def justification(view: View) -> list[str]:
    """Return the answer to: why, and what if not."""
    found = [
        f"{name} {visible(version, LONGEST_VERSION) or '(version not known)'} on {counted(hosts, 'host')}"
        for (name, version), hosts in view.products().items()
    ]
    policy = view.document["policy"]
    unnamed = "The plan does not name a rule or decision that requires this; the requester does."
    return [
        purpose(view),
        f"Found: {'; '.join(found)}." if found else "No Kaspersky software was found on any host.",
        f"Required by: {policy}." if policy else unnamed,
        "Without this change, the software above stays on the hosts, and so does its risk.",
    ]


def bound(view: View) -> str:
    """Return what an approval of the plan covers, and that it does not expire unless it is given an end."""
    unbound = sum(not Carried.of(entry).machine for group in view.groups for entry in group.entries.values())
    words = "It is bound to each machine by its machine ID and its host name."
    if unbound:
        words += f" Bound by host name alone, because there is no machine ID: {counted(unbound, 'host')}."
    own = (
        "this plan does not count as its own approval"
        if view.document.get(NEEDS_APPROVAL)
        else "this also applies to this plan, which is its own approval"
    )
    return (
        f"{words} An approval without an expiry date (avshift_approve_until) does not expire and is valid for every "
        f"run; {own}."
    )


def implementation(view: View) -> list[str]:
    """Return the answer to: how, as numbered steps."""
    fates, order = view.fates(), rings.order(view)
    return [
        f"Approve this plan: plan.json with the digest {view.document['digest']}. {bound(view)}",
        f"Run {COMMAND}. It checks each host again and refuses hosts whose plan has changed by then.",
        f"Rings, one after the other: {order or 'all hosts at once'}.",
        *(f"{text}." for text in PARTS.values()),
        "Verify: evidence is collected again, the replacement is tested on demand and on access, and a record "
        "with a verdict is written for each host.",
        f"{counted(fates[REFUSED], 'host')} would be refused in their current state; there is nothing to do on "
        f"{counted(fates[NOTHING], 'host')}.",
    ]


def back_out(view: View) -> list[str]:
    """Return the answer to: what if it stops, and how to check that backing out has worked."""
    return [
        "Before the first step a host is unchanged; nothing has to be rolled back.",
        f"During stage: {stops('stage')} Success: the verdict is rolled_back and Kaspersky runs as before.",
        f"During handover: {stops('handover')} Success: the verdict is rolled_back and Kaspersky intercepts again.",
        f"During remove: {stops('remove')} Success: the same plan run again ends in a clean verdict.",
        "The rollout stops after a ring that did not meet its gate. Hosts that were not started are unchanged.",
    ]


def tests(view: View) -> list[str]:
    """Return the answer to: how it was tested, and how to check that it has worked."""
    sizes = view.rings()
    first = sizes.get(1, 0)
    pilot = (
        f"Ring 1 has {counted(first, 'host')} of {view.planned:,} and is the pilot: check its report before the rest."
        if len(sizes) > 1
        else "The plan has one ring. Set avshift_rollout to run a pilot first."
    )
    return [
        "This dry run changed nothing on any host; the same code carries the plan out.",
        pilot,
        "Success on a host: the verdict is never_present, removed_verified or removed_with_inert_residue. Everything "
        "else, unknown in particular, is not a success.",
        "If a replacement is planned, it must detect a test file on demand, block it on access, and "
        "let a clean file pass.",
        "Afterwards, at any time: ansible-playbook avshift.endpoint.verify.",
    ]
