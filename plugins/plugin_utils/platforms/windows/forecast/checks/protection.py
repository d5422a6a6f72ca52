# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who protects now, and what would protect afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .....detect.match import Finding
from .....plan.foretelling import UNKNOWN
from .....plan.model import Check
from ... import names
from ...loaded import DEFENDER
from ...look import ABSENT, number, text
from ...planning import SECURITY_CENTER
from ...reads import REGISTERED
from ..case import GONE, Case, has_program, listed, runs

# The mode in which it protects; in every other one, something else would have to.
PROTECTING = "Normal"
# Microsoft's own limit, in days, of the age of signatures that protect.
OLD = 7
# Its parts besides its service. Where some are there, the one that filters files is missing.
PARTS, FILTER = ("WdNisSvc", "WdBoot", "WdNisDrv"), "WdFilter"
# A build on which it is a part of another product, and may be left without its drivers.
WITHOUT = "9600"
# Defender's service: checks of its own say what is so with it.
SERVICE = "WinDefend"
SOURCE = "Correct it where it comes from, in the group policy or the management tool, and not in the registry."


def now(case: Case) -> Iterator[Check]:
    """Yield who protects now: on an unprotected host, a change opens no window."""
    own = [one.name for one in case.found if case.is_running(one) and _scans(case, one.id)]
    others = [one.name for one in _besides_defender(case) if one.state == "running"]
    if own:
        yield Check("protected_now", "ok", "The vendor's engine runs", listed(own))
    elif others:
        yield Check("protected_now", "info", "Another product runs, and none of the vendor's", listed(others))
    elif runs(case.service(SERVICE)) and _mode(case) in ("", PROTECTING):
        mode = f", and it says that its mode is {_mode(case)}" if _mode(case) else ", and its mode is not known"
        yield Check("protected_now", "info", "Only Defender's service runs", f"service {SERVICE} runs{mode}")
    elif not case.is_live:
        yield Check("protected_now", UNKNOWN, "A disk does not show what protects", "nothing runs on a disk")
    else:
        remedy = "Find out why before a change: the time without a scanner does not begin with the removal."
        yield Check(
            "protected_now", "warning", "Nothing that is known protects this host now", "no engine runs", remedy
        )


def _mode(case: Case) -> str:
    return str((case.evidence.value("defender", "state") or {}).get("mode", ""))


def _scans(case: Case, product: str) -> bool:
    """Return True for a product that protects in real time, judged by its services in the catalog."""
    return bool(case.products[product].real_time_units) or case.products[product].product_class == "product"


def others(case: Case) -> Iterator[Check]:
    """Yield other vendors' products, and what they left in Security Center."""
    there = [f"{one.name} ({one.state})" for one in _besides_defender(case) if one.state not in GONE]
    if there:
        title, remedy = (
            "Another antivirus product is there",
            "Decide which one protects afterwards; two may not run at once.",
        )
        yield Check("other_antivirus", "warning", title, listed(there), remedy)
    stale = [item for item in case.evidence.of_kind("security_provider") if item["value"]["file"] == ABSENT]
    if stale:
        title = "Security Center still lists a product whose program is gone, so that Defender may stay off"
        names = listed(item["value"]["name"] for item in stale)
        yield Check("provider_left", "warning", title, names, "The row is Windows' own to remove, with a restart.")


def _besides_defender(case: Case) -> list[Finding]:
    return [one for one in case.others if one.id != DEFENDER]


def afterwards(case: Case) -> Iterator[Check]:
    """Yield what Defender would do once the product is gone, and what prevents that."""
    blockers = list(_blockers(case))
    yield from blockers
    if any(item["kind"] == "defender" for item in case.evidence.unknowns()):
        yield Check("defender_after", UNKNOWN, "Defender's state could not be read", "its policy was refused", SOURCE)
    elif any(check.level != "info" for check in blockers):
        why = listed(check.id for check in blockers)
        title, remedy = (
            "Unprotected after a removal, as the host is now",
            "Fix what is listed, or install a replacement.",
        )
        yield Check("defender_after", "overridable", title, why, remedy)
    elif case.is_server:
        title = "A server is unprotected after a removal unless a step switches Defender on"
        remedy = "Plan that step (the feature, passive mode off, a restart), or bring a replacement."
        yield Check("defender_after", "overridable", title, "nothing switches it on by itself on a server", remedy)
    else:
        title = "Defender is expected to come back by itself, in most cases within minutes of the restart"
        remedy = "Prove it afterwards by its own state and by a detection; a running service shows nothing."
        yield Check("defender_after", "info", title, "a client without a known blocker", remedy)


