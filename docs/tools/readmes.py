"""Writes what is made from argument_specs.yml and the plugins' documentation.

These are each role's README.md and meta/main.yml, docs/reference.md, and the table of roles in README.md.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Any

import yaml
from readme_text import Indented, markdown, table, type_of, value

HOME = Path(__file__).resolve().parents[2]
MADE = "<!-- Made by 'make readmes'. -->"
# A role's example is its shortest sensible call; what it sets besides.
EXAMPLES: dict[str, dict[str, Any]] = {
    "kaspersky_detect": {"records_dir": "avshift/detect"},
    "antivirus_deploy": {"provider": "clamav", "provider_options": {"database": "official"}},
    "kaspersky_remove": {"accept": ["no_replacement"]},
    "antivirus_verify": {"provider": "clamav"},
    "endpoint_migrate": {"provider": "clamav", "approved_plan": "avshift/plan/plan.json"},
}
META = """\
---
# Made by 'make readmes'.
galaxy_info:
  author: {author}
  description: {description}
  license: {license}
  min_ansible_version: {minimum}
  platforms:
    - name: GenericLinux
      versions: [all]
  galaxy_tags: [{tags}]
dependencies: []
"""


def main() -> int:
    """Write every document again; return an exit code."""
    for path, text in documents().items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path.relative_to(HOME)}\n")
    return 0


def documents() -> dict[Path, str]:
    """Return the text of every document that is made, by path."""
    made = {HOME / "docs" / "reference.md": _reference()}
    for role in _roles():
        made[HOME / "roles" / role / "README.md"] = _role_readme(role)
        made[HOME / "roles" / role / "meta" / "main.yml"] = _role_meta(role)
    readme = HOME / "README.md"
    made[readme] = _filled(readme.read_text(encoding="utf-8"))
    return made


def _load(path: str) -> Any:
    return yaml.safe_load((HOME / path).read_text(encoding="utf-8"))


def _roles() -> list[str]:
    """Return the roles' names: endpoint_migrate, which is made of the others' work, first."""
    found = sorted(path.parent.parent.name for path in (HOME / "roles").glob("*/meta/argument_specs.yml"))
    return sorted(found, key=lambda name: name != "endpoint_migrate")


def _spec(role: str) -> dict[str, Any]:
    found: dict[str, Any] = _load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]
    return found


def _role_readme(role: str) -> str:
    spec = _spec(role)
    defaults = _load(f"roles/{role}/defaults/main.yml")
    rows = [
        (f"`{name}`", type_of(option), value(option), markdown(option["description"], "../../docs/"))
        for name, option in spec["options"].items()
    ]
    shared = any("avshift_" in str(value) for value in defaults.values())
    return "\n".join(
        [
            MADE,
            f"# avshift.endpoint.{role}",
            "",
            f"{spec['short_description']}.",
            "",
            *(markdown(text, "../../docs/") + "\n" for text in spec["description"]),
            "## Example",
            "",
            "```yaml",
            _example(role, spec["short_description"]),
            "```",
            "",
            "## Variables",
            "",
            table(("variable", "type", "default", "meaning"), rows),
            "",
            *([_shared(role), ""] if shared else []),
            *(_entry_points(role)),
            "Requirements, limits and help: [the collection's README](../../README.md). "
            f"Licence: {_galaxy()['license'][0]}.",
            "",
        ]
    )


def _example(role: str, name: str) -> str:
    """Return a play that uses a role, as YAML."""
    given = {f"{role}_{option}": chosen for option, chosen in EXAMPLES[role].items()}
    called = {"role": f"avshift.endpoint.{role}", "vars": given}
    play = {"name": name, "hosts": "web1.example.org", "become": True, "gather_facts": False, "roles": [called]}
    return yaml.dump([play], Dumper=Indented, sort_keys=False, width=100, explicit_start=True).rstrip("\n")


def _shared(role: str) -> str:
    name = next(name for name in _spec(role)["options"] if name.endswith("_timeout"))
    return (
        f"Where one of these is not set, the collection's variable of the same name counts, with `avshift_` in place "
        f"of `{role}_`, such as `avshift_{name.removeprefix(f'{role}_')}`. "
        "[The reference](../../docs/reference.md) lists them."
    )


def _entry_points(role: str) -> list[str]:
    others = _load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]
    found = [f"`tasks_from: {name}`: {spec['short_description']}." for name, spec in others.items() if name != "main"]
    return [*found, ""] if found else []


def _galaxy() -> dict[str, Any]:
    found: dict[str, Any] = _load("galaxy.yml")
    return found


def _role_meta(role: str) -> str:
    galaxy, spec = _galaxy(), _spec(role)
    return META.format(
        author=spec["author"],
        description=spec["short_description"],
        license=galaxy["license"][0],
        minimum=yaml.safe_dump(re.sub("[^0-9.]", "", _load("meta/runtime.yml")["requires_ansible"])).split("\n")[0],
        tags=", ".join(galaxy["tags"]),
    )


def _variables() -> dict[str, dict[str, Any]]:
    """Return the collection's variables: those of the playbooks alone, and those that roles take."""
    found: dict[str, dict[str, Any]] = _load("docs/tools/variables.yml")
    for role in _roles():
        for name, option in _spec(role)["options"].items():
            shared = "avshift_" + name.removeprefix(f"{role}_")
            if shared in _taken(role):
                found.setdefault(shared, {**option, "description": _shared_text(option["description"], role)})
    return found


