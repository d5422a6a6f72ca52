"""Each test runs once per host of the fleet; testinfra uses the system's own tools there."""

from __future__ import annotations

import pytest
import testinfra
from integration import lab
from testinfra.host import Host


@pytest.fixture(params=lab.HOSTS)
def name(request: pytest.FixtureRequest) -> str:
    """The host's name in the inventory."""
    return str(request.param)


@pytest.fixture
def host(name: str) -> Host:
    """The host as testinfra sees it, past Ansible."""
    return testinfra.get_host(f"podman://{lab.container(name)}")
