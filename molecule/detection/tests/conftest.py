"""Each test runs once per host. Detection runs once, between two snapshots of every file of every host."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from integration import lab
from integration.detected import Detected, detected

SCENARIO = lab.REPOSITORY / "molecule/detection"
# It takes 1 to 2 minutes on a quiet machine.
TIMEOUT_SECONDS = 900


@pytest.fixture(params=lab.HOSTS)
def name(request: pytest.FixtureRequest) -> str:
    """The host's name in the lab."""
    return str(request.param)


@pytest.fixture
def expected(name: str) -> dict[str, Any]:
    """What is to be found on the host."""
    content: dict[str, Any] = yaml.safe_load((SCENARIO / f"expected/{name}.yml").read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="session")
def run() -> None:
    """Detecting on every host and in the image of every host has ended; what each held before and after is kept."""
    lab.EVIDENCE.mkdir(parents=True, exist_ok=True)
    lab.observe("before", *lab.HOSTS)
    done = lab.run("ansible-playbook", str(SCENARIO / "detect.yml"), timeout=TIMEOUT_SECONDS)
    (lab.EVIDENCE / "detect.txt").write_text(done.stdout, encoding="utf-8")
    lab.observe("after", *lab.HOSTS)


@pytest.fixture
def live(name: str, run: None) -> Detected:
    """What was found on the running host."""
    return detected("live", name)


@pytest.fixture
def image(name: str, run: None) -> Detected:
    """What was found in the image of the host's disk."""
    return detected("image", name)
