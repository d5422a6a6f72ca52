# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state of the products that would be removed."""

from __future__ import annotations

from collections.abc import Iterator

from .....plan.foretelling import UNKNOWN
from .....plan.model import Check
from ..case import GONE, Case, Removal, listed

# Problems that another check of the forecast explains.
ELSEWHERE = ("filter_left", "restart_pending", "encrypted_disk", "password_protected")
# (level, title, remedy) by the problem.
TOLD = {
    "orphan_entry": (
        "overridable",
        "An entry in the list of programs without its files",
        "Its own removal may fail for want of them; what is left would be removed piece by piece.",
    ),
    "files_without_entry": (
        "overridable",
        "Files and services without an entry in the list of programs",
        "No removal of its maker's is known to the system; it would be removed by hand or by its maker's own tool.",
    ),
    "driver_without_file": (
        "warning",
        "A driver's entry names a file that is gone",
        "The entry goes, after a restart.",
    ),
    "delete_pending": (
        "warning",
        "A service is marked for deletion, and goes with the next restart",
        "Restart before another installation: one of the same name fails until then.",
    ),
}


def problems(case: Case) -> Iterator[Check]:
    """Yield the problems of the products that were found."""
    for finding in case.found:
        for problem in finding.problems:
            if problem in TOLD and problem not in ELSEWHERE:
                level, title, remedy = TOLD[problem]
                yield Check(problem, level, title, f"{finding.name}: {finding.state}", remedy)


def confidence(case: Case) -> Iterator[Check]:
    """Yield what was found only by a name, and what stays unless it is named."""
    weak = [finding.name for finding in case.found if finding.confidence != "confirmed" and finding.state not in GONE]
    if weak:
        remedy = "Look on the host what it is. Nothing that is not confirmed would be removed without being named."
        yield Check("not_confirmed", "overridable", "Not confirmed by two kinds of evidence", listed(weak), remedy)
    staying = [one for one in case.found if not case.goal.takes(case.products[one.id]) and one.state not in GONE]
    may = [one for one in staying if case.products[one.id].may_go((one.id,))]
    named = [f"{one.name}{case.owners(one.id)}" for one in may]
    if named:
        title = "Stays: it is of a class that goes only when it is named, or is excepted"
        yield Check("not_removed", "info", title, listed(named), "Name it in avshift_also_remove if it is to go.")
    others = [one.name for one in staying if one not in may]
    if others:
        yield Check(
            "not_removed", "info", "Stays: nothing here says how it is removed", listed(others), "Look by hand."
        )


def passwords(case: Case) -> Iterator[Check]:
    """Yield whether a password will be needed. Only whether one is set is read, never the password."""
    for removal in case.removals:
        name, needed = removal.finding.name, listed(removal.product.removal_properties)
        if "password_protected" in removal.finding.problems:
            with_it = f" Its removal takes them as {needed}." if needed else ""
            remedy = (
                f"Lift it by the policy of its server, and wait for it to arrive, or have name and password.{with_it}"
            )
            yield Check("password_needed", "overridable", "A password protects it", name, remedy)
        elif not _is_without(case, removal):
            why = f"{name}: the host does not show whether a password protects its removal"
            remedy = "Look in its policy on the management server before a change is planned."
            yield Check("password_unknown", UNKNOWN, "A password may be needed", why, remedy)
        else:
            yield Check("password_needed", "ok", "No password protects it", name)


def _is_without(case: Case, removal: Removal) -> bool:
    keys = [item for item in case.claimed.get(removal.product.id, ()) if item["kind"] == "vendor_key"]
    return any(item["value"]["password"] == "off" for item in keys)


def running(case: Case) -> Iterator[Check]:
    """Yield that a running product may block its own removal."""
    names = [removal.finding.name for removal in case.removals if case.is_running(removal.finding)]
    if names:
        title = "It runs, and may block or delete what is copied to the host"
        remedy = "If files of a run vanish half way, this is why. Exempt the management account in its policy first."
        yield Check("security_product_may_stop_us", "warning", title, listed(names), remedy)
    protected = [item["what"] for item in case.items("service") if item["value"]["protected"]]
    if protected:
        title = "A protected service: nothing outside can stop, change or delete it"
        yield Check("protected_service", "warning", title, listed(protected), "Only the product's own removal ends it.")


def codes(case: Case) -> Iterator[Check]:
    """Yield products without a known code by which Windows Installer could remove them."""
    for removal in case.removals:
        if not removal.codes:
            why = f"{removal.finding.name}: neither an entry nor its own key names one"
            remedy = "Remove it by its own program, by hand; an UninstallString is never run as it stands."
            yield Check(
                "product_code_unknown", "overridable", "No ProductCode of it is known on this host", why, remedy
            )


def unseen(case: Case) -> Iterator[Check]:
    """Yield what could not be read: something may be there."""
    missed = case.evidence.unknowns()
    if missed:
        told = listed(f"{item['id']}: {item['unknown']}" for item in missed)
        remedy = "Look with an account that may read it, and with every user's hive loaded, or at the disk."
        yield Check("not_everything_seen", UNKNOWN, "Not everything could be read", told, remedy)
