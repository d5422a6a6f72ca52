"""Plan, migrate and verify by each account, seen by the system's own tools."""

from __future__ import annotations

import pytest
from conftest import of, record
from integration import lab
from integration.accounts import Account

LEFT = r"find / -xdev \( -name 'ansible-tmp-*' -o -name '*avshift_endpoint*' -o -path '/home/*/.ansible/*' \)"
MEMORY = "find /run /dev/shm /tmp -name '*avshift_endpoint*'"

each = pytest.mark.parametrize("account", of("flow"), ids=lambda account: account.name)


@each
def test_the_records_say_that_it_is_gone(account: Account, migrated: None) -> None:
    assert record("records", account.name)["verdict"] == "removed_verified", record("records", account.name)["failure"]
    assert record("verify", account.name)["verdict"] == "removed_verified"


@each
def test_the_package_and_its_directories_are_gone(account: Account, migrated: None) -> None:
    assert lab.on(account.name, "dpkg-query", "--show", "klnagent64").returncode != 0
    assert lab.on(account.name, "test", "-e", "/opt/kaspersky").returncode != 0


@each
def test_nothing_of_ansible_s_stays_on_the_host(account: Account, migrated: None) -> None:
    assert lab.must(account.name, "sh", "-c", LEFT).split() == []
    assert lab.must(account.name, "sh", "-c", MEMORY).split() == []


@pytest.mark.parametrize("account", of("refused"), ids=lambda account: account.name)
def test_what_cannot_be_looked_at_whole_is_refused_with_its_reason(account: Account, planned: None) -> None:
    failure = record("plan/records", account.name)["failure"]
    assert failure["code"] == account.code, failure
    assert account.says in failure["message"]
