# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A vendor's product: whether everything for it is available, and what cannot be checked on the host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ....plan.model import Check
from ....plan.preflight.case import Case
from ....plan.staged import Staged
from ..staging import vendor
from ..staging.engine import not_rehearsed
from ..staging.vendor_product import CHECKSUM, EXCLUSIVE, KIT, argument_secrets, is_installed, secrets_of

OTHERS_MAY, OTHERS_MAY_WRITE = 0o077, 0o022


def _staged(case: Case) -> Staged | None:
    return case.staged if case.staged is not None and vendor.is_one(case.staged.layout) else None


def _options(case: Case) -> Iterator[Check]:
    staged = _staged(case)
    empty = [name for name in staged.provider.required if not staged.options[name]] if staged else []
    if empty:
        yield Check(
            "option_missing",
            "error",
            "A required option of the replacement is missing",
            ", ".join(empty),
            "Give it in avshift_provider_options.",
        )


def _kit(case: Case) -> Iterator[Check]:
    staged = _staged(case)
    if staged is None or KIT not in staged.layout:
        return
    path, checksum = staged.options[KIT], staged.options[CHECKSUM]
    seen = case.evidence.value(KIT, path)
    if seen is None:
        if not is_installed(staged.layout, case.evidence):
            yield Check(
                "kit_missing",
                "error",
                "The vendor's installer is not on the host",
                path or "the option kit is empty",
                "Copy it there with ansible.builtin.copy or get_url, set its path and checksum, and plan again.",
            )
        return
    if seen["sha256"] != checksum:
        cause = f"{path} has {seen['sha256']}" if checksum else "the option kit_sha256 is empty"
        remedy = "Compare it with the vendor's checksum, and set the right one."
        yield Check(
            "kit_differs", "error", "The installer's checksum differs from the one that you gave", cause, remedy
        )
    if words := _replaceable(path, seen):
        yield Check(
            "kit_replaceable",
            "error",
            "Users other than root can replace the installer",
            words,
            "Put it in a place where root owns every directory on the way and only root may write, and plan again.",
        )
    if staged.layout[KIT]["secret"] and (int(seen["mode"], 8) & OTHERS_MAY or seen["uid"] != 0):
        yield Check(
            "kit_readable",
            "error",
            "The installer contains the tenant's key, and users other than root can read it",
            f"{path}: mode {seen['mode']}, owner {seen['uid']}",
            "Make root its owner and remove all permissions of others (chmod 0700).",
        )


def _replaceable(path: str, seen: dict[str, Any]) -> str:
    """Return who besides root can replace an installer, as far as the host reported; '' if only root can."""
    if seen.get("replaceable"):
        return str(seen["replaceable"])
    if seen["uid"] != 0:
        return f"{path} belongs to UID {seen['uid']}"
    return f"{path} has mode {seen['mode']}" if int(seen["mode"], 8) & OTHERS_MAY_WRITE else ""


def _kit_alone(case: Case) -> Iterator[Check]:
    """Yield an error where the installer's package cannot be installed by itself: the window is no time for
    downloads.
    """
    staged = _staged(case)
    if staged is None or KIT not in staged.layout:
        return
    item = case.evidence.items.get(f"package_change:{KIT}", {})
    names = {change["name"] for change in item.get("value", {}).get("changes", ())}
    others = sorted(names - set(staged.layout.get("packages", ())))
    unknown = not_rehearsed(case.evidence, KIT)
    if others or unknown:
        yield Check(
            "kit_not_installable",
            "error",
            "The installer's package cannot be installed by itself",
            unknown or "it would also change: " + ", ".join(others),
            "Install its dependencies on the host first, and plan again.",
        )


def _secrets(case: Case) -> Iterator[Check]:
    staged = _staged(case)
    wanted = [step for step in _enrolment(staged) if secrets_of(step)] if staged else []
    if staged is None or not wanted:
        return
    names = sorted({name for step in wanted for name in secrets_of(step)})
    yield Check(
        "secrets_needed",
        "info",
        "Enrolment needs secrets, which are not in the plan",
        "; ".join(f"{name}: {staged.provider.secrets.get(name, '').rstrip('.')}" for name in names),
        "Pass them in avshift_provider_secrets when the plan is carried out.",
    )
    in_arguments = sorted({name for step in wanted for name in argument_secrets(step)})
    if in_arguments:
        yield Check(
            "secret_in_arguments",
            "warning",
            "The vendor's command takes a secret as an argument",
            ", ".join(in_arguments) + ": while it runs, users of the host can see it in the process list",
            "Use a secret that is good for enrolment only, and renew it afterwards.",
        )


def _enrolment(staged: Staged) -> list[dict[str, Any]]:
    return list(staged.layout.get("enrolment", {}).get("steps", ()))


def _resources(case: Case) -> Iterator[Check]:
    staged = _staged(case)
    needs = staged.layout.get("needs", {}) if staged else {}
    seen = case.evidence.value("resources", "/opt") or {}
    short = [
        words
        for key, value, words in (
            ("memory_mb", seen.get("memory_mb"), "MiB of memory"),
            ("disk_mb", seen.get("free_mb"), "MiB free in /opt"),
        )
        if key in needs and value is not None and value < needs[key]
        for words in [f"fewer than {needs[key]} {words}"]
    ]
    kernel = str(case.evidence.host.get("kernel", ""))
    if "kernel" in needs and _version(kernel) and _version(kernel) < _version(needs["kernel"]):
        short.append(f"kernel {kernel}, older than {needs['kernel']}")
    if short:
        yield Check(
            "resources_short",
            "overridable",
            "The host does not meet the requirements of the replacement's vendor",
            "; ".join(short),
            "Upgrade the host, choose another provider, or accept this ID.",
        )


def _version(text: str) -> tuple[int, ...]:
    told = re.match(r"[0-9]+(\.[0-9]+)*", text)
    return tuple(int(part) for part in told[0].split(".")) if told else ()


def _not_local(case: Case) -> Iterator[Check]:
    staged = _staged(case)
    unknown = vendor.not_local(staged.provider, staged.options) if staged else []
    if unknown:
        yield Check(
            "not_locally_verifiable",
            "warning",
            "The replacement cannot be fully checked on the host",
            "; ".join(check["detail"] for check in unknown),
            "Check the vendor's console afterwards, and list the hosts that it shows as protected in "
            "avshift_console_file. Until then the verdict is removed_console_check_pending, which is not clean.",
        )


def _coexistence(case: Case) -> Iterator[Check]:
    staged = _staged(case)
    if staged is None or not case.steps:
        return
    if staged.install:
        yield Check(
            "installed_in_handover",
            "warning",
            "The replacement must not be active together with another engine and is installed in the handover",
            f"{staged.provider.name}: the host has no scanner while it is installed and enrolled",
            "Choose a time when that is acceptable; the record has the seconds.",
        )
    elif staged.provider.coexistence != EXCLUSIVE and not staged.layout.get("modes"):
        yield Check(
            "mode_by_console",
            "warning",
            "Whether the replacement prevents is set in its console, and cannot be switched from here",
            f"{staged.provider.name}: it must only report until the handover, and prevent after it",
            "Set the policy in the vendor's console before and after the change.",
        )


CHECKS = (
    _options,
    _kit,
    _kit_alone,
    _secrets,
    _resources,
    _not_local,
    _coexistence,
)
