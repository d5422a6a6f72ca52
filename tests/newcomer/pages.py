"""README.md and docs/first-host.md as a newcomer follows them: their commands, to the letter."""

from __future__ import annotations

import re

from places import REPOSITORY

README, FIRST_HOST = (REPOSITORY / "README.md", REPOSITORY / "docs" / "first-host.md")
TEXT = README.read_text(encoding="utf-8")
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"^\$ (.+?)(?:\s+# (.*))?$", re.MULTILINE)


def section(heading: str) -> str:
    """Return what README.md has below a heading."""
    return TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def commands(text: str) -> list[tuple[str, str]]:
    """Return (command, what its comment says) of a text's blocks."""
    return COMMAND.findall("\n".join(BLOCK.findall(text)).replace("\\\n", " "))


def files(text: str, name: str) -> str:
    """Return the one block of a text in a language: a file that its reader writes."""
    (found,) = re.findall(rf"```{name}\n(.*?)```", text, re.DOTALL)
    return str(found)


def requirement() -> str:
    """Return the entry of a requirements.yml that README.md gives."""
    found = re.search(r"`(\{name: [^`]+\})`", TEXT)
    assert found
    return found[1]
