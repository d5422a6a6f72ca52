"""The schemas' closed lists are those of the code."""

from __future__ import annotations

from ansible_collections.avshift.endpoint.plugins.module_utils.agreed import outcomes
from ansible_collections.avshift.endpoint.plugins.module_utils.apply import runner
from ansible_collections.avshift.endpoint.plugins.module_utils.collect import kinds
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import judge
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog import model
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import PARTS
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import verdict
from schemas import SCHEMAS

STEP = SCHEMAS["plan"]["$defs"]["step"]["properties"]
RECORD = SCHEMAS["record"]
STATUS = RECORD["properties"]["approval"]["oneOf"][1]["properties"]["status"]["enum"]

# No plan names products of these: only antivirus_info finds them.
OTHER_VENDORS = ["antivirus", "edr"]
# Kinds that no probe asks for: the collector of another kind distinguishes them.
ANSWERED_BESIDES = {"container_interceptor", "saved_packet_rule", "known_address"}


def test_kinds_of_steps_and_evidence() -> None:
    assert set(SCHEMAS["linux"]["$defs"]["step_kind"]["enum"]) == set(runner.KINDS)
    assert set(SCHEMAS["linux"]["$defs"]["evidence_kind"]["enum"]) == {*kinds.ALL} | ANSWERED_BESIDES
    assert STEP["part"]["enum"] == list(PARTS)


def test_every_kind_of_evidence_has_its_form() -> None:
    formed = [rule["if"]["properties"]["kind"]["const"] for rule in SCHEMAS["linux"]["$defs"]["evidence"]["allOf"]]
    assert sorted(formed) == sorted(SCHEMAS["linux"]["$defs"]["evidence_kind"]["enum"])


def test_outcomes_statuses_and_verdicts() -> None:
    known = {word for name, word in vars(outcomes).items() if name.isupper() and name != "BEFORE"}
    assert set(RECORD["$defs"]["outcome"]["properties"]["outcome"]["enum"]) == known
    assert set(STATUS) == {*judge.ALLOWED, *judge.REFUSED}
    own = {*verdict.CLEAN, verdict.REFUSED, verdict.ROLLED_BACK, verdict.FAILED, verdict.UNKNOWN, verdict.PARTIAL}
    own |= {verdict.PLANNED, verdict.DETECTED, verdict.EXCEPTED, verdict.PENDING_CONSOLE}
    assert set(RECORD["properties"]["verdict"]["enum"]) == own | {"removed_pending_reboot"}


def test_classes_are_the_same_in_the_catalog_and_in_plans() -> None:
    classes = SCHEMAS["product"]["properties"]["class"]["enum"]
    assert [*SCHEMAS["plan"]["$defs"]["finding"]["properties"]["class"]["enum"], *OTHER_VENDORS] == classes
    assert {*model.REMOVED_BY_DEFAULT, "unrecognised"} == set(verdict.COUNTED)
    assert {*verdict.COUNTED, *verdict.STAYING} < set(classes) - set(OTHER_VENDORS)
