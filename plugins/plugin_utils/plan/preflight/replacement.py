# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The replacement, and other scanners beside it."""

from __future__ import annotations

from collections.abc import Iterator

from ...detect.match import RUNNING
from ...locations import is_below
from ..model import Check
from .case import Case


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
            "Choose a provider, or accept this id.",
        )


def _protected_paths(case: Case) -> Iterator[Check]:
    if case.staged is None or not case.staged.layout or not case.staged.options["paths"]:
        return
    if not case.staged.paths:
        yield Check(
            "protected_paths_missing",
            "error",
            "None of the directories to be protected exists",
            ", ".join(case.staged.missing) or "the list is empty",
            "Name directories that exist in the option 'paths'.",
        )
    elif case.staged.missing:
        yield Check(
            "protected_paths_missing",
            "info",
            "Some directories to be protected do not exist here and are left out",
            ", ".join(case.staged.missing),
            "Plan again when they exist.",
        )


def _signatures(case: Case) -> Iterator[Check]:
    if case.staged is None or case.staged.options.get("database") != "site":
        return
    names = sorted(case.staged.options["site_signatures"])
    yield Check(
        "site_signatures_only",
        "warning" if names else "error",
        "The replacement detects only what the site's own signatures name",
        ", ".join(names) or "there are no site signatures either",
        "Use the official database wherever it can be had.",
    )


def _second_interceptor(case: Case) -> Iterator[Check]:
    own = [root for product in case.going for root in product.of_kind("process")]
    if case.staged is not None and case.staged.layout:
        parts = [case.staged.layout["real_time"], case.staged.layout.get("engine", {})]
        own += [path for part in parts for path in part.get("below", ())]
    others = [item["what"] for item in case.evidence.of_kind("interceptor") if not is_below(item["what"], own)]
    if others:
        yield Check(
            "second_interceptor",
            "overridable",
            "Another program intercepts file access",
            ", ".join(others),
            "Two scanners that intercept the same files can block each other for ever. Stop it, or accept this id.",
        )


CHECKS = (
    _replacement,
    _protected_paths,
    _signatures,
    _second_interceptor,
)
