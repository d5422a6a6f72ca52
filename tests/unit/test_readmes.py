"""What is generated from argument_specs.yml and the plugins' documentation is current, and leaves no variable out."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from support import REPOSITORY, load_yaml


def _made_by() -> ModuleType:
    sys.path.insert(0, str(REPOSITORY / "docs" / "tools"))
    spec = importlib.util.spec_from_file_location("readmes", REPOSITORY / "docs" / "tools" / "readmes.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


READMES = _made_by()
DOCUMENTS: dict[Path, str] = READMES.documents()


@pytest.mark.parametrize("path", sorted(DOCUMENTS), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_what_is_made_is_current(path: Path) -> None:
    assert path.is_file(), "call make readmes"
    assert path.read_text(encoding="utf-8") == DOCUMENTS[path], "call make readmes"


def test_every_role_has_what_galaxy_asks_for() -> None:
    roles = {path for path in (REPOSITORY / "roles").iterdir() if path.is_dir()}
    assert roles
    wanted = {role / name for role in roles for name in ("README.md", "meta/main.yml")}
    assert wanted <= set(DOCUMENTS)


ADAPTER = "plugins/plugin_utils/transport/adapter.py"
READ = ("playbooks/*.yml", "roles/*/tasks/*.yml", "roles/*/defaults/main.yml", ADAPTER)
# The name under which Ansible keeps the collection's program, and what playbooks pass on to an engine's next job.
PASSED_ON = {f"avshift_{playbook}_result" for playbook in ("detect", "plan", "migrate", "report")}
NO_VARIABLE = {"avshift_endpoint", *PASSED_ON}


def _read() -> str:
    paths = [path for pattern in READ for path in sorted(REPOSITORY.glob(pattern))]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def test_every_variable_that_is_read_is_in_the_reference_and_no_other() -> None:
    page = (REPOSITORY / "docs" / "reference.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(avshift_\w+)` \|", page, re.MULTILINE))
    assert told == set(re.findall(r"\bavshift_\w+", _read())) - NO_VARIABLE


def test_what_is_passed_on_is_explained() -> None:
    page = (REPOSITORY / "docs" / "awx.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(avshift_\w+_result)` \|", page, re.MULTILINE)) == PASSED_ON


def _defaults(name: str) -> list[Any]:
    """Return the values that playbooks and roles use for unset variables, except empty ones."""
    found = re.findall(rf"\b{name} \| default\(((?:\[[^]]*\]|'[^']*'|[^()\[\]',])*)(?:, true)?\)", _read())
    # Outside of an engine's job the filter changes nothing.
    found = [value.removesuffix(" | avshift.endpoint.job_folder") for value in found]
    return [yaml.safe_load(value) for value in found if value not in ("omit", "''", "'all'")]


@pytest.mark.parametrize("name", sorted(load_yaml(REPOSITORY / "docs" / "tools" / "variables.yml")))
def test_default_that_is_told_of_a_playbook_s_variable_is_the_one_that_is_taken(name: str) -> None:
    told = load_yaml(REPOSITORY / "docs" / "tools" / "variables.yml")[name].get("default")
    assert all(value == told for value in _defaults(name)), _defaults(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see O(a=b), V(x\\) and C(d.md)", "see `a=b`, `x) and C(d.md`"),
        ("RV(x) of M(a.b.c) and P(a.b.rings#lookup)", "`x` of `a.b.c` and `a.b.rings`"),
        (["one  two", "three"], "one two three"),
        ("L(a page,https://github.com/avshift/endpoint/blob/main/docs/x.md#y)", "[a page](../docs/x.md#y)"),
        ("L(another,https://example.org/x)", "[another](https://example.org/x)"),
        ("a | b", "a \\| b"),
    ],
)
def test_markup_of_documentation_becomes_markdown(text: str | list[str], shown: str) -> None:
    assert READMES.markdown(text, "../docs/") == shown


def test_a_default_of_several_words_is_no_code() -> None:
    page = (REPOSITORY / "docs" / "reference.md").read_text(encoding="utf-8")
    assert "| one host, then 10%, then the rest |" in page
    assert re.findall(r"^\| `avshift_\w+` \| [\w ]+ \| `\w+,? [^`{\[']+` \|", page, re.MULTILINE) == []
