"""Every code that the collection's code can give a message, as far as its source shows it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from sources import PLUGINS

ERRORS = {"AvshiftError", "EndpointError", "CutOff", "Problem", "Failure"}
# Calls that give a result its code without an error.
RESULTS = {"refused"}
CODE = re.compile(r"[a-z]+(_[a-z]+)*")
# Codes that are looked up in tables: in which file, as which module-level name, and at which position of a row.
TABLES = (("plugin_utils/approval/signature.py", "CAUSES", 1), ("plugin_utils/transport/failures.py", "KNOWN", 1))
Wrappers = dict[tuple[Path, str], int]


def all_codes() -> set[str]:
    """Return the codes."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PLUGINS.rglob("*.py"))}
    wrappers = _wrappers(trees)
    found = {code for path, tree in trees.items() for code in _called(path, tree, wrappers)}
    found |= {code for tree in trees.values() for code in _assigned(tree)}
    return found | {code for table in TABLES for code in _tabled(*table)} | _pairs()


def _name(call: ast.Call) -> str:
    return str(getattr(call.func, "id", getattr(call.func, "attr", "")))


def _wrappers(trees: dict[Path, ast.Module]) -> Wrappers:
    """Return functions that pass a parameter on as a code: {(file, name): the parameter's position}."""
    found: Wrappers = {}
    for path, tree in trees.items():
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            names = [argument.arg for argument in function.args.args if argument.arg != "self"]
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call) and node.args):
                first = call.args[0]
                if _name(call) in ERRORS and isinstance(first, ast.Name) and first.id in names:
                    found[path, function.name] = names.index(first.id)
    return found


def _constants(tree: ast.Module) -> dict[str, str]:
    """Return module-level names that stand for a text, one per line or several."""
    found = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign):
            continue
        targets, values = node.targets, [node.value]
        if isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
            targets, values = node.targets[0].elts, node.value.elts
        for target, value in zip(targets, values, strict=False):
            if isinstance(target, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
                found[target.id] = value.value
    return found


def _called(path: Path, tree: ast.Module, wrappers: Wrappers) -> set[str]:
    constants, found = _constants(tree), set()
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        place = 0 if _name(call) in ERRORS | RESULTS else wrappers.get((path, _name(call)))
        if place is not None and place < len(call.args):
            given = call.args[place]
            choices = [given.body, given.orelse] if isinstance(given, ast.IfExp) else [given]
            found |= {one.value for one in choices if isinstance(one, ast.Constant) and isinstance(one.value, str)}
            found |= {constants[one.id] for one in choices if isinstance(one, ast.Name) and one.id in constants}
    return {code for code in found if CODE.fullmatch(code)}


def _assigned(tree: ast.Module) -> set[str]:
    """Return the texts that a variable named code gets, alone or with others."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            target = node.targets[0]
            pairs = (
                zip(target.elts, node.value.elts, strict=False)
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
                else [(target, node.value)]
            )
            for one, value in pairs:
                if isinstance(one, ast.Name) and one.id == "code":
                    found |= _texts(value)
        elif isinstance(node, ast.For) and isinstance(node.target, ast.Tuple) and isinstance(node.iter, ast.Tuple):
            names = [ast.unparse(one) for one in node.target.elts]
            for row in node.iter.elts if "code" in names else ():
                found |= _texts(row.elts[names.index("code")]) if isinstance(row, ast.Tuple) else set()
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "code" and isinstance(value, ast.Constant):
                    found |= _texts(value)
    return found


def _texts(value: ast.expr) -> set[str]:
    choices = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
    texts = {one.value for one in choices if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return {text for text in texts if CODE.fullmatch(text)}


def _tabled(file: str, name: str, place: int) -> set[str]:
    tree = ast.parse((PLUGINS / file).read_text(encoding="utf-8"))
    (rows,) = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    ]
    assert isinstance(rows, ast.Tuple)
    return {row.elts[place].value for row in rows.elts if isinstance(row, ast.Tuple)}  # type: ignore[attr-defined]


def _pairs() -> set[str]:
    """Return the codes that are derived from an approval's status, or are words of the engine or of both sides."""
    from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import judge
    from ansible_collections.avshift.endpoint.plugins.plugin_utils.carry_out import parts
    from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import runs

    return {parts.CODES.get(status, f"plan_{status}") for status in judge.REFUSED} | {runs.NOT_BEGUN, runs.BUSY}
