"""Everything that was asked for is there, was in the plan, and is not done twice."""

from __future__ import annotations

from typing import Any

import pytest
from fidelity import effects
from fidelity.fidelity import judge
from integration import clamav, lab
from integration.clamav import EVENTS, EXCLUDED, OWNED, PATHS, QUARANTINE, WITHOUT_CLAMDSCAN
from integration.samples import CLEAN, DETECTABLE, tried


def test_every_change_was_planned_and_every_planned_change_was_made(name: str) -> None:
    verdict = judge(lab.observed("before", name), lab.observed("after", name), effects.of_host(clamav.PLAN, name))
    assert not verdict.unexplained, "changed, but not planned:\n" + "\n".join(verdict.unexplained)
    assert not verdict.not_happened, "planned, but not changed:\n" + "\n".join(verdict.not_happened)


@pytest.fixture(scope="session")
def again() -> dict[str, Any]:
    """The role has been run again on hosts that already have everything."""
    return clamav.ansible(str(clamav.DEPLOY), lab.HOSTS, kept_as="again")


def test_the_role_changes_nothing_the_second_time(name: str, again: dict[str, Any]) -> None:
    assert {key: again["stats"][name][key] for key in ("changed", "failures", "unreachable")} == {
        "changed": 0,
        "failures": 0,
        "unreachable": 0,
    }


@pytest.mark.parametrize("folder", PATHS)
def test_what_is_found_cannot_be_opened_and_what_is_clean_can(name: str, folder: str) -> None:
    refused = tried(name, folder, DETECTABLE, "cat")
    assert (refused.returncode, "Operation not permitted" in refused.stdout) == (1, True), refused.stdout
    assert tried(name, folder, CLEAN, "cat").stdout == CLEAN


def test_what_is_excluded_can_be_opened(name: str) -> None:
    assert tried(name, EXCLUDED, DETECTABLE, "cat").stdout == DETECTABLE
    as_nobody = ("sh", "-c", 'chmod 0644 "$0"; runuser -u nobody -- cat "$0"')
    assert tried(name, "/tmp", DETECTABLE, *as_nobody).stdout == DETECTABLE


def test_what_is_found_is_moved_and_told(name: str) -> None:
    lab.on(name, "sh", "-c", f"rm -rf {QUARANTINE}/* {EVENTS}")
    tried(name, "/srv", DETECTABLE, "cat")
    told = lab.must(name, "cat", EVENTS).split()
    assert told == ["/srv/scenario-sample", f"{clamav.NAME}.UNOFFICIAL", "clamav"]
    assert lab.must(name, "ls", QUARANTINE).split() == ["scenario-sample"]
    assert lab.must(name, "stat", "--format=%a %U", QUARANTINE).split() == ["700", "root"]
    lab.must(name, "sh", "-c", f"rm -rf {QUARANTINE}/*")


def test_the_proof_leaves_nothing_in_the_quarantine(name: str) -> None:
    assert [path for path in lab.observed("after", name).paths() if ".avshift-selftest" in path] == []


def test_the_engine_has_the_settings(name: str) -> None:
    said = lab.must(name, "clamconf", "--config-dir=/etc/clamav").splitlines()
    wanted = ['MaxThreads = "4"', 'MaxRecursion = "9"', 'OnAccessPrevention = "yes"']
    wanted += ["ConcurrentDatabaseReload disabled", "OfficialDatabaseOnly disabled"]
    assert [line for line in wanted if line not in said] == []
    assert lab.must(name, "stat", "--format=%a", "/run/clamav/clamd.ctl").strip() == "600"


def test_scans_are_scheduled_and_find(name: str) -> None:
    """Where clamdscan is not available, nothing is scheduled, and the rest works."""
    if name == WITHOUT_CLAMDSCAN:
        assert lab.on(name, "test", "-e", "/usr/bin/clamdscan").returncode
        return
    state = lab.must(name, "systemctl", "show", "--property=ActiveState,UnitFileState", "--value", "avshift-scan.timer")
    assert state.split() == ["active", "enabled"]
    command = ("sh", "-c", f'cp "$0" {EXCLUDED}/sample; systemctl start avshift-scan.service; echo $?')
    scanned = tried(name, EXCLUDED, DETECTABLE, *command)
    assert scanned.stdout.split()[-1] == "0", scanned.stdout
    log = lab.must(name, "cat", "/var/log/clamav/avshift-scan.log")
    assert f"{EXCLUDED}/sample: {clamav.NAME}.UNOFFICIAL FOUND" in log
    lab.must(name, "rm", f"{EXCLUDED}/sample")


def test_what_the_owner_had_is_in_the_plan_and_the_rest_of_his_files_stays(deployed: dict[str, Any]) -> None:
    steps = [step for step in clamav.plan(OWNED)["steps"] if step["kind"] == "file"]
    before = {step["target"]["path"]: step["before"] for step in steps}
    assert before["/etc/clamav/clamd.conf"] == clamav.OWNERS_CONF
    own = "/etc/clamav/freshclam.conf"
    assert clamav.OWNERS_FILES[own].splitlines()[1] in lab.must(OWNED, "cat", own)
    assert lab.must(OWNED, "cat", "/etc/apparmor.d/local/usr.sbin.clamd").startswith(clamav.OWNERS_RULE)
