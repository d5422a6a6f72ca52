"""The collection's own Python files as syntax trees, for tests of what they may contain."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from support import REPOSITORY

PLUGINS = REPOSITORY / "plugins"
ENDPOINT = [*sorted((PLUGINS / "module_utils").rglob("*.py")), *sorted((PLUGINS / "modules").rglob("*.py"))]
CONTROLLER = [*sorted((PLUGINS / "plugin_utils").rglob("*.py")), *sorted((PLUGINS / "action").rglob("*.py"))]
HOME = "ansible_collections.avshift.endpoint.plugins."


def short(path: Path) -> str:
    """Return a file's path below plugins, as tests show it."""
    return str(path.relative_to(PLUGINS))


@cache
def tree(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(path: Path) -> Iterator[str]:
    """Yield the full name of every module that a file imports, anywhere in it."""
    package = HOME.rstrip(".").split(".") + list(path.relative_to(PLUGINS).with_suffix("").parts)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: -node.level] if node.level else []
            yield ".".join([*above, *([node.module] if node.module else [])])


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of every string constant that is not a docstring, and of every name."""
    documentation = {id(node.value) for node in ast.walk(tree(path)) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.lineno, node.value
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.lineno, node.name
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr


def constant(path: Path, name: str) -> object:
    """Return the value of a constant that a file sets at its top or in a class; KeyError if there is none."""
    for node in ast.walk(tree(path)):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            value: object = ast.literal_eval(node.value)  # type: ignore[attr-defined]
            return value
    raise KeyError(name)
