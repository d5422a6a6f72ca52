"""Detecting changes nothing on a host's disk."""

from __future__ import annotations

from fidelity.observation import changes
from integration import lab


def test_no_byte_has_changed(name: str, run: None) -> None:
    assert [str(change) for change in changes(lab.observed("before", name), lab.observed("after", name))] == []
