"""A file server that is gone while protection is handed over."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.handover import excluded
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import interception
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.prove import own_signature
from attacks import attack
from doing import place_of_root
from killed_run import Killed, killed
from looking import hung

OLD = {"old.timer", "old.service"}
IN_TIME = 60

pytestmark = pytest.mark.skipif(not os.access("/dev/fuse", os.W_OK), reason="there is no FUSE here")


@pytest.fixture
def host() -> Iterator[Killed]:
    """A host with a directory, ``dead``, whose file system will not answer."""
    with place_of_root() as folder, killed(folder) as made:
        (folder / "dead").mkdir()
        yield made


@attack(
    "dead-mount-on-the-way-back",
    threat="a directory in which the old scanner is tested is on a server that is gone, and the new one fails",
    holds="the run ends in time, and the old scanner is back",
)
def test_way_back_beside_a_dead_mount(host: Killed) -> None:
    (host.folder / "new-is-bad").touch()
    host.target["tried"] = [str(host.folder / "dead"), str(host.folder)]
    begun = time.monotonic()
    with hung(host.folder / "dead"):
        run = host.begin("nowhere")
        assert time.monotonic() - begun < IN_TIME
        assert "The old protection is back, tested" in run.communicate()[1]
        assert host.runs() == OLD


def _targets(folder: str) -> None:
    assert interception.inode_targets([folder]) == {folder: ""}


def _signature(folder: str) -> None:
    made: dict[str, Any] = {"directory": folder, "name": "{random}.ndb", "text": "", "mode": "0644", "limit": 1}
    with pytest.raises(EndpointError), own_signature.OwnSignature({**made, "forget": False}, ""):
        pass


def _excluded(folder: str) -> None:
    told = {"list": folder + "/list", "environment": folder + "/environment", "text": "", "paths": ["/x"]}
    with pytest.raises(EndpointError), excluded.Excluded(told):
        pass


@pytest.mark.parametrize("ask", [_targets, _signature, _excluded])
@attack(
    "dead-mount-in-a-handover",
    threat="a protected directory, the engine's or the one for its settings is on a server that is gone",
    holds="the handover goes on or fails in time",
)
def test_handover_beside_a_dead_mount(
    host: Killed, monkeypatch: pytest.MonkeyPatch, ask: Callable[[str], None]
) -> None:
    for module, name in ((interception, "ANSWER_LIMIT"), (own_signature, "LIMIT"), (excluded, "LIMIT")):
        monkeypatch.setattr(module, name, 1)
    begun = time.monotonic()
    with hung(host.folder / "dead"):
        ask(str(host.folder / "dead"))
        assert time.monotonic() - begun < IN_TIME