def _blockers(case: Case) -> Iterator[Check]:
    value = case.evidence.value("defender", "state") or {}
    off = [*value.get("off_by_policy", ()), *(f"{name} (not by policy)" for name in value.get("off_by_itself", ()))]
    if off:
        yield Check("defender_policy_off", "overridable", "Defender is switched off", listed(off), SOURCE)
    if value.get("passive_forced"):
        yield _passive(case)
    yield from _of_service(case.service(SERVICE), case)
    if value.get("mode") and value["mode"] != PROTECTING and case.is_server:
        why, remedy = f"it says that its mode is {value['mode']}", "Nothing changes its mode by itself on a server."
        yield Check("defender_mode", "overridable", "Defender runs in a mode that does not protect", why, remedy)
    if (value.get("signature_days") or 0) > OLD:
        why = f"{value['signature_days']} days old, platform {value['platform'] or 'unknown'}"
        remedy = "Update its platform and its signatures before the removal; a running service shows nothing."
        yield Check("defender_signatures_old", "overridable", "Defender's signatures are old", why, remedy)
    if number(case.look.values(SECURITY_CENTER), "AntiVirusOverride") == 1:
        why = "AntiVirusOverride is 1: a tool has set that Security Center does not watch"
        remedy = "Find out what it has removed of Defender, and repair Windows, or bring a replacement."
        yield Check("defender_overridden", "overridable", "Security Center does not watch the antivirus", why, remedy)
    if value.get("signatures_of"):
        why = f"version {value['signatures'] or 'unknown'}, in use since {value['signatures_of']}"
        remedy = "Compare it with your policy (Microsoft's own rule is 7 days): old signatures are no protection."
        yield Check("defender_signatures", "info", "Defender's signatures", why, remedy)


def _passive(case: Case) -> Check:
    onboarded = case.service("Sense")
    known = onboarded is not None and onboarded["start"] == "auto"
    why = "ForceDefenderPassiveMode is 1" + (
        "" if known else ", and the host is not onboarded, so that passive is not even valid"
    )
    remedy = "Set it to 0 where it comes from, and restart. With tamper protection the way back to passive is closed."
    return Check("defender_passive_forced", "overridable", "Defender is forced into passive mode", why, remedy)


def _of_service(service: dict[str, Any] | None, case: Case) -> Iterator[Check]:
    """Yield why Defender's service cannot run; nothing if it is in order, or could not be read."""
    if service is None:
        if not any(item["kind"] == "service" for item in case.evidence.unknowns()):
            yield _missing(f"there is no service {SERVICE}")
    elif not service["path"]:
        why = f"service {SERVICE} names no program: a restart is outstanding since its feature was switched on"
        yield _disabled(why, "Restart the host, and look again.")
    elif not has_program(service):
        yield _missing(f"{service['path']} is gone")
    elif _lacks_filter(case):
        yield _missing(f"service {SERVICE} is there without its filter {FILTER}: it can block nothing")
    elif service["start"] == "disabled":
        yield _disabled(f"service {SERVICE} is disabled", "Update its platform; if that does not help, by hand.")


def _lacks_filter(case: Case) -> bool:
    """Return True if the driver by which Defender stands before files is gone, and other parts of it are not."""
    if case.service(FILTER) is not None or any(item["kind"] == "service" for item in case.evidence.unknowns()):
        return False
    return case.evidence.host["version"] == WITHOUT or any(case.service(part) is not None for part in PARTS)


def _missing(why: str) -> Check:
    title, remedy = "Defender's feature or its files are missing", "Put the feature back, or bring a replacement."
    return Check("defender_missing", "overridable", title, why, remedy)


def _disabled(why: str, remedy: str) -> Check:
    return Check("defender_disabled", "overridable", "Defender's service cannot start", why, remedy)


def half_removed(case: Case) -> Iterator[Check]:
    """Yield products that Windows Installer lists and the list of programs does not: an installer of one then fails."""
    from_installer = _registered(case)
    entries = {str(item["what"]).rpartition("\\")[2].upper() for item in case.evidence.of_kind("uninstall_entry")}
    unread = any(item["kind"] == "uninstall_entry" for item in case.evidence.unknowns())
    for code, name in sorted(from_installer.items()):
        if code not in entries and not unread:
            title = "Half removed: Windows Installer has it, and the list of programs has not"
            remedy = (
                "Repair or remove it before another installation of its kind, which would take itself for an upgrade."
            )
            yield Check("msi_half_removed", "overridable", title, f"{name} ({code})", remedy)


def _registered(case: Case) -> dict[str, str]:
    keys = [below for top in case.look.keys(REGISTERED) for below in top.below()]
    told = {names.unpacked(key.name): text(key.values, "ProductName") or "(no name)" for key in keys}
    return {code: name for code, name in told.items() if code}
