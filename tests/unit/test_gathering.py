"""What of an answer is unknown if the child that looks does not come back."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.gathering import Gathering
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running import bounded


@pytest.mark.parametrize(
    ("path", "place"), [("/home/mallory/.pki/nssdb/cert9.db", "/home/mallory"), ("/etc/pki/nssdb/cert9.db", None)]
)
def test_what_did_not_answer_in_a_home_is_its_users(path: str, place: str | None) -> None:
    def work(board: Any, _left: list[str], avoided: dict[str, str]) -> None:
        board.begin("certificate", 0.2)
        bounded.at(path)
        if not avoided:
            time.sleep(60)
        board.tell({"done": "certificate"})
        board.tell({"host": {}})

    (item,) = Gathering(["certificate"], work).whole().evidence()
    assert item["id"] == f"certificate:{path}"
    assert item.get("user_place") == place
