"""Evidence that only plans ask for (rules, accounts, file systems) is reported as it is; no obstacle stops planning."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.files import file_systems
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.look import Look
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.network import packet_rules
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.trust import account_use
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError

MASKED = {"tool": "nft", "table": "ip x", "chain": "y", "rule": "meta mark 0x200", "marks": ["0x200"], "whole": True}


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Look]:
    """A look at a separate root, and no firewall."""
    monkeypatch.setattr(packet_rules.packet_rules, "listed", lambda: iter(()))
    (tmp_path / "etc" / "iptables").mkdir(parents=True)
    looking = Look(str(tmp_path))
    yield looking
    looking.tree.close()


def _write(tmp_path: Path, name: str, *lines: str) -> None:
    (tmp_path / "etc" / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def test_rules_with_an_asked_mark_are_told_without_their_handles(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [{**MASKED, "handle": "7"}, {**MASKED, "rule": "other", "marks": ["0x201"]}]
    monkeypatch.setattr(packet_rules.packet_rules, "listed", lambda: iter(rules))
    assert [item["value"] for item in packet_rules.collect({"marks": ["0x200"], "set_by": []}, look)] == [MASKED]


def test_tool_that_fails_leaves_all_rules(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> Iterator[dict[str, Any]]:
        yield MASKED
        raise EndpointError("command_failed", "Listing the firewall", "nft", "exit code 1", "Run it by hand.")

    monkeypatch.setattr(packet_rules.packet_rules, "listed", fails)
    assert list(packet_rules.collect({"marks": ["0x200"], "set_by": []}, look)) == []


def test_saved_rules_are_told_and_a_file_that_cannot_be_read_may_hold_any(look: Look, tmp_path: Path) -> None:
    _write(tmp_path, "nftables.conf", "meta mark 0x200 accept", "# meta mark 0x200 drop", "meta mark 0x201 accept")
    os.mkfifo(tmp_path / "etc/iptables/rules.v4")
    told = [
        (item["where"], item["value"]["mark"])
        for item in packet_rules.collect({"marks": ["0x200"], "set_by": []}, look)
    ]
    assert told == [("/etc/iptables/rules.v4", "any"), ("/etc/nftables.conf", "0x200")]


def test_users_of_a_group_and_what_their_homes_hold_of_it(look: Look, tmp_path: Path) -> None:
    own = tmp_path / "homes" / "alice" / "deep"
    own.mkdir(parents=True)
    gid = own.stat().st_gid
    _write(tmp_path, "group", f"fixture:x:{gid}:carol", "other:x:4242:", "nogroup:x:65534:")
    home, none = tmp_path / "homes" / "alice", tmp_path / "homes" / "bob"
    _write(
        tmp_path, "passwd", f"alice:x:1000:{gid}::{home}:/bin/sh", f"bob:x:1001:{gid}::{none}:/bin/sh", "c:x:7:8::/:/x"
    )
    (item,) = account_use.collect_groups(["fixture"], look)
    users = [{"name": "alice", "home": str(home), "owns": True}, {"name": "bob", "home": str(none), "owns": False}]
    assert item["value"] == {"users": users, "nobodys": "nogroup"}
    assert account_use._has_files_of(str(home), 4242) is False


def test_use_of_an_account_is_told(look: Look, tmp_path: Path) -> None:
    empty = tmp_path / "homes" / "fixture"
    empty.mkdir(parents=True)
    _write(tmp_path, "group", "fixture:x:990:", "adm:x:4:fixture,x", "other:x:991:x", "third:x:992:")
    _write(tmp_path, "passwd", f"fixture:x:990:990::{empty}:/x", "other:x:991:991::/nowhere:/x", "x:x:5:992::/proc:/x")
    found = {item["what"]: item["value"] for item in account_use.collect_users(["fixture", "other", "x"], look)}
    assert found["fixture"] == {"executables": [], "home": "empty", "member_of": ["adm"], "own_group": True}
    assert (found["other"]["home"], found["other"]["own_group"]) == ("missing", False)
    assert found["x"]["home"] == "holds files"


def test_file_systems_of_what_is_there_are_told(look: Look, tmp_path: Path) -> None:
    asked = [str(tmp_path), str(tmp_path / "missing"), "/proc/self/status/nothing"]
    assert [(item["what"], item["value"]) for item in file_systems.collect(asked, look)] == [
        (str(tmp_path), {"read_only": False})
    ]
