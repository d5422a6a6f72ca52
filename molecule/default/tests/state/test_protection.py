"""ClamAV protects: on demand, on access, and from boot on."""

from __future__ import annotations

import pytest
from integration import lab
from integration.samples import CLEAN, DETECTABLE, sample
from testinfra.host import Host

UNITS = ("clamav-daemon.service", "clamav-clamonacc.service")
PROTECTED = ("/home", "/root", "/srv", "/tmp", "/var/tmp")
# Not watched, so that the engine itself can open what it is to find.
ELSEWHERE = "/run"
INFECTED, REFUSED = 1, "Operation not permitted"


@pytest.mark.parametrize("unit", UNITS)
def test_unit_is_running_and_enabled(host: Host, unit: str) -> None:
    state = host.run(f"systemctl is-active {unit}; systemctl is-enabled {unit}").stdout.split()
    assert state == ["active", "enabled"], host.run(f"journalctl --no-pager --lines 40 --unit {unit}").stdout


def test_test_file_is_found_on_demand(name: str, host: Host) -> None:
    with sample(name, ELSEWHERE, DETECTABLE) as path:
        scan = host.run(f"clamdscan --fdpass --no-summary {path}")
    assert (scan.rc, scan.stdout.count("FOUND")) == (INFECTED, 1), scan.stdout + scan.stderr


def test_clean_file_is_not_found_on_demand(name: str, host: Host) -> None:
    with sample(name, ELSEWHERE, CLEAN) as path:
        scan = host.run(f"clamdscan --fdpass --no-summary {path}")
    assert scan.rc == 0, scan.stdout + scan.stderr


@pytest.mark.parametrize("folder", PROTECTED)
def test_reading_the_test_file_is_refused(name: str, folder: str) -> None:
    with sample(name, folder, DETECTABLE) as path:
        read = lab.on(name, "cat", path)
    assert read.returncode != 0
    assert REFUSED in read.stdout


@pytest.mark.parametrize("folder", PROTECTED)
def test_a_clean_file_reads(name: str, folder: str) -> None:
    with sample(name, folder, CLEAN) as path:
        assert lab.must(name, "cat", path) == CLEAN


def test_no_unit_has_failed(host: Host) -> None:
    assert host.check_output("systemctl --failed --no-legend --plain --no-pager") == ""
