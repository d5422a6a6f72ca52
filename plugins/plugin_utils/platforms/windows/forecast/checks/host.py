# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the host itself is, and what is pending on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .....plan.foretelling import UNKNOWN
from .....plan.model import Check
from ...look import text, why_not
from ...planning import OPTIONS, SIGNED_IN
from ...problems import filters_left
from ...reads import WRITE_FILTER
from ..case import Case, listed, start

BUSY = "InProgress"
# Services that show a special role of a host: (id, service, title, diagnosis, remedy).
ROLES = (
    (
        "domain_controller", "NTDS", "A domain controller is done alone",
        "the directory's service is there",
        "Never have two controllers of a site in one ring, and make sure that another one answers before the restart.",
    ),
    (
        "cluster_node", "ClusSvc", "A node of a cluster is drained first",
        "the cluster's service is there",
        "Drain the node, take one node at a time, and bring it back before the next.",
    ),
    (
        "hypervisor_host", "vmms", "A restart takes this host's virtual machines with it",
        "the service of Hyper-V is there",
        "Move or stop its guests first, or have its restart in their window.",
    ),
)  # fmt: skip


def restarts(case: Case) -> Iterator[Check]:
    """Yield whether a restart is pending, and whether an installation is running."""
    waiting = case.evidence.of_kind("restart_pending")
    unread = [item for item in case.evidence.unknowns() if item["kind"] == "restart_pending"]
    busy = [item for item in waiting if item["what"] == BUSY]
    others = [item for item in waiting if item["what"] != BUSY]
    own = listed(path for item in others for path in item["value"]["own"])
    title, remedy = "A restart is outstanding", "Restart the host first, and plan again."
    if others:
        why = listed(item["what"] for item in others) + (f"; of the vendor's own: {own}" if own else "")
        yield Check("restart_pending", "overridable", title, why, remedy)
    elif unread:
        yield Check(
            "restart_pending", UNKNOWN, "It is not known whether a restart is outstanding", unread[0]["unknown"], ""
        )
    else:
        yield Check("restart_pending", "ok", "No restart is outstanding", "nothing waits for one")
    if busy:
        wait = "Wait until that installation has ended, and look again."
        yield Check("installer_busy", "overridable", "Windows Installer is at work", busy[0]["where"], wait)


def roles(case: Case) -> Iterator[Check]:
    """Yield the host's roles for other hosts, besides what it was installed as."""
    kind = text(case.look.values(OPTIONS), "ProductType") or ""
    told = {"winnt": "a client", "lanmannt": "a domain controller", "servernt": "a server"}.get(kind.lower(), "")
    system = case.evidence.host
    diagnosis = f"{system.get('product', '') or 'Windows'}, build {system['version']}" + (
        f"; it is {told}" if told else ""
    )
    yield Check("system_role", "info", "A server" if case.is_server else "A client", diagnosis)
    for identity, service, title, why, remedy in ROLES:
        there = case.role(service)
        if there or (identity == "domain_controller" and kind.lower() == "lanmannt"):
            yield Check(identity, "warning", title, why if there else f"ProductType is {kind}", remedy)
        elif there is None:
            yield Check(
                identity, UNKNOWN, title, f"the key of the service {service} could not be read", "Look by hand."
            )


def lasting(case: Case) -> Iterator[Check]:
    """Yield why a change may not last: a write filter, or a clone that is reset to its image."""
    there = [name for name in ("uwfvol", "UwfServicingSvc") if case.role(name)]
    if there:
        key = case.look.key(f"SYSTEM\\CurrentControlSet\\Services\\{there[0]}")
        why = f"{listed(there)} is there, start type {start(key)}"
        yield _filtering(case.look.provided(WRITE_FILTER), why)
    for item in case.evidence.of_kind("management_server"):
        if item["value"]["image_clone"]:
            title, why = "A clone: what is removed comes back with its image", f"its agent says so ({item['where']})"
            yield Check("image_clone", "warning", title, why, "Plan the image that it is made from, not the clone.")


def _filtering(told: dict[str, Any], why: str) -> Check:
    """Return whether a write filter is on. Its service's key does not say so, and only a provider does."""
    states = [told.get(name) for name in ("CurrentEnabled", "NextEnabled")]
    remedy = "Run uwfmgr get-config on the host. Switch the filter off before a change, or change the image."
    if True in states:
        when = "now" if states[0] is True else "from the next restart on"
        title = "A write filter takes every change back at the next restart"
        return Check("write_filter", "overridable", title, f"{why}; it filters {when}", remedy)
    if states == [False, False]:
        return Check("write_filter", "ok", "A write filter is there, and is switched off", why)
    title = "A write filter may take every change back at the next restart"
    return Check("write_filter", UNKNOWN, title, f"{why}; its provider did not say whether it filters", remedy)


def sessions(case: Case) -> Iterator[Check]:
    """Yield who is signed in and would lose unsaved work in a restart."""
    keys = list(case.look.keys(SIGNED_IN))
    names = [text(key.values, "USERNAME") or key.user for key in keys if key.values]
    refused = [why_not(key.answer) for key in keys if why_not(key.answer)]
    if not case.is_live:
        yield Check("sessions", "info", "No user is signed in on a disk", "a disk has no sessions")
    elif names:
        remedy = "Warn them before the restart; on a host of remote sessions drain it first."
        yield Check("sessions", "warning", "Users are signed in", f"{len(names)}: {listed(names)}", remedy)
    elif refused:
        yield Check("sessions", UNKNOWN, "It is not known who is signed in", refused[0], "Ask the host: quser.")
    else:
        yield Check("sessions", "ok", "No user is signed in", "no loaded hive of a user has a session")


def filters(case: Case) -> Iterator[Check]:
    """Yield a stop for every restart, whoever starts it: a list of device filters names a missing driver."""
    left = filters_left(case.items("class_filter"))
    if left:
        yield Check(
            "filter_left",
            "error",
            "Do not restart this host until a list of device filters is corrected",
            listed(f"{item['what']} of class {item['value']['class'] or 'not named'}" for item in left),
            "Take only these entries out of their lists, keep the others and their order, and then restart.",
        )
