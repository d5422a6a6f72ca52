"""Steps for services, the firewall, the kernel and accounts say exactly what they do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux.removal import kernel, network
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import verdict
from plans import case_of, plan_of
from support import CATALOG, collected, evidence

MODULE = {"kernel_module": "fixture_module", "used_by": ["nfs"], "files": ["/lib/modules/6.1/extra/fixture_module.ko"]}


def _steps(name: str, kind: str) -> list[dict[str, Any]]:
    return [step for step in plan_of(case_of(name))["steps"] if step["kind"] == kind]


def test_timer_is_stopped_before_what_it_starts_and_both_lose_their_links() -> None:
    timer, service = _steps("units-and-accounts", "unit")
    assert timer["target"]["name"] == "kesl.timer"
    assert service["before"].split("\n") == ["kesl.service: running, masked", "/etc/rc2.d/S01kesl: starts it at boot"]
    assert [effect["path"] for effect in service["effects"]] == ["/etc/rc2.d/S01kesl"]
    assert service["target"]["limit"] < 600


def test_masked_unit_that_does_not_run_is_not_said_to_be_stopped() -> None:
    case = case_of("units-and-accounts")
    unit = next(item for item in case["evidence"] if "unit" in item)
    unit["active"] = "inactive"
    step = next(step for step in plan_of(case)["steps"] if step["target"].get("name") == "kesl.service")
    assert step["title"] == "Keep kesl.service from starting again"
    assert step["before"].split("\n")[0] == "kesl.service: not running, masked"


def test_watchdog_comes_first() -> None:
    (step,) = _steps("units-and-accounts", "processes_end")
    assert step["target"]["first"] == ["/wdserver"]
    assert step["before"].split("\n")[0].endswith("/wdserver")


def test_only_rules_that_are_nobody_else_s_are_deleted() -> None:
    rules = [rule["rule"] for step in _steps("packet-marks", "packet_marks_remove") for rule in step["target"]["rules"]]
    assert rules == [
        "400: from all fwmark 0x400 lookup main",
        "-A OUTPUT -m mark --mark 0x200 -j ACCEPT",
        "meta mark set 0x00000400",
    ]


def test_rules_that_may_be_another_s_and_those_of_files_are_told() -> None:
    checks = {check["id"]: check["diagnosis"] for check in plan_of(case_of("packet-marks"))["preflight"]}
    for words in ("KUBE-MARKED", "0x200/0xf00", "cali-from-host", "0x00000800", "docker0"):
        assert words in checks["packet_marks_shared"]
    assert "lookup 9" not in checks["packet_marks_shared"]
    assert checks["packet_marks_saved"] == "/etc/iptables/rules.v4: -A OUTPUT -m mark --mark 0x200 -j ACCEPT"


def test_names_of_others_are_known_in_chains_and_comments_and_not_within_words() -> None:
    for text in ("KUBE-FIREWALL", "OLD_CILIUM_PRE", "cali-OUTPUT", '--comment "cali:abc"', "-i docker0", "CNI-1a"):
        assert network.OTHERS.search(text), text
    for text in ("OUTPUT", "scaling", "mangle POSTROUTING", "weaver", "local-cnidaria"):
        assert not network.OTHERS.search(text), text


def test_primary_group_is_exchanged_as_the_step_says() -> None:
    step = next(step for step in _steps("units-and-accounts", "group_remove") if step["target"]["move"])
    assert step["target"] == {"name": "kesladmin", "move": ["alice", "bob"], "to": "nogroup"}
    assert "alice: primary group nogroup" in step["after"]
    assert step["effects"] == [
        {"group": "kesladmin", "change": "removed"},
        {"account": "alice", "change": "changed"},
        {"account": "bob", "change": "changed"},
        {"path": "/home/alice", "scope": "tree", "change": "changed"},
    ]


def test_account_s_membership_of_a_group_that_stays_is_an_effect() -> None:
    (step,) = _steps("units-and-accounts", "account_remove")
    assert step["effects"] == [{"account": "kluser", "change": "removed"}, {"group": "adm", "change": "changed"}]


def test_module_that_others_bring_too_stays_and_one_of_its_own_is_unloaded() -> None:
    seen = evidence({"evidence": [MODULE]})
    product = replace(CATALOG.product("kesl"), id="fixture")
    owned = {"fixture": seen.of_kind("kernel_module")}
    (step,) = kernel.steps(seen, [product], owned)
    assert (step.kind, step.target) == ("kernel_module_unload", {"name": "fixture_module"})
    assert "used by nfs" in step.before
    assert list(kernel.steps(seen, [replace(product, shared_modules=("fixture_module",))], owned)) == []
    assert CATALOG.product("kesl").shared_modules == ("redirfs",)


def _after(loaded: bool) -> dict[str, Any]:
    return collected({"evidence": [{**MODULE, "loaded": loaded}]})


def test_host_is_not_clean_while_a_module_waits_for_a_reboot() -> None:
    left = [{"facts": {}}, {"facts": {"reboot_required": True, "module": "fixture_module", "cause": "in use"}}]
    assert verdict.until_reboot("removed_verified", left, _after(loaded=True)) == "removed_pending_reboot"
    assert verdict.until_reboot("removed_verified", left, _after(loaded=False)) == "removed_verified"
    assert verdict.until_reboot("removed_verified", [{"facts": {}}], _after(loaded=True)) == "removed_verified"
    assert verdict.until_reboot("partially_removed", left, _after(loaded=True)) == "partially_removed"
