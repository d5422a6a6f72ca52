"""A host goes to ClamAV where the distribution has it, and is cleaned without a replacement where it has none."""

from __future__ import annotations

from typing import Any

from integration import distributions, lab
from integration.samples import CLEAN, DETECTABLE, tried

HOST = "protected"
# The two commands of the agent's package.
LISTS = {"deb": ("dpkg-query", "--show", "klnagent64"), "rpm": ("rpm", "--query", "klnagent64")}


def test_the_host_is_verified(record: dict[str, Any]) -> None:
    assert (record["verdict"], record["failure"]) == ("removed_verified", None)


def test_nothing_of_the_agent_is_left_by_the_system_s_own_tools(record: dict[str, Any]) -> None:
    assert lab.on(HOST, "test", "-e", "/opt/kaspersky").returncode == 1
    for form, argv in LISTS.items():
        if lab.on(HOST, "sh", "-c", f"command -v {argv[0]}").returncode == 0:
            assert lab.on(HOST, *argv).returncode != 0, form


def test_the_replacement_blocks_the_test_file_and_nothing_else(clamav: bool, record: dict[str, Any]) -> None:
    refused = tried(HOST, "/srv", DETECTABLE, "cat")
    assert (refused.returncode != 0) == clamav, refused.stdout
    assert tried(HOST, "/srv", CLEAN, "cat").stdout == CLEAN


def test_the_record_names_the_distribution(record: dict[str, Any]) -> None:
    assert record["plan"]["system"] == distributions.system(HOST)
