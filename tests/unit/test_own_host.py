"""A machine is found in a plan only by its machine-id, and is never taken for another one."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import own_host
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import Carried


def _plan(**machines: str | None) -> dict[str, Any]:
    return {"hosts": {host: {"carried": Carried(machine).to_json()} for host, machine in machines.items()}}


PLAN = _plan(web1="a" * 32, web2="b" * 32, web3="b" * 32, web4=None)


def test_a_machine_has_the_name_of_the_host_that_reported_its_id() -> None:
    assert own_host.named(PLAN, "a" * 32, "plan.json") == "web1"


@pytest.mark.parametrize(
    ("machine", "code"),
    [
        (None, "machine_unnamed"),
        ("", "machine_unnamed"),
        ("c" * 32, "machine_not_planned"),
        ("b" * 32, "machine_ambiguous"),
    ],
)
def test_one_that_is_no_host_or_several_is_refused(machine: str | None, code: str) -> None:
    with pytest.raises(AvshiftError) as caught:
        own_host.named(PLAN, machine, "plan.json")
    assert caught.value.code == code


def test_the_names_of_clones_are_shown_as_texts_and_not_all_of_them() -> None:
    many = _plan(**{f"web{number}\x1b[2J": "b" * 32 for number in range(9)})
    with pytest.raises(AvshiftError) as caught:
        own_host.named(many, "b" * 32, "plan.json")
    assert "9 of its hosts" in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert "web7" not in str(caught.value)
