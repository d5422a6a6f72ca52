# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Carry out one part of a plan. Check mode, ``changed`` and taking back are decided here and nowhere else.

A kind of step is a module with ``look(target)``, which tells whether the step is done, ``do(target)``, which does it
and may return facts to record, and, where it can be taken back, ``undo(target)``. ``do`` is called only when ``look``
said no, and ``look`` has to say yes afterwards. A kind with ``CHANGES = False`` proves or tells and changes nothing.
"""

import time

from ..system.errors import EndpointError
from . import (
    account_remove,
    announcement,
    await_packages,
    await_paths,
    boot_links,
    certificate_remove,
    debconf,
    file,
    flags,
    group,
    handover,
    ini_section,
    kernel_module_unload,
    lines_remove,
    package_repair,
    packages_install,
    packages_remove,
    packet_marks_remove,
    path,
    processes,
    proof,
    reload_units,
    retain,
    selinux_contexts_remove,
    unit,
)

KINDS = {
    "account_remove": account_remove,
    "announce": announcement.Announce,
    "finish": announcement.Finish,
    "await_packages": await_packages,
    "await_paths": await_paths,
    "boot_links_remove": boot_links,
    "certificate_remove": certificate_remove,
    "debconf": debconf,
    "file": file,
    "flags_clear": flags,
    "group_remove": group,
    "handover": handover,
    "ini_section_remove": ini_section,
    "lines_remove": lines_remove,
    "package_repair": package_repair,
    "kernel_module_unload": kernel_module_unload,
    "packages_install": packages_install,
    "packages_remove": packages_remove,
    "packet_marks_remove": packet_marks_remove,
    "path_remove": path,
    "processes_end": processes,
    "prove_on_demand": proof,
    "retain": retain,
    "selinux_contexts_remove": selinux_contexts_remove,
    "systemd_reload": reload_units,
    "unit": unit,
}
WOULD, CHANGED, PROVED, ALREADY, FAILED, UNDONE, UNTOUCHED = (
    "would_change",
    "changed",
    "proved",
    "already",
    "failed",
    "undone",
    "untouched",
)


def pending_of(steps):
    """Return the ids of the steps that are not done, in order. It is decided for all parts before the first begins,
    so that check mode and the real run say the same, whatever one step brings about for another.
    """
    if any(step["kind"] == "announce" and _done(step) for step in steps):
        _let_end([step for step in steps if step["kind"] == "await_packages"])
    return [step["id"] for step in steps if not _done(step)]


def _let_end(waits):
    """Wait for a package manager that a run which was cut off has started: what it has yet to undo of a later step, as
    starting a service, would be taken for done.
    """
    for step in waits:
        try:
            KINDS[step["kind"]].do(step["target"])
        except EndpointError:
            # The step itself says so when its turn comes.
            return


def carry_out(steps, pending, check, failure=None):
    """Carry out one part's steps in order and return {changed, outcomes, pending, failure}.

    ``steps`` are {id, kind, target, undo}; those in ``pending`` are to be done. Every step gets an outcome, after a
    failure too: ``untouched``. When a step fails, those before it that can be undone are, in reverse. With the
    ``failure`` of an earlier part nothing is done.
    """
    outcomes, done = [], []
    for step in steps:
        outcome = {"id": step["id"], "outcome": ALREADY, "facts": {}}
        outcomes.append(outcome)
        if failure is not None:
            outcome["outcome"] = UNTOUCHED
        elif step["id"] in pending:
            failure = _carry_out_one(step, check, outcome)
            if outcome["outcome"] == CHANGED:
                done.append((step, outcome))
    if failure is not None:
        _take_back(done, failure)
    changed = any(outcome["outcome"] in (CHANGED, WOULD) for outcome in outcomes)
    return {"changed": changed, "outcomes": outcomes, "pending": pending, "failure": failure}


def _carry_out_one(step, check, outcome):
    kind = KINDS[step["kind"]]
    changes = getattr(kind, "CHANGES", True)
    if check:
        outcome["outcome"] = WOULD if changes else ALREADY
        return None
    begun = time.monotonic()
    try:
        if not _done(step):
            outcome["facts"] = kind.do(step["target"]) or {}
            _must_be_done(step)
        outcome["outcome"] = CHANGED if changes else PROVED
    except (EndpointError, OSError) as error:
        outcome["outcome"] = FAILED
        outcome["facts"] = getattr(error, "facts", {})
        return {"step": step["id"], "code": getattr(error, "code", "system_error"), "message": str(error), "undone": []}
    finally:
        outcome["seconds"] = round(time.monotonic() - begun, 3)
    return None


def _done(step):
    return KINDS[step["kind"]].look(step["target"])


def _must_be_done(step):
    kind = KINDS[step["kind"]]
    if getattr(kind, "CHANGES", True) and not kind.look(step["target"]):
        raise EndpointError(
            "step_without_effect",
            "Carrying out a step",
            step["id"],
            "it ended without an error, and yet the host is not as it should be",
            "Look at the step's target on the host and run again.",
        )


def _take_back(done, failure):
    """Undo in reverse; one that cannot be undone does not keep the others from it."""
    for step, outcome in reversed(done):
        if not step["undo"]:
            continue
        try:
            KINDS[step["kind"]].undo(step["target"])
            outcome["outcome"] = UNDONE
            failure["undone"].append(step["id"])
        except (EndpointError, OSError) as error:
            outcome["facts"]["not_undone"] = str(error)
