# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Carry out one part of a plan. Check mode, ``changed`` and taking back are decided here and nowhere else.

A kind of step is a module with ``look(target)``, which tells whether the step is done, ``do(target)``, which does it
and may return facts to record, and, where it can be taken back, ``undo(target)``, which gets those facts under
``facts``. ``do`` is called only when ``look`` said no, and ``look`` has to say yes afterwards. A kind with
``CHANGES = False`` proves or tells and changes nothing; one with ``HALF_WAY = True`` may fail after it has changed
something, and is taken back then too; one whose ``undone_last(target)`` is true needs all others taken back before.
"""

import time

from ..system.errors import EndpointError, Problem
from ..system.time_limit import time_limit
from . import (
    account_remove,
    announcement,
    await_packages,
    await_paths,
    boot_links,
    certificate_remove,
    debconf,
    enrol,
    file,
    flags,
    group,
    handover,
    ini_section,
    kernel_module_unload,
    kit,
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
    selinux_boolean,
    selinux_contexts_remove,
    signatures_check,
    unit,
    vendor_proof,
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
    "enrol": enrol,
    "file": file,
    "flags_clear": flags,
    "group_remove": group,
    "handover": handover,
    "ini_section_remove": ini_section,
    "kit_check": kit.Check,
    "kit_install": kit.Install,
    "lines_remove": lines_remove,
    "package_repair": package_repair,
    "kernel_module_unload": kernel_module_unload,
    "packages_install": packages_install,
    "packages_remove": packages_remove,
    "packet_marks_remove": packet_marks_remove,
    "path_remove": path,
    "processes_end": processes,
    "prove_on_demand": proof,
    "prove_state": vendor_proof,
    "retain": retain,
    "selinux_boolean": selinux_boolean,
    "selinux_contexts_remove": selinux_contexts_remove,
    "signatures_check": signatures_check,
    "systemd_reload": reload_units,
    "unit": unit,
}
# Nothing of the owner's is lost before these are done: where nothing took its place, the old protection can come back.
RETURNABLE = ("unit", "processes_end", "kernel_module_unload", "packet_marks_remove", "retain")
# What somebody can have put on a host so that a step fails is no reason to leave the others as they are.
ERRORS = (Problem, OSError, ValueError)
# Seconds after which a step has failed, whatever it waits for. What it runs has limits of its own, which are shorter.
LONGEST = 4 * 3600
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


def carry_out(steps, pending, check, failure=None, stopped=None, earlier=()):
    """Carry out one part's steps in order and return {changed, outcomes, pending, failure}.

    ``steps`` are {id, kind, target, undo}; those in ``pending`` are to be done. Every step gets an outcome, after a
    failure too: ``untouched``. When a step fails, those before it that can be undone are, in reverse. With the
    ``failure`` of an earlier part nothing is done. ``stopped`` is the step of an earlier part that left the host
    without protection, if one did. ``earlier`` are the ids of steps that this run had done before it was cut off: they
    are taken back too.
    """
    outcomes, done, failed = [], [], None
    for step in steps:
        outcome = {"id": step["id"], "outcome": ALREADY, "facts": {}}
        outcomes.append(outcome)
        if failure is not None:
            outcome["outcome"] = UNTOUCHED
        elif step["id"] in pending:
            failure = _carry_out_one(step, check, outcome)
            failed = (step, outcome) if failure else None
            if outcome["outcome"] == CHANGED or (failure and getattr(KINDS[step["kind"]], "HALF_WAY", False)):
                done.append((step, outcome))
        elif step["id"] in earlier:
            done.append((step, outcome))
    if failed is not None and stopped is not None and failed[0]["kind"] in RETURNABLE:
        _take_back_to_protection(stopped, done, failed[1], failure)
    elif failed is not None:
        _take_back([(step, outcome) for step, outcome in done if step["undo"]], failure)
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
        with time_limit(LONGEST, step["id"], "Carrying out a step"):
            if not _done(step):
                outcome["facts"] = kind.do(step["target"]) or {}
                _must_be_done(step)
        outcome["outcome"] = CHANGED if changes else PROVED
    except ERRORS as error:
        outcome["outcome"] = FAILED
        outcome["facts"] = getattr(error, "facts", {})
        error = error if isinstance(error, Problem) else _told(step, error)
        return {"step": step["id"], "code": error.code, "message": str(error), "undone": []}
    finally:
        outcome["seconds"] = round(time.monotonic() - begun, 3)
    return None


def _told(step, error):
    """Return an error of the system's as one that says in which step it came."""
    if isinstance(error, ValueError):
        return EndpointError("odd_answer", "Carrying out a step", step["id"], error, "See what the host says of it.")
    cause = ": ".join(str(part) for part in (error.filename, error.strerror or error) if part)
    return EndpointError("system_error", "Carrying out a step", step["id"], cause, "See to it and run again.")


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
    """Undo in reverse; one that cannot be undone does not keep the others from it, and is named in the message."""
    for step, outcome in sorted(reversed(done), key=lambda pair: _undone_last(pair[0])):
        try:
            facts = KINDS[step["kind"]].undo(dict(step["target"], facts=outcome["facts"]))
            outcome["facts"].update(facts or {})
            if outcome["outcome"] != FAILED:
                outcome["outcome"] = UNDONE
            failure["undone"].append(step["id"])
        except ERRORS as error:
            outcome["facts"]["not_undone"] = str(error)
            failure["message"] += " NOT TAKEN BACK: %s: %s" % (step["id"], error)


def _undone_last(step):
    return getattr(KINDS[step["kind"]], "undone_last", lambda _target: False)(step["target"])


def _take_back_to_protection(stopped, done, outcome, failure):
    """Bring the old protection back, with what runs beside it, since nothing took its place and nothing was removed.

    The facts of that, such as ``old_is_back``, are added to those of the step that failed.
    """
    _take_back([pair for pair in done if hasattr(KINDS[pair[0]["kind"]], "undo")], failure)
    try:
        outcome["facts"].update(KINDS[stopped["kind"]].undo(stopped["target"]))
        failure["message"] += " The old protection is back, proven, and nothing of it was removed."
        failure["undone"].append(stopped["id"])
    except ERRORS as error:
        outcome["facts"].update(getattr(error, "facts", {}), not_undone=str(error))
        failure["message"] += " NOT TAKEN BACK: %s: %s" % (stopped["id"], error)
