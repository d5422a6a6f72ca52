"""A broken connection interrupts no part: the host completes the part, and the next run reports it."""

from __future__ import annotations

import pytest
from conftest import PLAN, of, record
from integration import by_ssh, lab
from integration.accounts import Account
from integration.samples import DETECTABLE, tried

# By the name of the task: what is so on the host when the part has come to its end.
PARTS = {
    "Stage the replacement": "dpkg-query --show --showformat '${db:Status-Abbrev}' clamav-daemon | grep -q '^ii'",
    "Hand protection over": "systemctl is-active avshift-clamonacc && ! systemctl is-active kesl",
    "Remove Kaspersky": "! dpkg-query --show kesl && ! dpkg-query --show klnagent64 && test ! -e /opt/kaspersky",
}
APPROVED = ("-e", f"avshift_approved_plan={PLAN}")


@pytest.fixture(scope="module")
def said(planned: None) -> dict[tuple[str, str], tuple[str, int]]:
    """What Ansible said at each break, and whether the part was done on the host afterwards."""
    found = {}
    for account in of("broken"):
        for task, check in PARTS.items():
            text = by_ssh.broken_in(task, account.name, *APPROVED)
            found[account.name, task] = (text, lab.on(account.name, "bash", "-c", check).returncode)
        by_ssh.playbook(f"last-{account.name}", "migrate", [account.name], *APPROVED)
        by_ssh.playbook(f"verify-{account.name}", "verify", [account.name])
    return found


each = pytest.mark.parametrize("account", of("broken"), ids=lambda account: account.name)


@each
@pytest.mark.parametrize("task", PARTS)
def test_the_part_goes_on_to_its_end(account: Account, task: str, said: dict[tuple[str, str], tuple[str, int]]) -> None:
    text, status = said[account.name, task]
    assert "UNREACHABLE!" in text, text
    assert status == 0, text


@each
@pytest.mark.parametrize("task", PARTS)
def test_nobody_is_told_that_nothing_was_done(
    account: Account, task: str, said: dict[tuple[str, str], tuple[str, int]]
) -> None:
    text = " ".join(said[account.name, task][0].split())
    assert "its journal keeps the outcomes" in text
    assert "nothing was changed on it" not in text


@each
def test_the_record_holds_the_outcomes_of_every_part(account: Account, said: dict[tuple[str, str], object]) -> None:
    told = record("records", account.name)
    assert told["verdict"] == "removed_verified", told["failure"]
    (run,) = told["verification"]["collected"]["earlier_runs"]
    assert list(run["results"]) == ["handover", "remove", "stage"]
    for part in run["results"].values():
        assert part["failure"] is None
        assert "changed" in [step["outcome"] for step in part["outcomes"]]
    assert record("verify", account.name)["verdict"] == "removed_verified"


@each
def test_the_host_is_protected(account: Account, said: dict[tuple[str, str], object]) -> None:
    assert tried(account.name, "/srv", DETECTABLE, "cat").returncode != 0


@each
def test_no_package_is_half_configured(account: Account, said: dict[tuple[str, str], object]) -> None:
    assert lab.must(account.name, "dpkg", "--audit").strip() == ""


@each
def test_no_file_of_a_module_stays(account: Account, said: dict[tuple[str, str], object]) -> None:
    found = lab.must(
        account.name,
        "sh",
        "-c",
        "find / -xdev -name '*avshift_endpoint*'; find /run /dev/shm -name '*avshift_endpoint*'",
    )
    assert found.split() == []
