"""ClamAV protects: on demand, on access, and from boot on."""

from __future__ import annotations

import pytest
from integration.samples import CLEAN, DETECTABLE, tried
from testinfra.host import Host

UNITS = ("clamav-daemon.service", "avshift-clamonacc.service")
PROTECTED = ("/home", "/root", "/srv", "/tmp", "/var/tmp")
# Not watched, so that the engine itself can open the file that it has to find.
ELSEWHERE = "/run"
SCAN = ("clamdscan", "--fdpass", "--no-summary")
INFECTED, REFUSED = 1, "Operation not permitted"


@pytest.mark.parametrize("unit", UNITS)
def test_unit_is_running_and_enabled(host: Host, unit: str) -> None:
    state = host.run(f"systemctl is-active {unit}; systemctl is-enabled {unit}").stdout.split()
    assert state == ["active", "enabled"], host.run(f"journalctl --no-pager --lines 40 --unit {unit}").stdout


def test_test_file_is_found_on_demand(name: str) -> None:
    scan = tried(name, ELSEWHERE, DETECTABLE, *SCAN)
    assert (scan.returncode, scan.stdout.count("FOUND")) == (INFECTED, 1), scan.stdout


def test_clean_file_is_not_found_on_demand(name: str) -> None:
    scan = tried(name, ELSEWHERE, CLEAN, *SCAN)
    assert scan.returncode == 0, scan.stdout


@pytest.mark.parametrize("folder", PROTECTED)
def test_reading_the_test_file_is_refused(name: str, folder: str) -> None:
    read = tried(name, folder, DETECTABLE, "cat")
    assert read.returncode != 0
    assert REFUSED in read.stdout


@pytest.mark.parametrize("folder", PROTECTED)
def test_a_clean_file_reads(name: str, folder: str) -> None:
    read = tried(name, folder, CLEAN, "cat")
    assert (read.returncode, read.stdout) == (0, CLEAN)


def test_no_unit_has_failed(host: Host) -> None:
    assert host.check_output("systemctl --failed --no-legend --plain --no-pager") == ""
