"""Wrong input is refused in words that name it and say what to do, and no host is changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from integration import lab
from integration.playbooks import Said, held, playbook
from integration.signer import Signer

GOOD_HOSTS = "--limit=agent,clean"

WRONG_VARIABLES = {
    "unknown provider": (
        {"avshift_provider": "norton"},
        ["norton", "Use one of: bitdefender_best, clamav, ", ", or none"],
    ),
    "wrong type": ({"avshift_accept": {"keep_out": True}}, ["'accept'", "list"]),
    "wrong option": (
        {"avshift_provider_options": {"databse": "site"}},
        ["option databse", "Use one of: alert_unit, apparmor_rules"],
    ),
    "wrong choice": (
        {"avshift_provider_options": {"database": "own"}},
        ["option database", 'expected one of "official", "private_mirror", "custom", "site", found "own"'],
    ),
    "wrong type of an option": (
        {"avshift_provider_options": {"paths": "/home"}},
        ["option paths", 'expected an array, found "/home"'],
    ),
    "unknown product": ({"avshift_also_remove": ["kes"]}, ["kes:", "Use ids of:", "kesl_gui"]),
}


def _refused(said: Said, *phrases: str) -> None:
    assert said.returncode != 0
    assert [phrase for phrase in phrases if phrase not in said.text] == [], said.text
    assert "Traceback" not in said.text


def _migrate(folder: Path, plan: Path) -> Said:
    given = f"avshift_approved_plan={plan}"
    return playbook("migrate", GOOD_HOSTS, "-e", given, folder=folder)


@pytest.mark.parametrize("name", WRONG_VARIABLES)
def test_wrong_variable(name: str, before: None, tmp_path: Path) -> None:
    variables, phrases = WRONG_VARIABLES[name]
    _refused(playbook("plan", GOOD_HOSTS, "-e", json.dumps(variables), folder=tmp_path), *phrases)


def test_no_plan_is_given(before: None, tmp_path: Path) -> None:
    said = playbook("migrate", GOOD_HOSTS, folder=tmp_path)
    _refused(said, "avshift_approved_plan", "Run avshift.endpoint.plan")


def test_the_plan_is_not_there(before: None, tmp_path: Path) -> None:
    plan = tmp_path / "no-such-plan.json"
    _refused(_migrate(tmp_path, plan), str(plan), "No such file", "Give the path of a plan.json")


def test_the_plan_is_cut_off(plan: Path, tmp_path: Path) -> None:
    whole = plan.read_text(encoding="utf-8")
    cut_off = tmp_path / "cut-off.json"
    cut_off.write_text(whole[: len(whole) // 2], encoding="utf-8")
    _refused(_migrate(tmp_path, cut_off), str(cut_off), "not complete JSON", "Make the plan again")


def test_the_plan_was_edited(plan: Path, tmp_path: Path) -> None:
    content = json.loads(plan.read_text(encoding="utf-8"))
    del content["classes"][content["hosts"]["clean"]["digest"]]["steps"][-1]
    edited = tmp_path / "edited.json"
    edited.write_text(json.dumps(content), encoding="utf-8")
    _refused(_migrate(tmp_path, edited), str(edited), "changed after planning", "Make the plan again")


def test_it_is_no_plan(before: None, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text("{}", encoding="utf-8")
    _refused(_migrate(tmp_path, other), str(other), "not a plan of avshift.endpoint", "Make the plan again")


def test_the_plan_is_of_another_fleet(before: None, tmp_path: Path) -> None:
    inventory = tmp_path / "other-fleet.yml"
    inventory.write_text(f"lab: {{hosts: {{elsewhere: {{ansible_host: {lab.container('clean')}}}}}}}", encoding="utf-8")
    sources = [argument for source in lab.inventories() for argument in ("-i", source)]
    made = playbook("plan", *sources, "-i", str(inventory), "--limit=elsewhere", folder=tmp_path)
    assert made.returncode == 0, made.text
    said = _migrate(tmp_path, tmp_path / "avshift/plan/plan.json")
    not_named = [f"{host}: the approved plan does not name this host" for host in ("agent", "clean")]
    _refused(said, *not_named, "Have a new plan approved")


def test_the_plan_is_not_signed(plan: Path, signer: Signer, tmp_path: Path) -> None:
    said = playbook("migrate", GOOD_HOSTS, "-e", f"avshift_approved_plan={plan}", *signer.required, folder=tmp_path)
    _refused(said, f"{plan}.sig is not there", "Have it signed: ssh-keygen -Y sign -f KEY -n plan@avshift.endpoint")


def test_the_approval_is_for_other_hosts(plan: Path, signer: Signer, tmp_path: Path) -> None:
    copied = Path(shutil.copy(plan, tmp_path))
    signer.approve(copied, "leftovers")
    left_out = (
        "the approval of jane@example.com, which does not expire, is for 1 of the plan's 3 hosts, and not for this one"
    )
    _refused(_migrate(tmp_path, copied), f"agent: {left_out}", f"clean: {left_out}", "Have a new plan approved")


def _expire(approval: Path) -> None:
    content = json.loads(approval.read_text(encoding="utf-8"))
    past = {"time": "2020-01-01T00:00:00Z", "valid_until": "2020-01-02T00:00:00Z"}
    approval.write_text(json.dumps({**content, **past}), encoding="utf-8")


def test_an_expired_approval_is_rehearsed_in_the_words_of_the_real_run(
    plan: Path, signer: Signer, tmp_path: Path
) -> None:
    copied = Path(shutil.copy(plan, tmp_path))
    signer.approve(copied, "*")
    _expire(copied.with_name("approval.json"))
    _rehearsed(copied, [], "it was valid until 2020-01-02T00:00:00Z")


def test_a_signature_of_another_is_rehearsed_in_the_words_of_the_real_run(
    plan: Path, signer: Signer, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copied = Path(shutil.copy(plan, tmp_path))
    Signer.new(tmp_path_factory.mktemp("mallory")).approve(copied, "*")
    _rehearsed(copied, signer.required, "approval.json: it was not signed by anyone in")


def _rehearsed(plan: Path, more: list[str], phrase: str) -> None:
    """Make a dry run of a migration that is refused, which writes nothing, and run it: both have to say the same."""
    given = f"avshift_approved_plan={plan}"
    before = held(plan.parent)
    rehearsed = playbook("migrate", GOOD_HOSTS, "--check", "-e", given, *more, folder=plan.parent)
    assert held(plan.parent) == before
    real = playbook("migrate", GOOD_HOSTS, "-e", given, *more, folder=plan.parent)
    _refused(real, phrase, "2 failed")
    _refused(rehearsed, phrase, "2 would fail")
    assert rehearsed.causes == real.causes != []


@pytest.fixture(scope="module")
def refused() -> None:
    """Every host has been observed after all of the above."""
    lab.observe("refused", *lab.HOSTS)


@pytest.mark.parametrize("host", lab.HOSTS)
def test_nothing_of_all_this_has_changed_a_host(host: str, before: None, refused: None) -> None:
    assert lab.observed("refused", host).files == lab.observed("before", host).files
