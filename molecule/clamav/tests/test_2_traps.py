"""Situations in which ClamAV seems to protect but does not: each is handled."""

from __future__ import annotations

import time

import pytest
from integration import clamav, lab
from integration.clamav import MISSING, OWNED, PATHS, QUARANTINE
from integration.samples import DETECTABLE, tried

DATABASE = "/var/lib/clamav"
# The service keeps its own log open.
CUSTOM = (
    "freshclam",
    "--config-file=/etc/clamav/avshift-freshclam-custom.conf",
    "--update-db=custom",
    "--log=/tmp/of-the-test.log",
)
SECONDS = 30


def _is_refused(host: str) -> bool:
    return "Operation not permitted" in tried(host, "/srv", DETECTABLE, "cat").stdout


def _comes_back(host: str) -> bool:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if _is_refused(host):
            return True
        time.sleep(0.2)
    return False


def test_units_run_without_the_official_database(name: str) -> None:
    """Debian's own conditions want it, and systemctl would still end with 0."""
    assert lab.on(name, "sh", "-c", f"ls {DATABASE}/main.* {DATABASE}/daily.*").returncode != 0
    for unit in ("clamav-daemon.service", "clamav-daemon.socket"):
        shown = lab.must(name, "systemctl", "show", "--property=ConditionResult,ActiveState", "--value", unit)
        assert sorted(shown.split()) == ["active", "yes"]


def test_an_upgrade_leaves_the_settings_alone(name: str) -> None:
    """With the packages' default answer, repeated keys would be reduced to one."""
    kept = ("/etc/clamav/clamd.conf", "/etc/clamav/avshift-freshclam-custom.conf")
    before = [lab.must(name, "cat", path) for path in kept]
    assert before[0].count("OnAccessIncludePath ") == len(PATHS)
    lab.must(name, "env", "DEBIAN_FRONTEND=noninteractive", "dpkg-reconfigure", "clamav-freshclam", "clamav-daemon")
    assert [lab.must(name, "cat", path) for path in kept] == before
    lab.must(name, "systemctl", "disable", "--now", "clamav-freshclam")


def test_a_file_that_only_root_may_read_is_refused(name: str) -> None:
    """Without its descriptor the engine could not read the file, and would let it pass."""
    command = ("sh", "-c", 'chmod 0600 "$0"; cat "$0"')
    refused = tried(name, "/srv", DETECTABLE, *command)
    assert "Operation not permitted" in refused.stdout


def test_a_quarantine_that_is_gone_is_made_again(name: str) -> None:
    lab.must(name, "rm", "-rf", QUARANTINE)
    lab.must(name, "systemctl", "restart", "avshift-clamonacc")
    assert _comes_back(name)
    assert lab.must(name, "ls", QUARANTINE).split()
    lab.must(name, "sh", "-c", f"rm -rf {QUARANTINE}/*")


def test_a_path_that_is_missing_is_not_watched_and_told(name: str, plan: dict[str, list[dict[str, str]]]) -> None:
    """clamonacc claims to watch a path that does not exist."""
    assert MISSING not in lab.must(name, "cat", "/etc/clamav/clamd.conf")
    told = {check["id"]: check["diagnosis"] for check in plan["preflight"]}
    assert told["protected_paths_missing"] == MISSING


@pytest.mark.parametrize("killed", ["clamd", "clamonacc"])
def test_neither_lives_without_the_other(name: str, killed: str) -> None:
    """clamonacc alone lets everything pass. Both are checked every 20 ms, on the host."""
    watch = (
        f"kill -9 $(pidof {killed}); alone=0; worst=0; for i in $(seq 400); do "
        "if pidof clamonacc >/dev/null && ! pidof clamd >/dev/null; then alone=$((alone+1)); else alone=0; fi; "
        "[ $alone -gt $worst ] && worst=$alone; sleep 0.02; done; echo $worst"
    )
    before = lab.must(name, "pidof", killed)
    alone = int(lab.must(name, "sh", "-c", watch))
    assert alone * 0.02 < 1, f"clamonacc was without clamd for {alone} looks"
    assert _comes_back(name)
    assert lab.must(name, "pidof", killed) != before
    starts = [_started(name, "clamd"), _started(name, "clamonacc")]
    assert starts == sorted(starts), "clamonacc is older than the engine that it asks"


def _started(host: str, program: str) -> int:
    return int(lab.must(host, "sh", "-c", f"cut -d' ' -f22 /proc/$(pidof {program})/stat"))


def test_an_engine_that_is_stopped_takes_the_interceptor_along_and_both_come_back(name: str) -> None:
    """The stop is undone within a second or two, so the test checks that clamonacc is a new process by then."""
    before = lab.must(name, "pidof", "clamonacc")
    lab.must(name, "systemctl", "stop", "clamav-daemon")
    assert _comes_back(name)
    assert lab.must(name, "pidof", "clamonacc") != before
    starts = [_started(name, "clamd"), _started(name, "clamonacc")]
    assert starts == sorted(starts), "clamonacc is older than the engine that it asks"


def test_a_bad_feed_does_not_take_the_place_of_a_good_one(name: str) -> None:
    """--update-db=custom needs no official mirror, and there is none here: without it nothing would be fetched."""
    good = lab.must(name, "cat", f"{DATABASE}/lab.ldb")
    assert good == clamav.SIGNATURE
    clamav.write(name, f"{clamav.FEED}/lab.ldb", "this is no signature\n")
    said = lab.on(name, *CUSTOM)
    assert said.returncode == 8, said.stdout
    assert lab.must(name, "cat", f"{DATABASE}/lab.ldb") == good
    assert _is_refused(name)
    clamav.write(name, f"{clamav.FEED}/lab.ldb", clamav.SIGNATURE)


def test_a_silenced_signature_is_found_out(deployed: object) -> None:
    """The engine answers PONG and finds nothing."""
    ignoring = f"{DATABASE}/local.ign2"
    clamav.write(OWNED, ignoring, f"{clamav.NAME}\n")
    lab.must(OWNED, "systemctl", "restart", "clamav-daemon")
    pong = lab.must(OWNED, "clamdscan", "--ping", "30:1")
    said = clamav.ansible("avshift.endpoint.verify", [OWNED], kept_as="silenced")
    lab.must(OWNED, "rm", ignoring)
    lab.must(OWNED, "systemctl", "restart", "clamav-daemon")
    assert "PONG" in pong
    message = str(clamav.failure(said, OWNED)["msg"])
    assert "local.ign2" in message
    assert "on_demand_detects" in message
    assert _comes_back(OWNED)
