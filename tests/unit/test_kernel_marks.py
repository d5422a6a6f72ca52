"""Marks in the kernel's own tables: traffic control filters, IPsec policies and states. They are named, and stay."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.look import Look
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.network import (
    kernel_names,
    packet_marks,
    packet_rules,
)
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import traffic_control, xfrm
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from plans import plan_of
from support import CATALOG, REPOSITORY, evidence

ASKED = {"marks": ["0x200", "0x400"], "set_by": []}
NAMES = platforms.detection(CATALOG.products)["kernel_name"]
PRODUCT = [
    {"package": "kesl", "version": "12.1.0-1297"},
    {"path": "/opt/kaspersky/kesl"},
    {"ini_value": "/var/opt/kaspersky/kesl/common/kesl.ini[NtpFwMark]", "value": "0x200", "is_mark": True},
]
LIVE = """
set -e
ip link set lo up
tc qdisc add dev lo root handle 1: htb
tc class add dev lo parent 1: classid 1:10 htb rate 1mbit
tc filter add dev lo parent 1: prio 1 u32 match ip dst 192.0.2.1 flowid 1:10
tc filter add dev lo parent 1:10 prio 1 u32 match ip dst 192.0.2.2 flowid 1:10
tc qdisc add dev lo clsact
tc filter add dev lo ingress prio 7 u32 match ip dst 192.0.2.3
tc filter add dev lo egress prio 8 u32 match ip dst 192.0.2.4
ip xfrm policy add src 192.0.2.0/24 dst 198.51.100.0/24 dir out mark 0x200 mask 0xffffffff
exec "$@"
"""
ASK = """
import sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import traffic_control, xfrm
print(sorted({one.place for one in traffic_control.filters()}), xfrm.marked())
"""


def _filter(marks: tuple[int, ...] = (), names: tuple[str, ...] = (), unknown: str = "") -> traffic_control.Filter:
    found = traffic_control.Filter("eth0 parent 1:0", "fw")
    found.marks, found.names, found.unknown = set(marks), list(names), unknown
    return found


@pytest.fixture(autouse=True)
def _nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet_marks.packet_views, "views", lambda: iter(()))
    monkeypatch.setattr(packet_marks.policy_rules, "now", list)
    monkeypatch.setattr(packet_rules.packet_rules, "listed", list)
    monkeypatch.setattr(traffic_control, "filters", list)
    monkeypatch.setattr(xfrm, "marked", list)


def _items(collect: Any, asked: Any) -> dict[str, dict[str, Any]]:
    return {f"{item['kind']} {item['what']}": item for item in collect(asked, Look("/"))}


def test_marks_are_told_of_the_tool_that_would_list_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic_control, "filters", lambda: [_filter((0x200, 0x800)), _filter((0x800,))])
    monkeypatch.setattr(xfrm, "marked", lambda: [(0x400, "state that marks packets 0x400"), (0x1, "policy")])
    found = _items(packet_marks.collect, ASKED)
    assert sorted(found) == ["packet_mark ip xfrm 0x400", "packet_mark tc 0x200"]
    assert found["packet_mark tc 0x200"]["value"]["rules"] == ["eth0 parent 1:0: fw mark 0x200"]
    stays = _items(packet_rules.collect, ASKED)
    assert [item["value"]["whole"] for item in stays.values() if item["kind"] == "packet_rule"] == [False, False]


@pytest.mark.parametrize(
    ("module", "function", "tool"), [(traffic_control, "filters", "tc"), (xfrm, "marked", "ip xfrm")]
)
def test_a_table_that_does_not_answer_is_not_known(
    module: Any, function: str, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> list[Any]:
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(module, function, refuse)
    assert "Permission denied" in _items(packet_marks.collect, ASKED)[f"packet_mark {tool}"]["unknown"]
    assert _items(packet_rules.collect, ASKED).keys() == {
        key for key in _items(packet_rules.collect, ASKED) if not key.startswith("packet_rule")
    }


def test_a_filter_that_is_not_understood_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic_control, "filters", lambda: [_filter((0x200,)), _filter(unknown="no such action")])
    found = _items(packet_marks.collect, ASKED)
    assert sorted(found) == ["packet_mark tc", "packet_mark tc 0x200"]
    assert found["packet_mark tc"]["unknown"] == "eth0 parent 1:0: no such action"


@pytest.mark.parametrize(
    ("name", "is_one"), [("kesl.o:[classifier]", True), ("/opt/x/kesl_net.o:[a]", True), ("site.o:[kesl]", False)]
)
def test_programs_in_filters_are_known_by_name(name: str, is_one: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic_control, "filters", lambda: [_filter(names=(name,))])
    monkeypatch.setattr(kernel_names, "SOURCES", {"tc": kernel_names.SOURCES["tc"]})
    found = _items(kernel_names.collect, NAMES)
    assert list(found) == ([f"kernel_name tc eth0 parent 1:0 {name}"] if is_one else [])


def test_interfaces_are_known_by_name(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("kesl0", "kesl-br", "lo", "kics_br"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(kernel_names, "INTERFACES", str(tmp_path))
    monkeypatch.setattr(kernel_names, "SOURCES", {"interface": kernel_names.SOURCES["interface"]})
    assert sorted(_items(kernel_names.collect, NAMES)) == [
        "kernel_name interface kesl-br",
        "kernel_name interface kics_br",
    ]


@pytest.mark.parametrize("tool", ["tc", "ip xfrm"])
def test_residue_with_a_product_s_mark_has_an_effect_is_named_in_the_plan_and_stays(tool: str) -> None:
    mark = {"packet_mark": f"{tool} 0x200", "rules": ["a rule mark 0x200"]}
    rule = {
        "packet_rule": f"{tool} a rule mark 0x200",
        "tool": tool,
        "table": "",
        "chain": "",
        "rule": "a rule mark 0x200",
        "marks": ["0x200"],
        "whole": False,
    }
    items = [*PRODUCT, mark]
    (finding,) = [one for one in answer(evidence({"evidence": items}), CATALOG)["findings"] if one["id"] == "kesl"]
    assert f"packet_mark:{tool} 0x200" in finding["reasons"]
    plan = plan_of({"goal": {}, "evidence": [*items, rule]})
    assert [step for step in plan["steps"] if step["kind"] == "packet_marks_remove"] == []
    (check,) = [one for one in plan["preflight"] if one["id"] == "packet_marks_shared"]
    assert f"{tool}: a rule mark 0x200" in check["diagnosis"]


@pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "tc", "ip"))),
    reason="a network of its own takes root, unshare and iproute2",
)
def test_filters_everywhere_on_an_interface_and_policies_are_read_from_a_kernel() -> None:
    argv = ["unshare", "-n", "sh", "-c", LIVE, "sh", sys.executable, "-c", ASK, str(REPOSITORY / ".cache")]
    told = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0, told.stderr
    places = ["lo parent 1:0", "lo parent 1:10", "lo parent ffff:fff2", "lo parent ffff:fff3"]
    assert told.stdout.strip() == f"{places} [(512, 'policy for packets marked 0x200/ffffffff')]"
