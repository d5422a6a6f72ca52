"""A bad network between controller and host costs time or a run, and the next run ends well."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cores import FULL
from far_host import FarHost, far_host
from fleets import AGENT, LIMIT, Fleet

GIVEN: dict[str, Any] = {"avshift_hosts": "all", "avshift_require_approval": False, "avshift_rollout": "100%"}
PARTS = ["stage", "handover", "remove"]


@contextmanager
def _fleet(folder: Path, **network: float) -> Iterator[tuple[Fleet, FarHost]]:
    """Have one host that is reached by ssh."""
    fleet = Fleet(folder, {"far": AGENT})
    # The path of a socket may be short only.
    sockets = tempfile.mkdtemp(prefix="avs")
    with far_host(folder, **network) as host:
        reached = {
            "ansible_connection": "ssh",
            "ansible_host": "127.0.0.1",
            "ansible_port": host.port,
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(folder / "key"),
            "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -F none",
            "ansible_control_path_dir": sockets,
            "ansible_pipelining": True,
        }
        fleet.set_variables({"far": reached})
        yield fleet, host
    shutil.rmtree(sockets)


def _when_begun(fleet: Fleet, part: int, do: Callable[[], None]) -> threading.Thread:
    """Do something as soon as so many parts of a change have begun on the host."""

    def watch() -> None:
        deadline = time.monotonic() + LIMIT
        while fleet.calls("far").count("apply real") <= part and time.monotonic() < deadline:
            time.sleep(0.02)
        do()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


@pytest.mark.skipif(not FULL, reason="it takes some minutes: AVSHIFT_ROLLOUT_SET=full")
def test_a_slow_network_that_loses_packets_costs_only_time(tmp_path: Path) -> None:
    with _fleet(tmp_path, latency=2.0, loss=0.2) as (fleet, _host):
        run = fleet.run("migrate", **GIVEN)
        assert run.code == 0, run.text
        assert fleet.calls("far").count("apply real") == len(PARTS)
        assert fleet.record("far")["failure"] is None


@pytest.mark.parametrize("how", ["cut", "restart"] if FULL else ["cut"])
@pytest.mark.parametrize("part", range(len(PARTS)) if FULL else [1], ids=lambda number: PARTS[number])
def test_a_host_that_is_lost_in_a_part_is_told_and_the_next_run_ends_well(tmp_path: Path, part: int, how: str) -> None:
    with _fleet(tmp_path) as (fleet, host):
        fleet.slow("far")
        lost = _when_begun(fleet, part, getattr(host, how))
        run = fleet.run("migrate", **GIVEN)
        lost.join()
        assert run.code == 2
        assert "1 host: 0 migrated, 0 failed, 1 unreachable, 0 not started" in run.flat, run.text
        assert "To go on: ansible-playbook" in run.flat
        assert fleet.record("far")["failure"]["code"] == "unreachable"
        # Its group may not lose another one meanwhile.
        assert fleet.marks() == ["far"]
        host.is_up = True
        again = fleet.run("migrate", **GIVEN)
        assert again.code == 0, again.text
        assert (fleet.record("far")["failure"], fleet.marks()) == (None, [])
