# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The host itself: whether its owner lets it be changed, and whether it can be."""

from __future__ import annotations

from collections.abc import Iterator

from ....detect import unknowns
from ....plan.model import Check
from ....plan.preflight.case import Case
from ..places import KEEP_OUT


def _keep_out(case: Case) -> Iterator[Check]:
    if case.evidence.value("path", KEEP_OUT) is not None:
        yield Check(
            "keep_out",
            "error",
            "The host's owner does not allow changes",
            f"{KEEP_OUT} exists",
            "Ask the host's owner; remove the file when the host may be changed.",
        )


def _everything_was_checked(case: Case) -> Iterator[Check]:
    told = unknowns.told(case.evidence, case.catalog.products, [finding.id for finding in case.found])
    unknown = [item for item in told if item["bears"] and not item["id"].startswith("package_change:")]
    if unknown:
        diagnosis = "; ".join(f"{item['id']}: {item['cause']}" for item in unknown)
        yield Check(
            "evidence_unknown",
            "error",
            "Not everything could be checked",
            diagnosis,
            "Make it readable and plan again: what could not be checked is not assumed to be absent.",
        )
    else:
        yield Check("evidence_unknown", "ok", "Everything could be checked", "no evidence is missing")


def _users_places(case: Case) -> Iterator[Check]:
    """Name what could not be checked in users' homes: that blocks no change."""
    unknown = case.evidence.unknown_of_users()
    if unknown:
        yield Check(
            "unknown_in_users_places",
            "warning",
            "Not everything in users' directories could be checked",
            "; ".join(f"{item['id']} in {item['user_place']}: {item['unknown']}" for item in unknown),
            "Check it by hand if it matters. Something there alone is not part of a product's installation.",
        )


def _init(case: Case) -> Iterator[Check]:
    if case.steps and case.evidence.host.get("init") != "systemd":
        yield Check(
            "init_not_systemd",
            "error",
            "Services are not managed by systemd",
            f"init: {case.evidence.host.get('init')}",
            "Hosts without systemd are not supported yet.",
        )


CHECKS = (
    _keep_out,
    _everything_was_checked,
    _users_places,
    _init,
)
