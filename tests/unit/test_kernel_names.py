"""Names in the kernel's tables that start like a product's are named, and no others."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.look import Look
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.network import kernel_names
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import kernel_tables
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import verdict
from hostile_roots import write
from plans import plan_of
from support import CATALOG, evidence

ASKED = platforms.detection(CATALOG.products)["kernel_name"]
FITS = kernel_names.begins_as(ASKED["prefixes"])


@pytest.mark.parametrize(
    "name", ["kesl", "kesl_x", "KESL-IN", "kics.slice", "kfl_a", "klnagent64.service", "Kaspersky"]
)
def test_name_that_begins_as_a_product_s_is_one(name: str) -> None:
    assert FITS(name)


@pytest.mark.parametrize("name", ["kes", "kes_x", "keslx", "kicset", "kess1", "mykesl", "a_kesl", "KUBE-KESL", ""])
def test_name_that_only_looks_like_one_is_another_s(name: str) -> None:
    assert not FITS(name)


@pytest.mark.parametrize(
    ("item", "product"),
    [
        ({"kernel_name": "ipset kesl_net", "name": "kesl_net"}, "kesl"),
        ({"kernel_name": "ipset kics_net", "name": "KICS_net"}, "kics"),
        ({"kernel_name": "set ip x klnagent-x", "type": "set", "name": "klnagent-x"}, "klnagent"),
        ({"kernel_name": "table ip kaspersky", "type": "table", "name": "kaspersky"}, "unrecognised"),
        ({"saved_name": "/etc/ipset.conf kesl_net", "name": "kesl_net"}, "kesl"),
    ],
)
def test_a_name_alone_is_weak_and_its_host_is_not_clean(item: dict[str, Any], product: str) -> None:
    told = answer(evidence({"evidence": [item]}), CATALOG)
    (finding,) = told["findings"]
    assert (finding["id"], finding["confidence"], finding["state"]) == (product, "weak", "residue_active")
    assert verdict.of_evidence({**told, "removed_before": ["kesl"]}, None) == verdict.PARTIAL
    assert [step["kind"] for step in plan_of({"goal": {}, "evidence": [item]})["steps"]] == []


def test_chain_with_a_step_of_its_own_is_not_told_twice() -> None:
    assert {"kesl_bypass", "kics_bypass"} <= set(ASKED["but"])


def test_kernel_s_answers_are_named_by_source(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = [("chain", "ip mangle", "kesl_bypass"), ("chain", "ip mangle", "kesl_x"), ("table", "ip kesl", "kesl")]
    monkeypatch.setattr(kernel_tables, "of_nf_tables", lambda: tables)
    monkeypatch.setattr(kernel_tables, "ip_sets", lambda: ["kesl_net", "site"])
    monkeypatch.setattr(kernel_tables, "GROUPS", "/nowhere")
    monkeypatch.setattr(kernel_names.packet_views, "LEGACY", ())
    items = list(kernel_names.collect(ASKED, None))
    assert [item["what"] for item in items] == ["chain ip mangle kesl_x", "table ip kesl", "ipset kesl_net"]


def test_source_that_does_not_answer_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> list[str]:
        raise PermissionError("no")

    monkeypatch.setattr(kernel_tables, "of_nf_tables", list)
    monkeypatch.setattr(kernel_tables, "ip_sets", refuse)
    monkeypatch.setattr(kernel_tables, "GROUPS", "/nowhere")
    monkeypatch.setattr(kernel_names.packet_views, "LEGACY", ())
    (item,) = kernel_names.collect(ASKED, None)
    assert (item["what"], "unknown" in item) == ("ipset", True)


def test_control_group_in_which_nothing_runs_is_left_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, processes in (("kesl.service", ""), ("kics.service", "12\n"), ("ssh.service", "")):
        write(tmp_path, f"pids/system.slice/{name}/cgroup.procs", processes)
    monkeypatch.setattr(kernel_tables, "GROUPS", str(tmp_path))
    assert list(kernel_tables.idle_groups(FITS)) == [f"{tmp_path}/pids/system.slice/kesl.service"]
    write(tmp_path, "cgroup.controllers", "pids\n")
    assert list(kernel_tables.idle_groups(FITS)) == []
    write(tmp_path, "kfl.slice/cgroup.procs", "")
    assert list(kernel_tables.idle_groups(FITS)) == [f"{tmp_path}/kfl.slice"]


@pytest.mark.parametrize(
    "path", ["docker/0123/kesl.service", "lxc.payload.a/kesl", "user.slice/user-1000.slice/user@1000.service/kesl"]
)
@pytest.mark.parametrize("top", ["", "pids/"])
def test_group_that_a_container_or_a_user_can_make_is_none(
    path: str, top: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, f"{top}{path}/cgroup.procs", "")
    if not top:
        write(tmp_path, "cgroup.controllers", "pids\n")
    monkeypatch.setattr(kernel_tables, "GROUPS", str(tmp_path))
    assert list(kernel_tables.idle_groups(FITS)) == []


def test_group_of_another_owner_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "pids/kesl/cgroup.procs", "")
    os.chown(tmp_path / "pids" / "kesl", 65534, 65534)
    monkeypatch.setattr(kernel_tables, "GROUPS", str(tmp_path))
    assert list(kernel_tables.idle_groups(FITS)) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("etc/ipset.conf", "create kesl_net hash:ip\nadd kesl_net 192.0.2.1\n"),
        ("etc/sysconfig/ipset", "create kesl_net hash:ip\n"),
        ("etc/iptables/ipsets", "create kesl_net hash:ip\n"),
        ("etc/iptables/rules.v6", "*filter\n:kesl_net - [0:0]\nCOMMIT\n"),
        ("etc/nftables.conf", "table inet x {\n\tset kesl_net {\n\t}\n}\n"),
        ("etc/network/if-pre-up.d/av", "#!/bin/sh\nipset create kesl_net hash:ip\n"),
    ],
)
def test_file_that_brings_a_name_back_is_named(file: str, text: str, tmp_path: Path) -> None:
    write(tmp_path, file, text)
    (item,) = kernel_names.collect_saved(ASKED, Look(str(tmp_path)))
    assert item["what"] == f"/{file} kesl_net"


@pytest.mark.parametrize(
    "text", ["#create kesl_net hash:ip\n", "systemctl restart kesl.service\n", "create site hash:ip\n"]
)
def test_file_that_makes_no_such_name_is_not(text: str, tmp_path: Path) -> None:
    write(tmp_path, "etc/ipset.conf", text)
    assert list(kernel_names.collect_saved(ASKED, Look(str(tmp_path)))) == []
