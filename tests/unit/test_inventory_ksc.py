"""The inventory plugin as Ansible runs it: hosts, groups, its cache, and nothing if the list is incomplete."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import console_server
import pytest
import yaml
from ansible_collections.avshift.endpoint.plugins.plugin_utils.device_list import options
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from console_server import PASSWORD, USER, Server
from support import REPOSITORY

LIST = (
    "Name\tDNS name\tParent group\tLast visible\n"
    "WEB1\tweb1.example.org\tServers/Web\t2026-11-28 10:00:00\n"
    "{{ 1 }}\t\t\t\n"
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with console_server.serving(tmp_path) as state:
        yield state


def _run(home: Path, options: dict[str, Any], *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Have ansible-inventory list the result of an inventory file."""
    path = home / "devices.ksc.yml"
    path.write_text(yaml.safe_dump({"plugin": "avshift.endpoint.ksc", **options}), encoding="utf-8")
    (home / "ansible.cfg").write_text("", encoding="utf-8")
    command = [str(Path(sys.executable).with_name("ansible-inventory")), "-vvvv", "-i", str(path), "--list", "--export"]
    command += arguments
    settings = {
        "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".cache"),
        "ANSIBLE_CONFIG": str(home / "ansible.cfg"),
        "ANSIBLE_HOME": str(home / "ansible"),
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
        "ANSIBLE_INVENTORY_ENABLED": "avshift.endpoint.ksc",
    }
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "AVSHIFT_"))}
    return subprocess.run(
        command, env={**clean, **settings, **env}, capture_output=True, text=True, timeout=120, check=False
    )


