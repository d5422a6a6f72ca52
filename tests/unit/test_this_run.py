"""The command that continues a run is shown without anything that may be secret, whatever the command line."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport import this_run

OURS, OTHER = "avshift_hosts=web", "ansible_password=geheim"


@pytest.mark.parametrize(
    "given",
    [
        ["-e", OTHER],
        [f"-e{OTHER}"],
        [f"-e={OTHER}"],
        ["--extra-vars", OTHER],
        [f"--extra-vars={OTHER}"],
        ["--extra", OTHER],
        [f"--e={OTHER}"],
        ["-e", '{"ansible_password": "geheim"}'],
        ["-e", "{ansible_password: geheim}"],
        ["-e", "avshift_token=geheim"],
        ["--extra-vars="],
    ],
)
def test_other_variables_are_not_shown(given: list[str]) -> None:
    assert this_run.command(["/bin/ansible-playbook", *given, "play.yml"]) == "ansible-playbook play.yml"


@pytest.mark.parametrize("given", [["-bKe", f"{OURS} {OTHER}"], [f"-bKe{OURS} {OTHER}"]])
def test_flags_in_one_word_with_variables_stay(given: list[str]) -> None:
    assert this_run.command(["ansible-playbook", *given]) == f"ansible-playbook -bK -e {OURS}"


@pytest.mark.parametrize("given", [["-e", OURS], [f"-e{OURS}"], [f"--extra-vars={OURS}"], ["--extra", OURS]])
def test_our_own_are_shown(given: list[str]) -> None:
    assert this_run.command(["ansible-playbook", *given, "play.yml"]) == f"ansible-playbook -e {OURS} play.yml"


@pytest.mark.parametrize(
    "given", [["-i", "here.yml"], ["-ihere.yml"], ["--limit=web"], ["--connection", "ssh"], ["-l", "e"]]
)
def test_other_arguments_are_as_they_were(given: list[str]) -> None:
    assert this_run.command(["ansible-playbook", *given]) == " ".join(["ansible-playbook", *given])


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("{avshift_hosts: all, avshift_resume: false}", '{"avshift_hosts": "all", "avshift_resume": false}'),
        ("{avshift_rollout: 5, ansible_password: geheim}", '{"avshift_rollout": 5}'),
        ("{avshift_rollout: {freeze: [{from: 2026-12-24, until: 2026-12-26T18:00:00Z}]}}",
         '{"avshift_rollout": {"freeze": [{"from": "2026-12-24", "until": "2026-12-26T18:00:00Z"}]}}'),
        ('{"avshift_hosts": "web", "avshift_run_id": "R1"}', '{"avshift_hosts": "web"}'),
        ("avshift_hosts=web avshift_run_id=R1", "avshift_hosts=web"),
        ("{avshift_hosts: !vault x}", "..."),
    ],
)  # fmt: skip
def test_the_command_goes_on_with_the_same_variables_and_as_a_run_of_its_own(given: str, shown: str) -> None:
    command = this_run.command(["ansible-playbook", "-e", given])
    assert shlex.split(command) == ["ansible-playbook", "-e", shown]


def test_a_full_disk_costs_no_last_words_and_begins_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If something cannot be handed to the callback, the task shows it, and half of it is never shown in addition."""
    for name in ("SHOWN", "WORDS", "ASKED"):
        monkeypatch.setattr(this_run, name, tmp_path / name)
    this_run.SHOWN.touch()
    for full in (this_run.WORDS, this_run.ASKED):
        full.symlink_to("/dev/full")
    this_run.note_asked({"stop_file": "STOP"})
    assert not this_run.show_last(["the last words"])
    assert this_run.last_words() == ""
