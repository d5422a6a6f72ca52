"""The command by which a run goes on is shown without what may be a secret, however the command line has it."""

from __future__ import annotations

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