def _listed(finished: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert finished.returncode == 0, finished.stderr
    content: dict[str, Any] = json.loads(finished.stdout[finished.stdout.index("{\n") :])
    return content


def _of_server(server: Server, **more: Any) -> dict[str, Any]:
    return {"server": server.address, "ca_path": server.ca_path, "internal_user": True, **more}


ACCOUNT = {"AVSHIFT_KSC_USER": USER, "AVSHIFT_KSC_PASSWORD": PASSWORD}


def test_an_export_becomes_hosts_groups_and_variables(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(LIST, encoding="utf-8")
    told = _listed(_run(tmp_path, {"export": str(tmp_path / "list.txt"), "time_zone": "Europe/Berlin"}))
    hosts = told["ksc_all"]["hosts"]
    assert hosts[0] == "web1.example.org" and hosts[1].startswith("unnamed-")
    assert told["ksc_seen_2026_11"]["hosts"] == ["web1.example.org"]
    assert told["ksc_unnamed"]["hosts"] == [hosts[1]]
    assert [name for name in told if name.startswith("ksc_group_Servers_Web_")] != []
    variables = told["ksc_all"]["vars"]["ksc_list"]
    assert variables["is_whole"] is True
    assert variables["preview"]["recognised"]["DNS name"] == {"__ansible_unsafe": "dns_name"}
    device = told["_meta"]["hostvars"][hosts[1]]["ksc_devices"][0]
    assert device["name"] == {"__ansible_unsafe": "{{ 1 }}"}


def test_the_server_s_list_is_read_cached_and_written_without_the_password(tmp_path: Path, server: Server) -> None:
    kept = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    asked_for = _of_server(server, list_file=str(tmp_path / "list.json"), **kept)
    finished = _run(tmp_path, asked_for, **ACCOUNT)
    assert _listed(finished)["ksc_all"]["hosts"] == [f"web{number}.example.org" for number in range(3)]
    asked = len(server.calls)
    assert _listed(_run(tmp_path, asked_for, **ACCOUNT))["ksc_all"]["hosts"] != []
    assert len(server.calls) == asked, "the second run has to take the list from the cache"
    cached = [path.read_text(encoding="utf-8") for path in (tmp_path / "cache").iterdir()]
    assert cached and "web2.example.org" in "".join(cached)
    forms = (PASSWORD, json.dumps(PASSWORD)[1:-1], "cGEic3Nc")
    written = [*cached, (tmp_path / "list.json").read_text(encoding="utf-8"), finished.stdout, finished.stderr]
    assert [text for text in written for form in forms if form in text] == []
    assert (tmp_path / "list.json").stat().st_mode & 0o777 == 0o600


def test_a_cache_that_is_damaged_flushed_or_not_verified_is_as_good_as_none(tmp_path: Path, server: Server) -> None:
    kept = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    unchecked, checked = _of_server(server, validate_certs=False, **kept), _of_server(server, **kept)

    def is_asked(options: dict[str, Any], *arguments: str) -> bool:
        before = len(server.calls)
        told = _listed(_run(tmp_path, options, *arguments, **ACCOUNT))["ksc_all"]
        assert told["vars"]["ksc_list"]["source"]["verified"] is (options is checked)
        return len(server.calls) > before

    # What anyone on the way may have said is not taken for the server's word later.
    assert [is_asked(options) for options in (unchecked, checked, checked)] == [True, True, False]
    assert is_asked(checked, "--flush-cache")
    for path in (tmp_path / "cache").iterdir():
        content = json.loads(path.read_text(encoding="utf-8"))
        for plain in (content, content.get("__payload__")):
            if isinstance(plain, dict) and "devices" in plain:
                plain["devices"] = [{"name": 5}]
        if isinstance(content.get("__payload__"), str):
            content["__payload__"] = content["__payload__"].replace('"fqdn"', '"fqdm"')
        path.write_text(json.dumps(content), encoding="utf-8")
    assert [is_asked(checked), is_asked(checked)] == [True, False]


def test_a_password_in_a_vault_is_taken(tmp_path: Path, server: Server) -> None:
    (tmp_path / "key").write_text("vault", encoding="utf-8")
    command = [str(Path(sys.executable).with_name("ansible-vault")), "encrypt_string", "--vault-password-file", "key"]
    made = subprocess.run(
        [*command, PASSWORD], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
    ).stdout
    inventory = tmp_path / "vault.ksc.yml"
    plain = {"plugin": "avshift.endpoint.ksc", "user": USER, **_of_server(server)}
    inventory.write_text(f"{yaml.safe_dump(plain)}password: {made}", encoding="utf-8")
    env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".cache")}
    listing = [str(Path(sys.executable).with_name("ansible-inventory")), "-i", str(inventory), "--list"]
    finished = subprocess.run(
        [*listing, "--vault-password-file", str(tmp_path / "key")],
        env=env, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "web2.example.org" in finished.stdout, finished.stderr
    assert PASSWORD not in finished.stdout + finished.stderr


GIVEN = {"export": "list.txt", "server": "", "user": "", "password": "", "seen_since": "", "group_prefix": "ksc_"}
WRONG: list[tuple[dict[str, str], str]] = [
    ({"export": ""}, "exactly one of export and server"),
    ({"server": "https://ksc"}, "exactly one of export and server"),
    ({"export": "", "server": "https://ksc", "user": "a"}, "server needs user and password"),
    ({"group_prefix": "-x"}, "group_prefix"),
    ({"seen_since": "2026-02-30"}, "seen_since"),
    ({"seen_since": "yesterday"}, "seen_since"),
]


@pytest.mark.parametrize(("changed", "says"), WRONG)
def test_a_wrong_option_is_refused(changed: dict[str, str], says: str) -> None:
    options.check(GIVEN)
    with pytest.raises(AvshiftError, match=says) as caught:
        options.check({**GIVEN, **changed})
    assert caught.value.code == "inventory_option_wrong"


NUMBERS = {"timeout": 60.0, "search_timeout": 600.0, "secondary_depth": 9}


@pytest.mark.parametrize(
    "changed",
    [{"timeout": 0}, {"timeout": -5}, {"timeout": float("nan")}, {"search_timeout": 10**9}, {"secondary_depth": -1}],
)
def test_a_number_out_of_bounds_is_refused(changed: dict[str, float]) -> None:
    options.check_numbers(NUMBERS)
    with pytest.raises(AvshiftError, match=next(iter(changed))) as caught:
        options.check_numbers({**NUMBERS, **changed})
    assert caught.value.code == "inventory_option_wrong"


def test_an_error_ends_the_run_with_its_code(tmp_path: Path) -> None:
    finished = _run(tmp_path, {"export": "/nowhere/list.txt"})
    assert finished.returncode != 0
    assert "file_unreadable" in finished.stderr


def test_an_incomplete_list_is_used_only_where_that_is_accepted_and_stays_marked(
    tmp_path: Path, server: Server
) -> None:
    server.silent = [{"KLSRVH_SRV_ID": 7, "KLSRVH_SRV_DN": "Branch"}]
    finished = _run(tmp_path, _of_server(server, list_file=str(tmp_path / "list.json")), **ACCOUNT)
    assert finished.returncode != 0
    assert "device_list_incomplete" in finished.stderr
    assert not (tmp_path / "list.json").exists()
    server.polls = 2
    finished = _run(tmp_path, _of_server(server, allow_incomplete=True), **ACCOUNT)
    told = _listed(finished)["ksc_all"]
    assert len(told["hosts"]) == 3
    assert told["vars"]["ksc_list"]["is_whole"] is False
    assert "incomplete" in finished.stderr


def test_a_certificate_that_is_not_checked_warns_at_each_run(tmp_path: Path, server: Server) -> None:
    finished = _run(tmp_path, {"server": server.address, "validate_certs": False}, **ACCOUNT)
    assert _listed(finished)["ksc_all"]["vars"]["ksc_list"]["source"]["verified"] is False
    assert "certificate was not checked" in " ".join(finished.stderr.split())


def test_what_the_user_composes_evaluates_nothing_of_the_server_s(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("Name\tDNS name\n{{ 6 * 7 }}\tweb1.example.org\n", encoding="utf-8")
    composed = {
        "export": str(tmp_path / "list.txt"),
        "compose": {"shown_as": "ksc_devices[0].name"},
        "keyed_groups": [{"key": "ksc_devices[0].name", "prefix": "by"}],
    }
    finished = _run(tmp_path, composed)
    assert "42" not in json.dumps(_listed(finished)["_meta"]["hostvars"]["web1.example.org"]["shown_as"])
    assert "by_42" not in finished.stdout
