"""The recorded Windows hosts: what was asked, what PowerShell answered, their registry and their files."""

from __future__ import annotations

import json
from typing import Any

from support import REPOSITORY

HOME = REPOSITORY / "tests" / "fixtures" / "windows"
HOSTS = sorted(path.name for path in HOME.iterdir() if path.is_dir())
READS: list[dict[str, Any]] = json.loads((HOME / "reads.json").read_text(encoding="utf-8"))


def recorded(host: str) -> dict[str, Any]:
    """Return the whole result of the look at a host."""
    result: dict[str, Any] = json.loads((HOME / host / "answers.json").read_text(encoding="utf-8"))
    return result
