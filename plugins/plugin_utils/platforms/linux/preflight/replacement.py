# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The replacement, and other scanners beside it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from ....detect.match import RUNNING
from ....plan.model import Check
from ....plan.preflight.case import Case
from ....plan.settings import holds
from ..locations import is_below


def _replacement(case: Case) -> Iterator[Check]:
    if case.staged is not None and not case.staged.layout:
        system = f"{case.evidence.host.get('system')} {case.evidence.host.get('version')}"
        yield Check(
            "replacement_unsupported",
            "error",
            "The replacement is not known to run on this system",
            f"{case.staged.provider.name} on {system}",
            "Choose another provider for this host.",
        )
    loses = [
        finding.name for finding in case.removing() if finding.state == RUNNING and finding.product_class == "product"
    ]
    if case.staged is None and loses:
        yield Check(
            "no_replacement",
            "overridable",
            "The host would be left without a scanner",
            f"{', '.join(loses)} is running and no replacement is planned",
            "Choose a provider, or accept this ID.",
        )


def _protected_paths(case: Case) -> Iterator[Check]:
    if case.staged is None or not case.staged.layout or not case.staged.options["paths"]:
        return
    if not case.staged.paths:
        yield Check(
            "protected_paths_missing",
            "error",
            "None of the directories to protect exists",
            ", ".join(case.staged.missing) or "the list is empty",
            "Name directories that exist in the option 'paths'.",
        )
    elif case.staged.missing:
        yield Check(
            "protected_paths_missing",
            "info",
            "Some directories to protect do not exist here and are left out",
            ", ".join(case.staged.missing),
            "Plan again when they exist.",
        )


def _system(case: Case) -> str:
    return f"{case.evidence.host.get('system')} {case.evidence.host.get('version')}"


def _unverified(case: Case) -> Iterator[Check]:
    if case.staged is None or not case.staged.layout:
        return
    verified = case.staged.layout.get("verified", [])
    if _system(case) not in verified:
        yield Check(
            "replacement_unverified",
            "warning",
            "The replacement was never tested on this system",
            f"{case.staged.provider.name} on {_system(case)}; it was on {', '.join(verified) or 'none'}",
            "Try it on one host first. If something is not as expected, staging fails and is rolled back.",
        )


def _options(case: Case) -> Iterator[Check]:
    if case.staged is None or not case.staged.layout:
        return
    layout = case.staged.layout
    packages = layout.get("packages", ())
    missing = sorted(
        {
            file["needs"]
            for file in layout.get("files", ())
            if file.get("needs", "") not in ("", *packages) and holds(file.get("when", {}), case.staged.options)
        }
    )
    if missing:
        yield Check(
            "option_unsupported",
            "error",
            "An option needs a package that this system does not offer",
            f"{', '.join(missing)} on {_system(case)}",
            "Leave the option out for this host.",
        )
    without = [
        name for name in layout.get("without", ()) if case.staged.options[name] != case.staged.provider.options[name]
    ]
    if without:
        yield Check(
            "option_without_effect",
            "info",
            "Some options have no effect on this system",
            f"{', '.join(sorted(without))} on {_system(case)}",
            "Remove them for this host, or keep them for the others.",
        )


def _signatures(case: Case) -> Iterator[Check]:
    if case.staged is None or case.staged.options.get("database") != "site":
        return
    names = sorted(case.staged.options["site_signatures"])
    yield Check(
        "site_signatures_only",
        "warning" if names else "error",
        "The replacement detects only what your own signatures define",
        ", ".join(names) or "there are no own signatures either",
        "Use the official database wherever possible.",
    )


def _silenced(case: Case) -> Iterator[Check]:
    told: dict[str, Any] = case.staged.layout.get("signatures", {}) if case.staged is not None else {}
    if case.staged is None or not told:
        return
    there = [str(item["what"]) for item in case.evidence.of_kind("named_entry")]
    given = [f"{told['directory']}/{name}" for name in case.staged.options[told["option"]]]
    ours = {path for path in (*there, *given) if posixpath.dirname(path) == told["directory"]}
    silencing = sorted(path for path in ours if path.rpartition(".")[2] in told["silencing"])
    if silencing:
        yield Check(
            "signatures_silenced",
            "warning",
            "Some of the engine's signatures are disabled, or files are allowed regardless of their content",
            ", ".join(silencing),
            "Check these files; anyone who can write one can hide anything from the engine.",
        )


def _told_only(case: Case) -> Iterator[Check]:
    if case.staged is not None and case.staged.tells():
        yield Check(
            "nothing_blocked",
            "overridable",
            "The replacement is in notify-only mode and blocks nothing",
            f"{case.staged.layout['real_time']['blocks']['option']} is off",
            "Switch it on, or accept this ID: infected files can then be opened, and its log says so.",
        )


def _second_interceptor(case: Case) -> Iterator[Check]:
    own = [root for product in case.going for root in product.of_kind("process")]
    if case.staged is not None and case.staged.layout:
        parts = [case.staged.layout["real_time"], case.staged.layout.get("engine", {})]
        own += [path for part in parts for path in part.get("below", ())]
    others = [item["what"] for item in case.evidence.of_kind("interceptor") if not is_below(item["what"], own)]
    if others and case.steps:
        yield Check(
            "second_interceptor",
            "overridable",
            "Another program intercepts file access",
            ", ".join(others),
            "Two scanners that intercept the same files can block each other forever. Stop it, or accept this ID.",
        )


CHECKS = (
    _replacement,
    _unverified,
    _options,
    _protected_paths,
    _signatures,
    _silenced,
    _told_only,
    _second_interceptor,
)
