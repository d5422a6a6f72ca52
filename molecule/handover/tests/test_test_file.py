"""The test file is whole in memory and in directories on trial only: no log and no record has it."""

from __future__ import annotations

from conftest import Outcome
from integration import lab
from integration.faults import Fault
from integration.samples import DETECTABLE

KEPT = ("/etc", "/run", "/var/cache", "/var/lib", "/var/log")
JOURNAL = 'exec 3<&0; journalctl --output=cat --quiet | grep -caF -f /dev/fd/3 || test "$?" = 1'


def test_no_log_or_state_of_the_host_holds_it(fault: Fault, outcome: Outcome) -> None:
    assert outcome.record["verdict"]
    found = lab.on(fault.name, "grep", "-rlaF", "--devices=skip", "-f", "/dev/stdin", *KEPT, given=DETECTABLE + "\n")
    assert found.returncode == 1, found.stdout
    assert lab.must(fault.name, "sh", "-c", JOURNAL, given=DETECTABLE + "\n").strip() == "0"


def test_no_file_of_the_controller_holds_it(outcomes: dict[str, Outcome]) -> None:
    assert outcomes
    kept = [path for path in lab.EVIDENCE.rglob("*") if path.is_file()]
    assert [str(path) for path in kept if DETECTABLE.encode() in path.read_bytes()] == []
