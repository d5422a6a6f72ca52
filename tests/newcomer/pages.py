"""README.md as a newcomer follows it: its commands, to the letter, with names in place of its placeholders."""

from __future__ import annotations

import re

from places import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
NAMES = {"INVENTORY": "hosts", "HOST": "web1", "NAME": "ada", "CHANGE": "CHG-1"}
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"^\$ (.+?)(?:\s+# (.*))?$", re.MULTILINE)


def commands(section: str) -> list[tuple[str, str]]:
    """Return (command, its comment) for each line of a section's blocks."""
    text = README.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    lines = "\n".join(BLOCK.findall(text)).replace("\\\n", " ")
    return [(_named(command), said) for command, said in COMMAND.findall(lines)]


def requirement() -> str:
    """Return the entry of a requirements.yml that the page gives."""
    found = re.search(r"`(\{name: [^`]+\})`", README)
    assert found
    return found[1]


def _named(command: str) -> str:
    for word, name in NAMES.items():
        command = re.sub(rf"(?<![A-Za-z_]){word}(?![A-Za-z_])", name, command)
    return command
