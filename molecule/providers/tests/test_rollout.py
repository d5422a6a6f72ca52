"""Six hosts, in rings of 1, 2 and 3, get a product that only its console can prove: nothing stops, one file closes."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest
import yaml
from integration import lab, samples, stories
from integration.playbooks import Said
from integration.told import Story, kit

PENDING, CLEAN = "removed_console_check_pending", "removed_verified"
RINGS = {"avshift_rollout": "1,2,3"}
HOSTS = list(stories.HOSTS[stories.ROLLOUT])
NOT_SEEN = HOSTS[-1]
KIT = "/var/lib/kits/SophosSetup.sh"
CONSOLE = "console.yml"


@pytest.fixture(scope="module")
def story() -> Story:
    """Six hosts that are to get a product which only its console can prove."""
    options = kit(HOSTS, KIT)
    return Story(stories.ROLLOUT, avshift_provider="sophos_spl", avshift_provider_options=options)


@pytest.fixture(scope="module")
def migrated(story: Story) -> Said:
    """The fleet was planned and migrated in its rings."""
    planned = story.ran("plan", **RINGS)
    assert planned.returncode == 0, planned.text
    return story.ran("migrate", avshift_approved_plan="avshift/plan/plan.json")


@pytest.fixture(scope="module")
def closed(story: Story, migrated: Said) -> Story:
    """Reports without and with the console's answer, which names one host in capitals and one not at all."""
    told = {
        "format_version": 1,
        "provider": "sophos_spl",
        "time": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "source": "the console's list of computers, exported by the scenario",
        "hosts": [HOSTS[0].upper(), *HOSTS[1:-1]],
    }
    (story.folder / CONSOLE).write_text(yaml.safe_dump(told), encoding="utf-8")
    for folder, more in (("pending", {}), ("closed", {"avshift_console_file": CONSOLE})):
        said = story.ran("report", avshift_records_dir="avshift/records", avshift_report_dir=folder, **more)
        assert said.returncode == 0, said.text
    return story


def test_all_three_rings_are_run(story: Story, migrated: Said) -> None:
    assert migrated.returncode == 0, migrated.text
    assert migrated.text.count("PLAY [Migrate]") == 3
    assert "6 hosts: 6 migrated, 0 failed, 0 unreachable, 0 not started" in migrated.text
    plan = json.loads((story.folder / "avshift/plan/plan.json").read_text(encoding="utf-8"))
    rings = [ring["hosts"] for ring in plan["rollout"]["rings"]]
    assert [len(ring) for ring in rings] == [1, 2, 3]
    times = [[story.record(host)["run"]["time"] for host in ring] for ring in rings]
    assert max(times[0]) <= min(times[1])
    assert max(times[1]) <= min(times[2])


@pytest.mark.parametrize("host", HOSTS)
def test_the_host_is_pending_and_its_own_tools_say_that_the_change_was_made(
    host: str, story: Story, migrated: Said
) -> None:
    record = story.record(host)
    assert (record["verdict"], record["failure"]) == (PENDING, None)
    assert lab.on(host, "dpkg-query", "--show", "kesl").returncode != 0
    assert lab.on(host, "test", "-e", "/opt/kaspersky").returncode != 0
    assert lab.on(host, "pgrep", "--full", "/opt/kaspersky").stdout == ""
    assert lab.must(host, "systemctl", "is-active", "sophos-spl").strip() == "active"
    assert samples.tried(host, "/srv", samples.DETECTABLE, "cat").returncode != 0
    assert samples.tried(host, "/srv", samples.CLEAN, "cat").stdout == samples.CLEAN


def test_the_report_shows_no_deviation(closed: Story) -> None:
    rows = closed.rows("pending")
    told = {host: (row["verdict"], row["predicted verdict"], row["deviations"]) for host, row in rows.items()}
    assert told == dict.fromkeys(HOSTS, (PENDING, PENDING, ""))
    assert "0 deviated from their plan" in (closed.folder / "pending/report.md").read_text(encoding="utf-8")


def test_the_console_s_answer_closes_them_and_one_that_it_does_not_name_stays_pending(closed: Story) -> None:
    wanted = {host: (PENDING if host == NOT_SEEN else CLEAN, "") for host in HOSTS}
    assert {host: (row["verdict"], row["deviations"]) for host, row in closed.rows("closed").items()} == wanted
    assert {story_host: closed.record(story_host)["verdict"] for story_host in HOSTS} == dict.fromkeys(HOSTS, PENDING)


def test_a_verification_takes_the_console_s_answer_in_too(closed: Story) -> None:
    said = closed.ran("verify", avshift_console_file=CONSOLE)
    assert said.returncode == 0, said.text
    verdicts = {host: closed.record(host, "avshift/verify")["verdict"] for host in HOSTS}
    assert verdicts == {host: PENDING if host == NOT_SEEN else CLEAN for host in HOSTS}
