"""Kinds of evidence on Windows, each from a host's answers and from its disk alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import windows_case_disks
import windows_cases
from ansible_collections.avshift.endpoint.plugins.module_utils.windows import main
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from schemas import problems
from support import CATALOG

WINDOWS = platforms.named("windows")
ASKED = platforms.detection([*CATALOG.products, *CATALOG.antivirus], (), WINDOWS)
SYSTEM, CURRENT = "64\\SYSTEM\\CurrentControlSet", "64\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion"
COMPONENT = "{A1B2C3D4-0000-4000-8000-000000000001}"
NETWORK = f"{SYSTEM}\\Control\\Network\\{{4d36e974-e325-11ce-bfc1-08002be10318}}"
ADAPTERS = f"{SYSTEM}\\Control\\Class\\{{4d36e972-e325-11ce-bfc1-08002be10318}}"
FILTERING = f"{SYSTEM}\\Services\\BFE\\Parameters\\Policy\\Persistent"
PARTS = ("Provider", "SubLayer", "Callout", "Filter")
BOUND = f"{{11111111-0000-4000-8000-000000000001}}-{COMPONENT.lower()}-0000"
UPDATES = "64\\SOFTWARE\\Policies\\Microsoft\\Windows\\WindowsUpdate"
TASKS = "C:\\Windows\\System32\\Tasks\\"
AGENT = "SOFTWARE\\KasperskyLab\\Components\\{}\\1103\\1.0.0.0\\Statistics\\AVState"
CENTER = "64\\SOFTWARE\\Microsoft\\Security Center\\Provider"
FEATURES = "64\\SOFTWARE\\Microsoft\\Windows Defender\\Features"
NAME = {"DISPLAYNAME": "Kaspersky Total Security", "PRODUCTEXE": "C:\\Gone\\avp.exe", "STATE": 0x1000}
FILTER = {"Description": "Kaspersky Anti-Virus NDIS 6 Filter", "ComponentId": "x_klim6"}
UNNAMED = {"Description": "NDIS 6 Filter", "ComponentId": "x_klim6"}
WAITING = ("PackagesPending", "RebootInProgress", "RebootPending")
OTHERS = {"Description": "QoS Packet Scheduler", "ComponentId": "ms_pacer"}

# What a host has, and what is seen of it: (kind, what): part of its value. None for what must not be there.
Seen = dict[tuple[str, str], "dict[str, Any] | None"]
CASES: dict[str, tuple[dict[str, Any], Seen]] = {
    "a filter of the network and the adapters that it is bound to": (
        {
            "keys": {
                f"{NETWORK}\\{COMPONENT}": FILTER,
                f"{ADAPTERS}\\0001\\Linkage": {"FilterList": [BOUND, "{x}-{y}-0000"]},
                f"{ADAPTERS}\\0002\\Linkage": {"FilterList": ["{x}-{y}-0000"]},
            }
        },
        {("network_component", COMPONENT): {"component": "x_klim6", "adapters": 1}},
    ),
    "a filter that is known by its driver alone, and no list of an adapter": (
        {"keys": {f"{NETWORK}\\{COMPONENT}": UNNAMED}},
        {("network_component", COMPONENT): {"name": "NDIS 6 Filter", "adapters": None}},
    ),
    "a filter of Windows": (
        {"keys": {f"{NETWORK}\\{COMPONENT}": OTHERS}},
        {("network_component", COMPONENT): None},
    ),
    "objects of the filtering platform, by their display names alone": (
        {
            "keys": {
                f"{FILTERING}\\{part}": {
                    "{1}": b"\1\0\0\0" + "Kaspersky Lab WFP ALE auth accept V4 filter\0".encode("utf-16-le"),
                    "{2}": b"\1" + "Kaspersky Lab stream inspection\0".encode("utf-16-le"),
                    "{3}": "Portmaster\0".encode("utf-16-le"),
                }
                for part in PARTS
            }
        },
        {
            ("filtering_object", f"{part}\\{{{number}}}"): value
            for part in PARTS
            for number, value in (
                (1, {"name": "Kaspersky Lab WFP ALE auth accept V4 filter"}),
                (2, {"name": "Kaspersky Lab stream inspection"}),
                (3, None),
            )
        },
    ),
    "files of tasks, in a folder and by themselves, without a key": (
        {"files": [TASKS + "Kaspersky Lab\\Update", TASKS + "KasperskyUpgrade", TASKS + "Microsoft\\Windows\\x"]},
        {
            ("scheduled_task", TASKS + "Kaspersky Lab"): {"path": "\\Kaspersky Lab"},
            ("scheduled_task", TASKS + "KasperskyUpgrade"): {"path": "\\KasperskyUpgrade"},
            ("scheduled_task", TASKS + "Microsoft"): None,
        },
    ),
    "updates come from a server that is used": (
        {
            "keys": {
                UPDATES: {"WUServer": "http://ksc:8530", "WUStatusServer": "http://ksc"},
                f"{UPDATES}\\AU": {"UseWUServer": 1},
            }
        },
        {("update_server", "http://ksc:8530"): {"status_server": "http://ksc", "used": "yes"}},
    ),
    "updates come from a server that is not used": (
        {"keys": {UPDATES: {"WUServer": "http://ksc"}, f"{UPDATES}\\AU": {"UseWUServer": 0}}},
        {("update_server", "http://ksc"): {"used": "no"}},
    ),
    "updates come from a server, and nothing says whether it is used": (
        {"keys": {UPDATES: {"WUServer": "http://ksc"}}},
        {("update_server", "http://ksc"): {"used": "unknown"}},
    ),
    "an agent of an older generation": (
        {"keys": {f"32\\{AGENT.format(27)}": {"Protection_AdmServer": "ksc.example.org"}}},
        {("management_server", "ksc.example.org"): {"image_clone": False}},
    ),
    "an agent in a template of virtual desktops": (
        {"keys": {f"32\\{AGENT.format(34)}": {"Protection_AdmServer": "ksc", "Protection_DynamicVM": 1}}},
        {("management_server", "ksc"): {"image_clone": True}},
    ),
    "Security Center's lists of each sort": (
        {"keys": {f"{CENTER}\\{part}\\{{1}}": NAME for part in ("Av", "As", "Fw")}},
        {("security_provider", what): {"file": "unknown"} for what in ("{1}", "As\\{1}", "Fw\\{1}")},
    ),
    "parts of Windows wait for a restart": (
        {"keys": {f"{CURRENT}\\Component Based Servicing\\{name}": {} for name in WAITING}},
        {("restart_pending", name): {"count": 0} for name in WAITING},
    ),
    "tamper protection is on": (
        {"keys": {FEATURES: {"TamperProtection": 5}}},
        {("defender", "state"): {"tamper_protection": "on"}},
    ),
    "tamper protection has a number that no source explains": (
        {"keys": {FEATURES: {"TamperProtection": 1}}},
        {("defender", "state"): {"tamper_protection": "unknown"}},
    ),
}
REFUSED = {
    "updates": "update_server",
    "tasks-files": "scheduled_task",
    "center-fw": "security_provider",
    "roots-policy": "root_certificate",
    "restart-2": "restart_pending",
    "network": "network_component",
    "filtering-filter": "filtering_object",
}


def _of_host(host: dict[str, Any]) -> dict[str, Any]:
    return windows_cases.answers(host, ASKED["reads"])


def _of_disk(host: dict[str, Any], folder: Path) -> dict[str, Any]:
    root = windows_case_disks.make(host, folder)
    told: dict[str, Any] = main.main({"root": str(root), "reads": json.dumps(ASKED["reads"])}, check_mode=True)
    return told


def _evidence(answer: dict[str, Any]) -> list[dict[str, Any]]:
    assert WINDOWS.collected is not None
    collected = WINDOWS.collected(ASKED, answer)
    assert problems("evidence", collected) == []
    found: list[dict[str, Any]] = collected["evidence"]
    return found


@pytest.mark.parametrize("way", ["host", "disk"])
@pytest.mark.parametrize("name", CASES)
def test_kind(name: str, way: str, tmp_path: Path) -> None:
    host, expected = CASES[name]
    items = _evidence(_of_host(host) if way == "host" else _of_disk(host, tmp_path))
    found = {(item["kind"], item["what"]): item["value"] for item in items if "value" in item}
    for what, value in expected.items():
        if value is None:
            assert what not in found
        else:
            assert value.items() <= found[what].items(), found[what]


@pytest.mark.parametrize("read", REFUSED)
def test_what_is_refused_is_unknown_of_its_kind(read: str) -> None:
    """A host with nothing at all, which refuses one read: that kind is open, and no other."""
    before = [item["id"] for item in _evidence(_of_host({})) if "unknown" in item]
    opened = [item for item in _evidence(_of_host({"denied": [read]})) if "unknown" in item]
    assert [item["kind"] for item in opened if item["id"] not in before] == [REFUSED[read]]
