"""What the policy's own tool says of the local rules that are left."""

from __future__ import annotations

import pytest
from integration import lab
from integration.expectations import wanted
from integration.removals import Runs

HOST = "labelled"
OWNER_S = "/opt/kaspersky-tools(/.*)?"


@pytest.mark.skipif(HOST not in wanted(), reason="its host is in the full set")
def test_only_the_owner_s_rules_are_left(runs: Runs) -> None:
    told = lab.must(HOST, "semanage", "fcontext", "--list", "--locallist", "--noheading").splitlines()
    assert [line.split()[0] for line in told if line] == [OWNER_S]