def _taken(role: str) -> set[str]:
    """Return the collection's variables that a role's files name."""
    folder = HOME / "roles" / role
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("[dt]*/*.yml"))]
    return set(re.findall(r"\bavshift_\w+", " ".join(texts)))


def _shared_text(text: str | list[str], role: str) -> list[str]:
    parts = text if isinstance(text, list) else [text]
    return [re.sub(rf"\b{role}_(?=\w)", "avshift_", part) for part in parts]


def _users(variable: str) -> str:
    """Return which playbooks read a variable, themselves or by a role of theirs."""
    found = []
    for path in sorted((HOME / "playbooks").glob("*.yml")):
        text = path.read_text(encoding="utf-8")
        roles = re.findall(r"avshift\.endpoint\.(\w+)$", text, re.MULTILINE)
        read = text + " ".join(" ".join(_taken(role)) for role in roles if (HOME / "roles" / role).is_dir())
        if re.search(rf"\b{variable}\b", read) or variable.endswith("_mode"):
            found.append(path.stem)
    return ", ".join(found)


def _plugins(kind: str) -> list[tuple[str, ...]]:
    rows = []
    for path in sorted((HOME / "plugins" / kind).glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCUMENTATION":
                documented = yaml.safe_load(ast.literal_eval(node.value))
                rows.append((f"`{path.stem}`", markdown(documented["short_description"], "")))
    return rows


def _plugins_section(kind: str) -> list[str]:
    told = f"`ansible-doc -t {kind} avshift.endpoint.NAME` explains each."
    return [f"## {kind.capitalize()} plugins", "", told, "", table(("plugin", "for"), _plugins(kind)), ""]


def _role_rows(roles: str) -> list[tuple[str, ...]]:
    return [(f"[`{role}`]({roles}{role}/README.md)", _spec(role)["short_description"]) for role in _roles()]


def _reference() -> str:
    rows = [
        (f"`{name}`", type_of(option), value(option), _users(name), markdown(option["description"], ""))
        for name, option in _variables().items()
    ]
    return "\n".join(
        [
            MADE,
            "# Reference",
            "",
            "## Variables of the playbooks",
            "",
            "A role has variables of its own, with its name in front, such as `antivirus_verify_timeout`. "
            "They count first.",
            "",
            table(("variable", "type", "default", "read by", "meaning"), rows),
            "",
            "## Roles",
            "",
            table(("role", "for"), _role_rows("../roles/")),
            "",
            "## Modules",
            "",
            "`ansible-doc avshift.endpoint.NAME` explains each.",
            "",
            table(("module", "for"), _plugins("modules")),
            "",
            *_plugins_section("inventory"),
            *_plugins_section("callback"),
            "## Filters",
            "",
            table(("filter", "for"), _plugins("filter")),
            "",
        ]
    )


def _filled(text: str) -> str:
    """Return README.md with its table of roles renewed."""
    begin, end = "<!-- roles, made by 'make readmes' -->\n", "\n<!-- end of roles -->"
    head, found, rest = text.partition(begin)
    if not found or end not in rest:
        raise SystemExit("Making the table of roles: README.md: its marks are not there. Put them back.")
    return head + begin + table(("role", "for"), _role_rows("roles/")) + end + rest.partition(end)[2]


if __name__ == "__main__":
    sys.exit(main())
