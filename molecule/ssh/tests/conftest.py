"""Every account has its own host; everything is done to the hosts once, before the first test that needs it."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from integration import accounts, by_ssh, lab
from integration.accounts import Account

FULL = os.environ.get("AVSHIFT_SSH_SET") == accounts.FULL
ACCOUNTS = [accounts.load(name) for name in accounts.wanted()]


def of(purpose: str) -> list[Account]:
    """Return the accounts of this run that are for a purpose."""
    return [account for account in ACCOUNTS if account.purpose == purpose]


@pytest.fixture(scope="session")
def prepared() -> None:
    """Every account is there, and the inventory names it."""
    by_ssh.make_key()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(by_ssh.prepare, ACCOUNTS))
    by_ssh.write_inventory(ACCOUNTS)


@pytest.fixture(scope="session")
def planned(prepared: None) -> None:
    """All hosts have been planned at once."""
    names = [account.name for account in ACCOUNTS]
    # In one ring, since some of the tests migrate one host alone.
    by_ssh.playbook("plan", "plan", names, "-v", "-e", "avshift_rollout=100%")


@pytest.fixture(scope="session")
def migrated(planned: None) -> None:
    """The hosts of the whole flow have been migrated by that plan, and verified."""
    names = [account.name for account in of("flow")]
    for name in names:
        lab.must(name, "sh", "-c", "test ! -e /var/lib/avshift")
    by_ssh.playbook("migrate", "migrate", names, "-v", "-e", f"avshift_approved_plan={PLAN}")
    by_ssh.playbook("verify", "verify", names, "-v")


PLAN = by_ssh.AVSHIFT / "plan/plan.json"


def record(folder: str, name: str) -> dict[str, Any]:
    """Return a host's record."""
    content: dict[str, Any] = json.loads((by_ssh.AVSHIFT / folder / f"{name}.json").read_text(encoding="utf-8"))
    return content
