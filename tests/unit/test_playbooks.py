"""What roles and playbooks may do, and that all documented variables are read, and only those."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sources import PLUGINS, constant
from support import REPOSITORY, load_yaml

ROLES = sorted(path for path in (REPOSITORY / "roles").iterdir() if path.is_dir())
TASKS = sorted([*(REPOSITORY / "roles").glob("*/tasks/*.yml"), *(REPOSITORY / "roles").glob("*/handlers/*.yml")])
PLAYBOOKS = sorted((REPOSITORY / "playbooks").glob("*.yml"))
ACTIONS = sorted((PLUGINS / "action").glob("*.py"))
MODULES = sorted((PLUGINS / "modules").glob("*.py"))
PRODUCTS = re.compile("kaspersky|kesl|klnagent|clamav|clamonacc|clamd", re.IGNORECASE)
OWN = "avshift.endpoint."
TEXTS = {".yml", ".py", ".md", ".sh", ".j2"}
FORBIDDEN = {"set_fact", "shell", "raw", "ignore_errors"}


def _name(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def _walk(content: Any) -> Iterator[tuple[str, Any]]:
    """Yield every (key, value) of a tasks file or playbook, at any depth."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield str(key), value
            yield from _walk(value)
    elif isinstance(content, list):
        for part in content:
            yield from _walk(part)


def test_tasks_use_nothing_that_hides_a_change_or_an_error() -> None:
    used = [(_name(path), key) for path in TASKS + PLAYBOOKS for key, _value in _walk(load_yaml(path))]
    assert [found for found in used if found[1].rpartition(".")[2] in FORBIDDEN] == []


def _own_names() -> list[str]:
    """Return the collection's own names, which may hold the vendor's; longest first."""
    names = [path.stem for path in MODULES] + [path.name for path in ROLES]
    return sorted(names, key=len, reverse=True)


def _said(key: str, value: Any) -> list[str]:
    """Return what a task says to the machine: its name is for people, the goal's word is the administrator's."""
    said = [key] if key != "kaspersky" else []
    said += [value] if isinstance(value, str) and key != "name" else []
    return said + ([part for part in value if isinstance(part, str)] if isinstance(value, list) else [])


def test_tasks_name_no_product() -> None:
    own = re.compile("|".join(re.escape(name) for name in _own_names()))
    said = [
        (_name(path), text) for path in TASKS + PLAYBOOKS for told in _walk(load_yaml(path)) for text in _said(*told)
    ]
    assert [found for found in said if PRODUCTS.search(own.sub("", found[1]))] == []


def _spec(role: Path) -> dict[str, dict[str, Any]]:
    entries = load_yaml(role / "meta" / "argument_specs.yml")["argument_specs"].values()
    return {name: option for entry in entries for name, option in entry.get("options", {}).items()}


def _default(value: Any) -> Any:
    """Return a default's own value if it is taken from the collection's variable, outside an engine's job."""
    match = re.fullmatch(r"\{\{\s*\w+\s*\|\s*default\((.*)\)\s*\}\}", value) if isinstance(value, str) else None
    return yaml.safe_load(match.group(1).removesuffix(" | avshift.endpoint.job_folder")) if match else value


@pytest.mark.parametrize("role", ROLES, ids=_name)
def test_role_s_documented_options_are_its_defaults(role: Path) -> None:
    spec, defaults = _spec(role), load_yaml(role / "defaults" / "main.yml")
    told = {name: option["default"] for name, option in spec.items() if "default" in option}
    assert told == {name: _default(value) for name, value in defaults.items()}
    for name, option in spec.items():
        assert name.startswith(f"{role.name}_")
        assert option["description"]
        assert option["type"]
        assert "default" in option or option.get("required") or "Needed" in str(option["description"]), name


# Variables that only one role has, and that a playbook or a caller sets for it.
OF_THE_ROLE_ALONE = {
    "kaspersky_detect_root",
    "kaspersky_detect_records_dir",
    "antivirus_deploy_record",
    "kaspersky_remove_record",
}


@pytest.mark.parametrize("role", ROLES, ids=_name)
def test_option_of_a_role_is_the_collection_s_variable_where_that_is_set(role: Path) -> None:
    defaults = load_yaml(role / "defaults" / "main.yml")
    tasks = "".join(path.read_text(encoding="utf-8") for path in sorted((role / "tasks").glob("*.yml")))
    for name in _spec(role).keys() - OF_THE_ROLE_ALONE:
        shared = f"avshift_{name.removeprefix(role.name + '_')}"
        taken = str(defaults.get(name, "")).startswith(f"{{{{ {shared} | default(")
        assert taken or f"{name} | default({shared} | default(omit))" in tasks, name


