# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Called by ``start`` to carry out one part of a plan, or several in their order."""

import contextlib

from ..system import run_lock
from ..system.errors import EndpointError
from ..system.masks import hide, masked
from . import announcement
from .runner import carry_out, pending_of


def main(arguments, check_mode):
    """Return {changed, outcomes, pending, failure} for {steps, parts, pending}: all of the plan's steps, the parts of
    which they are carried out, and the ids of the steps that were not done when the plan's first part began.

    Without ``pending``, all steps are looked at. A failed step is a result too, since the record needs all of it.
    What is in ``secrets`` (texts that steps hold, none unless given) is in no result.
    """
    hide(arguments.get("secrets", ()))
    try:
        with contextlib.ExitStack() as stack:
            if not check_mode:
                stack.enter_context(run_lock.held())
            result = _carried_out(arguments, check_mode)
    except (EndpointError, OSError) as error:
        result = {"failed": True, "msg": str(error), "code": getattr(error, "code", "system_error")}
    return masked(result, arguments.get("secrets", ()))


def _carried_out(arguments, check_mode):
    steps, pending = arguments["steps"], arguments["pending"]
    pending = pending_of(steps) if pending is None else pending
    earlier = announcement.begun_with(steps, pending)
    result = {"changed": False, "outcomes": [], "pending": pending, "failure": None}
    for part in arguments["parts"]:
        mine, stopped = [step for step in steps if step["part"] == part], _stopped(steps) if part == "remove" else None
        done = carry_out(mine, pending, check_mode, result["failure"], stopped, earlier)
        result["outcomes"] += done["outcomes"]
        result.update(changed=result["changed"] or done["changed"], failure=done["failure"])
    return result


def _stopped(steps):
    """Return the handover to nothing among the steps, if there is one."""
    return next((step for step in steps if step["kind"] == "handover" and step["target"]["new"] is None), None)
