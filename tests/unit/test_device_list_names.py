"""Names and groups that an inventory gets from a device list."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.device_list import inventory, names
from ansible_collections.avshift.endpoint.plugins.plugin_utils.device_list.device import Device, DeviceList, Source
from hypothesis import given
from hypothesis import strategies as st

SOURCE = Source("export", "devices.txt", "2026-11-29T12:00:00Z", "0" * 64)
NAMED: list[tuple[dict[str, str], str]] = [
    ({"fqdn": "web1.example.org", "name": "WEB1"}, "web1.example.org"),
    ({"dns_name": "web1", "dns_domain": "example.org", "name": "x"}, "web1.example.org"),
    ({"dns_name": "web1.example.org", "dns_domain": "example.org"}, "web1.example.org"),
    ({"dns_name": "web1", "name": "Front desk"}, "web1"),
    ({"name": "WEB_1"}, "WEB_1"),
    ({"name": "Front desk", "netbios_name": "DESK1"}, "DESK1"),
    ({"name": "Стол", "address": "10.0.0.5"}, "10.0.0.5"),
    ({"name": "Стол"}, ""),
    ({"address": "fd00::5"}, "fd00::5"),
    ({"name": "15"}, ""),
    ({"name": "web.1"}, ""),
    ({"name": "web1."}, ""),
]


@pytest.mark.parametrize(("told", "name"), NAMED)
def test_a_device_is_named_by_the_first_name_that_can_stand_there(told: dict[str, str], name: str) -> None:
    assert names.host_of(Device(**told), "ksc_") == name


@given(st.text(max_size=300))
def test_no_name_has_another_meaning(text: str) -> None:
    host = names.host_of(Device(name=text, fqdn=text, address=text), "ksc_")
    assert re.fullmatch(r"[A-Za-z0-9_.:-]*", host)
    assert not host.startswith(("-", ".", ":ksc_", "ksc_"))
    made = names.made_up(Device(name=text))
    assert re.fullmatch(r"unnamed-[0-9a-f]{8}\.invalid", made)
    assert re.fullmatch(r"ksc_group_[A-Za-z0-9_]+", names.group("ksc_group_", text))
    assert len(names.group("ksc_group_", text)) < 120


@given(st.text(max_size=60), st.text(max_size=60))
def test_other_administration_groups_have_other_names(one: str, other: str) -> None:
    assert (names.group("g_", one) == names.group("g_", other)) is (one == other)


def _made(*told: dict[str, str], **more: Any) -> inventory.Inventory:
    return inventory.of_list(DeviceList(SOURCE, [Device(**one) for one in told]), "ksc_", **more)


def test_groups_are_those_of_the_server() -> None:
    made = _made(
        {
            "fqdn": "web1.example.org",
            "group": "Servers",
            "server": "Main",
            "platform": "Debian GNU/Linux 12",
            "agent_version": "15.1.0-123",
            "product_version": "12.1.0.1",
            "last_seen": "2026-11-28T10:00:00Z",
        },
        {"fqdn": "web2.example.org", "agent_version": "15.1.0.123", "last_connected": "2026-10-01T00:00:00Z"},
        {"name": "web3"},
        seen_since="2026-11-01",
    )
    assert made.groups == {
        "ksc_group_Servers": ["web1.example.org"],
        "ksc_server_Main": ["web1.example.org"],
        "ksc_platform_Debian_GNU_Linux_12": ["web1.example.org"],
        "ksc_agent_15_1_0_123": ["web1.example.org", "web2.example.org"],
        "ksc_product_12_1_0_1": ["web1.example.org"],
        "ksc_seen_2026_11": ["web1.example.org"],
        "ksc_seen_since": ["web1.example.org"],
        "ksc_seen_2026_10": ["web2.example.org"],
        "ksc_seen_before": ["web2.example.org"],
        "ksc_seen_unknown": ["web3"],
    }


def test_two_devices_of_one_name_are_told() -> None:
    made = _made({"name": "web1", "host_id": "a"}, {"name": "WEB1", "host_id": "b"}, {"name": "web2"})
    assert made.groups["ksc_duplicate"] == ["web1"]
    assert [device["host_id"] for device in made.hosts["web1"]] == ["a", "b"]
    assert list(made.hosts) == ["web1", "web2"]


def test_a_device_without_a_name_for_an_inventory_is_there_all_the_same() -> None:
    made = _made({"name": "Стол"}, {"name": "Стул"})
    assert len(made.groups["ksc_unnamed"]) == len(made.hosts) == 2
