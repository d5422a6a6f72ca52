"""The state that the tests share. The modules go by their names: bad input changes nothing, the later ones do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from integration import lab
from integration.playbooks import Said, playbook
from integration.signer import Signer

FAULTY = lab.REPOSITORY / "molecule/refusals/inventory/faulty.yml"


@pytest.fixture(scope="session", autouse=True)
def with_a_ghost() -> None:
    """Every run has an unreachable host beside the others, unless it is limited."""
    os.environ["ANSIBLE_INVENTORY"] += f",{FAULTY}"


@pytest.fixture(scope="session")
def before() -> None:
    """Every host has been observed before anything was asked of it."""
    lab.observe("before", *lab.HOSTS)


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    """Jane, with a key of her own."""
    return Signer.new(tmp_path_factory.mktemp("signer"))


@pytest.fixture(scope="session")
def planned(with_a_ghost: None, before: None) -> Said:
    """What planning the whole fleet said."""
    return playbook("plan", "-e", "avshift_rollout=100%", folder=lab.EVIDENCE)


@pytest.fixture(scope="session")
def plan(planned: Said) -> Path:
    """The plan.json of the fleet."""
    return lab.EVIDENCE / "avshift/plan/plan.json"
