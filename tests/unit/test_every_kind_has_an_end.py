"""Whatever is left of a product has a step that removes it, or a line of the plan that says who has to."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.collect import kinds
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from plans import plan_of
from support import DEFAULTS

TREE, LIST = "/opt/kaspersky/kesl", "/etc/selinux/targeted/contexts/files/file_contexts.local"
LINK = "/etc/rc.d/rc3.d/S20kesl"
UNIT, ADMIN = "kesl.service", "/etc/systemd/system"
# A step that only checks that others have worked.
CHECKING = "systemd_reload"
TEXT = f"* * * * * root {TREE}/bin/x\n"


# Every state in which a kind of evidence can be left, in the short form of tests/fixtures.
LEFT: dict[str, list[dict[str, Any]]] = {
    "package": [
        {"package": "kesl:amd64", "status": "deinstall ok config-files"},
        {"package": "kesl:amd64"},
        {"package": "kesl:amd64", "status": "install ok half-configured"},
        {"package": "kesl.x86_64", "manager": "rpm"},
    ],
    "process": [{"process": f"{TREE}/libexec/kesl"}, {"process": f"{TREE}/libexec/kesl", "deleted": True}],
    "container_process": [{"container_process": f"{TREE}/libexec/kesl"}],
    "unit": [
        {"unit": UNIT, "file": f"{folder}/{UNIT}", "files": [f"{folder}/{UNIT}"], "active": active}
        for folder in (ADMIN, "/usr/lib/systemd/system", "/usr/local/lib/systemd/system", "/run/systemd/system")
        for active in ("active", "inactive")
    ]
    + [
        {"unit": UNIT, "load": "masked", "file": f"{ADMIN}/{UNIT}", "files": [f"{ADMIN}/{UNIT}"], "active": "inactive"},
        {"unit": UNIT, "load": "not-found", "active": "inactive", "drop_ins": [f"/etc/systemd/system/{UNIT}.d"]},
        {"unit": UNIT, "active": "inactive", "links": [f"/etc/systemd/system/multi-user.target.wants/{UNIT}"]},
        {"unit": UNIT, "active": "inactive", "script": "/etc/rc.d/init.d/kesl", "links": [LINK]},
    ],
    "path": [
        {"path": TREE},
        {"path": TREE, "type": "link"},
        {"path": TREE, "type": "file"},
        {"path": TREE, "real": "/srv/kesl"},
        {"path": TREE, "owner": "site-tools"},
        {"path": "/etc/init.d/kesl", "type": "file", "real": "/etc/rc.d/init.d/kesl"},
        {"path": "/run/bl4control", "type": "socket"},
        {"path": "/opt/kaspersky/unheard-of"},
    ],
    "home_path": [{"home_path": "/home/a/KVRT2024_Data", "below": "KVRT2024_Data", "user": "a"}],
    "named_entry": [{"named_entry": "/KRD2018_Data"}],
    "link_into": [{"link_into": "/usr/bin/kesl-control", "target": f"{TREE}/bin/kesl-control"}],
    "ini_section": [{"ini_section": "/var/opt/kaspersky/applications.setup[1103]", "last": False}],
    "packet_chain": [{"packet_chain": "iptables-legacy mangle kesl_bypass", "plain": plain} for plain in (True, False)],
    "kernel_name": [
        {"kernel_name": "ipset kesl_net"},
        {"kernel_name": "cgroup /sys/fs/cgroup/system.slice kesl.service", "type": "cgroup", "name": "kesl.service"},
        {"kernel_name": "chain ip filter KASPERSKY-IN", "type": "chain", "name": "KASPERSKY-IN"},
    ],
    "saved_name": [{"saved_name": "/etc/ipset.conf kesl_x", "lines": ["create kesl_x hash:ip"]}],
    "saved_chain": [
        {"saved_chain": "/etc/iptables/rules.v4 kesl_bypass", "lines": [":kesl_bypass - [0:0]"], "plain": plain}
        for plain in (True, False)
    ],
    "account": [{"account": "ksc", "uid": 998}, {"account": "ksc", "uid": 0}, {"account": "ksc", "running": True}],
    "group": [{"group": "kesladmin"}, {"group": "kesladmin", "primary_of": ["a"]}],
    "kernel_module": [{"kernel_module": "redirfs", "loaded": loaded} for loaded in (True, False)],
    "packet_mark": [{"packet_mark": "iptables-legacy 0x200", "rules": ["-A OUTPUT -m mark --mark 0x200"]}],
    "certificate": [
        {"certificate": "/etc/ssl/certs/k.pem", "subject": "O=AO Kaspersky Lab", "where": "/etc/ssl/certs/k.pem"},
        {"certificate": "/etc/ssl/bundle.pem#3", "subject": "O=AO Kaspersky Lab", "where": "/etc/ssl/bundle.pem"},
        {"certificate": "/home/a/cert9.db k", "subject": "Kaspersky", "store": "nss", "where": "/home/a/cert9.db"},
    ],
    "mention": [
        {"mention": "/etc/sudoers.d/av", "place": "sudoers", "text": f"a ALL=(ALL) NOPASSWD: {TREE}/bin/x"},
        {"mention": "/etc/cron.d/av", "place": "cron", "text": TEXT},
        {"mention": "/etc/cron.d/av", "place": "cron", "text": TEXT * 300},
        {"mention": "/etc/cron.d/av", "place": "cron", "text": TEXT + "\0"},
        {"mention": "/etc/cron.d/av", "place": "cron", "text": TEXT.replace("x", "x" * 9000)},
        {"mention": "/etc/cron.d/av", "place": "cron", "lines": [f"1: * * * * * root {TREE}/bin/x"]},
        {"mention": "/etc/bash.bashrc", "place": "shell", "text": f"source {TREE}/x"},
        {"mention": "/etc/squid/squid.conf", "place": "squid", "text": f"icap_service a {TREE}/x"},
        {"mention": "/etc/postfix/main.cf", "place": "mta", "text": f"content_filter = {TREE}/x and {TREE}/y"},
        {"mention": "/etc/samba/smb.conf", "place": "samba", "text": f"vfs objects = {TREE}/x other"},
        {"mention": "/etc/audit/rules.d/av.rules", "place": "audit", "text": f"-w {TREE} -p wa"},
        {"mention": "/etc/modules", "place": "module", "text": f"{TREE}/x.ko"},
        {"mention": "/home/a/.config/autostart/k.desktop", "place": "autostart", "text": f"Exec={TREE}/bin/k"},
        {"mention": "/etc/systemd/system/mine.service", "place": "unit", "lines": [f"1: ExecStart={TREE}/bin/x"]},
        {"mention": LIST, "place": "selinux", "text": f"{TREE}(/.*)? system_u:object_r:bin_t:s0"},
        {"mention": LIST, "place": "selinux", "text": f"/srv/mine system_u:object_r:bin_t:s0 # {TREE}"},
        {"mention": LIST, "place": "selinux", "text": f"{TREE}(/.*)? too many fields in it"},
        {"mention": LIST, "place": "selinux", "lines": [f"1: {TREE} x"]},
        {"mention": "/etc/selinux/policy.cil", "place": "selinux", "text": f'(filecon "{TREE}" any x)'},
        {"mention": "/etc/clamav/clamd.conf", "place": "allow_list", "text": f"ExcludePath ^{TREE}"},
    ],
    "trusted_key": [{"trusted_key": "/etc/digsig/keys/legacy/kaspersky/k.gpg"}],
    "installer": [{"installer": "/root/kesl_12.1.0-1297_amd64.deb"}],
    "mount": [{"mount": f"{TREE}/bases"}],
}
# What depends on another kind, and is gone with it: a socket with its process, a value with its file.
RESTING = {
    "socket": ("process", "path"),
    "interceptor": ("process",),
    "container_interceptor": ("container_process",),
    "ini_value": ("path",),
}
# Kinds that by themselves show no product.
NO_RESIDUE = {"journal", "root", "limit"}
# These confirm a product, so that evidence which only supplements it belongs to it.
PROVEN = [{"link_into": "/usr/bin/kesl-control", "target": f"{TREE}/bin/kesl-control"}, {"group": "nokesl"}]
CASES = [(kind, state) for kind, states in LEFT.items() for state in states]


def _spoken_of(plan: dict[str, Any], identity: str, what: str) -> list[str]:
    """Return the steps whose reason is an item, and the preflight results that name it."""
    steps = [step["kind"] for step in plan["steps"] if identity in step["reasons"] and step["kind"] != CHECKING]
    lines = [check for check in plan["preflight"] if check["level"] != "ok"]
    return steps + [check["id"] for check in lines if what in check["diagnosis"] or identity in check["diagnosis"]]


def test_the_table_holds_every_kind_that_a_look_can_give() -> None:
    judged = {
        *platforms.expected().table.proving,
        *platforms.expected().table.supporting,
        *platforms.expected().table.running,
        "trusted_key",
    }
    assert judged == {*LEFT, *RESTING}
    given = {*kinds.DETECTION, "container_interceptor"}
    assert given == {*LEFT, *RESTING, *NO_RESIDUE}
    assert {kind for on in RESTING.values() for kind in on} <= set(LEFT)
    assert judged <= set(DEFAULTS)


@pytest.mark.parametrize(
    ("kind", "state"), CASES, ids=[f"{kind}-{number}" for number, (kind, _state) in enumerate(CASES)]
)
def test_what_is_left_has_a_step_or_an_owner(kind: str, state: dict[str, Any]) -> None:
    beside = [item for item in PROVEN if kind not in item]
    also = {"also_remove": ["ksc64"]} if kind == "account" else {}
    plan = plan_of({"goal": also, "evidence": [*beside, state]})
    identity = f"{kind}:{state[kind]}"
    reasons = [reason for finding in plan["findings"] for reason in finding["reasons"]]
    assert identity in reasons, "this state is evidence of nothing: the case is wrong"
    assert _spoken_of(plan, identity, state[kind]) != [], json.dumps(plan["preflight"], indent=1)