def test_nothing_outside_of_roles_names_one_role_s_variable_for_what_several_have() -> None:
    """A playbook, a guide or a message that used one would miss the other roles."""
    own = "|".join(_spec(REPOSITORY / "roles" / "endpoint_migrate"))
    # The playbook plan limits the role to its first half, whatever is set for the fleet.
    allowed = {"playbooks/plan.yml: endpoint_migrate_require_approval"}
    folders = ("playbooks", "plugins", "docs", "molecule", "inventories", "tests", "benchmarks", "lab")
    texts = [path for folder in folders for path in (REPOSITORY / folder).rglob("*") if path.suffix in TEXTS]
    found = {
        f"{_name(path)}: {word}"
        for path in {*texts, REPOSITORY / "README.md", REPOSITORY / "Makefile"} - {Path(__file__)}
        for word in re.findall(rf"(?<!\w)(?:{own})\b", path.read_text(encoding="utf-8"))
    }
    assert found - allowed == set()


@pytest.mark.parametrize("role", ROLES, ids=_name)
def test_role_reads_every_option_that_it_documents(role: Path) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted((role / "tasks").glob("*.yml")))
    assert [name for name in _spec(role) if not re.search(rf"\b{name}\b", text)] == []


def _documented(path: Path) -> dict[str, dict[str, Any]]:
    content = yaml.safe_load(str(constant(path, "DOCUMENTATION")))
    assert content["module"] == path.stem
    options: dict[str, dict[str, Any]] = content.get("options") or {}
    for fragment in content["extends_documentation_fragment"]:
        file, _dot, part = fragment.removeprefix("avshift.endpoint.").partition(".")
        text = constant(PLUGINS / "doc_fragments" / f"{file}.py", (part or "documentation").upper())
        options = {**options, **yaml.safe_load(str(text))["options"]}
    return options


def _essence(option: dict[str, Any]) -> dict[str, Any]:
    kept = {key: option[key] for key in ("type", "elements", "choices", "default") if option.get(key) is not None}
    return {**kept, "required": bool(option.get("required", False))}


@pytest.mark.parametrize("action", ACTIONS, ids=_name)
def test_action_reads_what_its_module_documents(action: Path) -> None:
    spec = constant(action, "SPEC")
    assert isinstance(spec, dict)
    documented = _documented(PLUGINS / "modules" / action.name)
    assert {name: _essence(option) for name, option in documented.items()} == {
        name: _essence(option) for name, option in spec.items()
    }


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_module_s_examples_call_it_with_options_that_it_has(module: Path) -> None:
    documented = _documented(module)
    tasks = yaml.safe_load(str(constant(module, "EXAMPLES")))
    calls = [value or {} for key, value in _walk(tasks) if key == f"avshift.endpoint.{module.stem}"]
    assert calls, "no example calls it"
    required = {name for name, option in documented.items() if option.get("required")}
    for call in calls:
        assert set(call) <= set(documented)
        assert required <= set(call)


def test_tasks_call_own_modules_with_options_that_they_have() -> None:
    calls = [call for path in TASKS + PLAYBOOKS for call in _walk(load_yaml(path)) if call[0].startswith(OWN)]
    assert calls
    for key, value in calls:
        assert set(value or {}) <= set(_documented(PLUGINS / "modules" / f"{key.removeprefix(OWN)}.py")), key


def test_actions_are_in_the_group_that_sets_their_defaults() -> None:
    group = load_yaml(REPOSITORY / "meta" / "runtime.yml")["action_groups"]["all"]
    assert sorted(group) == sorted(path.stem for path in ACTIONS)


@pytest.mark.parametrize("role", ROLES, ids=_name)
def test_every_task_of_a_role_has_a_time_limit_that_its_user_can_set(role: Path) -> None:
    limits = {
        (task["name"], task.get("timeout", ""))
        for path in sorted((role / "tasks").glob("*.yml"))
        for task in _modules_called(load_yaml(path))
    }
    assert limits
    changing = f"{{{{ {role.name}_apply_timeout }}}}", f"{{{{ {role.name}_timeout }}}}"
    assert [name for name, limit in limits if limit not in changing] == []


def _modules_called(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return every task that calls a module of the collection, including those in blocks."""
    found = [task for task in tasks if any(key.startswith("avshift.endpoint.") for key in task)]
    for task in tasks:
        for part in ("block", "rescue", "always"):
            found += _modules_called(task.get(part, []))
    return found
