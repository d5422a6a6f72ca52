"""The hosts are planned, get ClamAV and are observed once, before the first test runs."""

from __future__ import annotations

from typing import Any

import pytest
from integration import clamav, lab


@pytest.fixture(scope="session")
def deployed() -> dict[str, Any]:
    """Every host has ClamAV by the approved plan; what Ansible said."""
    clamav.prepare()
    lab.observe("before", *lab.HOSTS)
    clamav.ansible("avshift.endpoint.plan", lab.HOSTS, "-e", "avshift_rollout=100%", kept_as="plan")
    approved = f"avshift_approved_plan={clamav.PLAN}"
    content = clamav.ansible("avshift.endpoint.migrate", lab.HOSTS, "-e", approved, kept_as="migrate")
    lab.observe("after", *lab.HOSTS)
    return content


@pytest.fixture(params=lab.HOSTS)
def name(request: pytest.FixtureRequest, deployed: dict[str, Any]) -> str:
    """The name of a host that has ClamAV."""
    host = str(request.param)
    assert deployed["stats"][host]["failures"] == 0, clamav.failure(deployed, host).get("msg")
    return host


@pytest.fixture
def plan(name: str) -> dict[str, Any]:
    """The host's plan."""
    return clamav.plan(name)
