"""The examples on every page can be typed: their playbooks, variables, options, targets and YAML exist."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import CATALOG, REPOSITORY

PAGES = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("*.md")])
BLOCK = re.compile(r"^[ ]*```(\w+)\n(.*?)^[ ]*```", re.DOTALL | re.MULTILINE)
REFERENCE = (REPOSITORY / "docs" / "reference.md").read_text(encoding="utf-8")
PLAYBOOKS = {path.stem for path in (REPOSITORY / "playbooks").glob("*.yml")}
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
KINDS = {"console", "yaml", "ini", "groovy", "shell"}


def _blocks(*kinds: str) -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
        found += [(f"{page.stem}-{number}", text) for number, (kind, text) in enumerate(blocks) if kind in kinds]
    return found


def _commands() -> list[tuple[str, str]]:
    typed = []
    for name, text in _blocks("console", "shell", "yaml", "groovy"):
        for line in text.replace("\\\n", " ").splitlines():
            found = re.search(r"(ansible-playbook avshift\.endpoint\..+|\bmake [a-z].+)", line)
            typed += [(name, found[1])] if found else []
    return typed


COMMANDS = _commands()


def test_there_are_examples_and_none_of_a_kind_that_is_not_looked_at() -> None:
    assert len(COMMANDS) > 30
    kinds = {kind for page in PAGES for kind, _text in BLOCK.findall(page.read_text(encoding="utf-8"))}
    assert kinds <= KINDS


@pytest.mark.parametrize("command", sorted({command for _name, command in COMMANDS}))
def test_a_command_calls_what_there_is(command: str) -> None:
    for name in re.findall(r"avshift\.endpoint\.(\w+)", command):
        assert name in PLAYBOOKS
    for name in re.findall(r"\bavshift_\w+", command):
        assert f"| `{name}` |" in REFERENCE, name
    for target in re.findall(r"^make ([a-z][a-z-]*)", command):
        assert target in TARGETS
    # As a shell reads it: no quote is left open. In Jenkins' language the last one is not the shell's.
    assert shlex.split(command.removesuffix("'") if command.count("'") == 1 else command, comments=True)


def _typed() -> dict[str, list[str]]:
    """Return, by playbook, all arguments that the pages give it, each of them once."""
    typed: dict[str, list[str]] = {}
    for _name, command in COMMANDS:
        if not command.startswith("ansible-playbook "):
            continue
        quoted = command.removesuffix("'") if command.count("'") == 1 else command
        _program, playbook, *rest = shlex.split(quoted.partition(" ||")[0], comments=True)
        known = typed.setdefault(playbook, [])
        for option, value in zip(rest[::2], rest[1::2], strict=True):
            if (option, value) not in zip(known[::2], known[1::2], strict=True):
                known += [option, value]
    return typed


@pytest.mark.parametrize("playbook", sorted(_typed()))
def test_ansible_takes_the_commands_as_they_stand(tmp_path: Path, playbook: str) -> None:
    arguments = _typed()[playbook]
    named = {
        value for option, value in zip(arguments[::2], arguments[1::2], strict=True) if option in ("-i", "--limit")
    }
    for inventory in (value for value in named if not value.endswith((",", ".yml"))):
        (tmp_path / inventory).write_text("\n".join(sorted(named)))
    done = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), "--syntax-check", playbook, *arguments],
        cwd=tmp_path,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".cache")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _mappings(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, dict):
        return [content, *(one for value in content.values() for one in _mappings(value))]
    return [one for value in content for one in _mappings(value)] if isinstance(content, list) else []


@pytest.mark.parametrize(("name", "text"), _blocks("yaml"), ids=[name for name, _text in _blocks("yaml")])
def test_yaml_is_yaml_and_names_variables_and_options_that_there_are(name: str, text: str) -> None:
    for mapping in (one for document in yaml.safe_load_all(text) for one in _mappings(document)):
        for key in (str(key) for key in mapping if str(key).startswith("avshift_")):
            assert f"| `{key}` |" in REFERENCE, key
        options = mapping.get("avshift_provider_options")
        if isinstance(options, dict):
            provider = CATALOG.providers[mapping.get("avshift_provider", "clamav")]
            assert set(options) <= set(provider.options), options
