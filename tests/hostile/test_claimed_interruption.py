"""A host that says it was interrupted gets no more done there than was approved, and hides no drift by it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import judge
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from attacks import attack
from half_done import after
from plans import VERSIONS, case_of, plan_of
from support import collected, item

CASE = case_of("full")
SEEN = collected(CASE)
APPROVED = plan_of(CASE, answer=SEEN)
GRANT = judge.Grant(document.compose([("host", APPROVED)], {}, VERSIONS))
HANDOVER = next(number for number, step in enumerate(APPROVED["steps"]) if step["part"] == "remove")
# Each was not there when the plan was approved, and belongs to a product that was, or to another vendor's.
NEW: dict[str, list[dict[str, Any]]] = {
    "data-that-would-not-be-archived": [{"space": "/var/opt/kaspersky/klnagent"}],
    "unit-that-the-handover-does-not-stop": [{"unit": "kesl-supervisor.service"}],
    "packet-chain": [{"packet_chain": "iptables-legacy mangle kesl_bypass"}],
    "kernel-module": [{"kernel_module": "redirfs"}],
    "line-in-sudoers": [
        {"mention": "/etc/sudoers", "place": "sudoers", "text": "kesl ALL=/opt/kaspersky/kesl/bin/x\n"},
    ],
    "another-vendors-antivirus": [
        {"package": "ds-agent", "version": "20.0.1-1"},
        {"process": "/opt/ds_agent/ds_agent"},
    ],
}


def _status(done: int, new: list[dict[str, Any]]) -> str:
    seen = after(SEEN, APPROVED["steps"][:done])
    items = {one["id"]: one for one in (*seen["evidence"], *map(item, new))}
    plan = plan_of(CASE, answer={**seen, "evidence": sorted(items.values(), key=lambda one: str(one["id"]))})
    plan["carried"]["earlier_runs"] = [{"digest": APPROVED["digest"][:12], "status": "begun"}]
    return judge.judge(plan, GRANT).status


@attack(
    "drift-of-a-known-product-behind-an-interruption",
    threat="a host that has drifted says that it was interrupted",
    holds="refused",
)
@pytest.mark.parametrize("done", [1, HANDOVER], ids=["begun", "handed-over"])
@pytest.mark.parametrize("what", NEW)
def test_what_is_new_of_a_known_product_is_drift(what: str, done: int) -> None:
    assert _status(done, []) == "resumed"
    assert _status(done, NEW[what]) == "drifted"
