"""The marker for attacks: who does what to whom, and what must still hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., Any])


def attack(name: str, *, threat: str, holds: str, long: bool = False) -> Callable[[Test], Test]:
    """Mark a test as the attack NAME. Each set of parameters counts as an attack of its own.

    ``threat``: who does what. ``holds``: what must be true afterwards; the test checks it without the collection's own
    code. ``long``: run by ``make test-full`` only.
    """
    return pytest.mark.attack(name=name, threat=threat, holds=holds, long=long)
