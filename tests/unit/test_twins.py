"""A constant or a function is defined once; what the controller and endpoints both know is in module_utils/agreed."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from pathlib import Path

import pytest
from sources import CONTROLLER, ENDPOINT, short, tree

SHARED = [path for path in ENDPOINT if "module_utils" in path.parts]
Place = tuple[str, str]
LONG = 12
# Shorter functions only call another one.
LEAST = 55
# transport may import no room of the engine that has it.
APART = {("plugin_utils/rollout/divided.py", "plugin_utils/transport/this_run.py")}
# Names that files have by chance: a common word, or a number with another meaning in each.
BY_CHANCE = {
    *(
        "BAR",
        "BLOCK",
        "EVERY",
        "FORMAT_VERSION",
        "HOST",
        "LARGEST",
        "LIMIT",
        "LONGEST",
        "LONGEST_LINE",
        "MEMORY",
        "MIB",
    ),
    *(
        "MOST_BYTES",
        "MOST_LINES",
        "MOST_NAMED",
        "MOST_TOLD",
        "PAUSE",
        "ROUNDS",
        "SHORT",
        "SHOWN",
        "STOP_LIMIT",
        "SUFFIX",
    ),
    # Limits of different programs.
    *("ASK_LIMIT", "ATTEMPTS", "TOOL_LIMIT", "SECONDS"),
    # Modes, sizes of numbers on the wire, and words that answers, verdicts and states share.
    *(
        "ACTIVE",
        "ALL",
        "BEGUN",
        "DONE",
        "FAILED",
        "FOLDER_MODE",
        "NUMBER",
        "REFUSED",
        "REMOVE",
        "RUN",
        "TRAFFIC",
        "UNKNOWN",
    ),
}
# What the classes, functions and operators of constants are made of says nothing about their value.
CALLS = re.compile(r"\b(?:re\.compile|re\.\w+|struct\.Struct|frozenset|os\.O_\w+)\b|[\W_]")


def _pairs(node: ast.stmt) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return [(node.target, node.value)]
    if not isinstance(node, ast.Assign):
        return []
    return [pair for target in node.targets for pair in _named(target, node.value)]


def _named(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def _is_fixed(value: ast.expr) -> bool:
    """Return True for what no other constant's value is part of, but for what the standard library gives."""
    names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    return names <= {"re", "os", "struct", "time", "frozenset", "getattr", "tuple", "len", "errno", "stat", "socket"}


def _constants(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (name, value as Python writes it) of what a file sets at its top to something fixed."""
    for node in tree(path).body:
        for named, value in _pairs(node):
            if isinstance(named, ast.Name) and named.id.isupper() and _is_fixed(value):
                yield named.id, ast.unparse(value)


def _is_telling(value: str) -> bool:
    """Return True for a text, a pattern, flags or a collection that no two files have by chance, whatever the name."""
    flags = len(re.findall(r"os\.O_\w+", value)) > 2
    return flags or (any(quote in value for quote in "'\"") and len(CALLS.sub("", value)) >= LONG)


def _places(paths: list[Path], found_in: Callable[[Path], Iterable[tuple[str, str]]]) -> dict[str, list[Place]]:
    """Return {value: [(file, name)]} of what is found in files."""
    places: dict[str, list[Place]] = {}
    for path in paths:
        for name, value in found_in(path):
            places.setdefault(value, []).append((short(path), name))
    return places


def _alike(paths: list[Path]) -> Iterator[str]:
    """Yield what has the same name and the same value in two files, or the same long value."""
    for value, places in _places(paths, _constants).items():
        for (here, name), (there, other) in combinations(places, 2):
            by_name = name == other and name not in BY_CHANCE and value not in ("True", "False", "None")
            if here != there and (by_name or _is_telling(value)) and (here, there) not in APART:
                yield f"{here} and {there}: {name} = {value}"


def _same_bodies(paths: list[Path]) -> Iterator[str]:
    for text, places in _places(paths, _bodies).items():
        for (here, name), (there, other) in combinations(places, 2):
            if here != there and len(text) > LEAST:
                yield f"{here}: {name} and {there}: {other}"


def _bodies(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (name, what it does) of every function: without its docstring, and with the values of the file's constants.
    The names of its arguments do not count.
    """
    values = {
        named.id: ast.unparse(value)
        for node in tree(path).body
        for named, value in _pairs(node)
        if isinstance(named, ast.Name)
    }
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef) and node.name != "__init__":
            text = "\n".join(ast.unparse(line) for line in node.body[ast.get_docstring(node) is not None :])
            arguments = [one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)]
            for number, argument in enumerate(arguments):
                text = re.sub(rf"\b{argument}\b", f"argument{number}", text)
            yield node.name, re.sub(r"\b[A-Z][A-Z_]+\b", lambda found: values.get(found[0], found[0]), text)


def test_no_constant_has_a_twin() -> None:
    assert list(_alike([*CONTROLLER, *SHARED])) == []


def test_no_function_has_a_twin() -> None:
    assert list(_same_bodies([*CONTROLLER, *SHARED])) == []


def test_every_name_by_chance_is_needed() -> None:
    shared = Counter(name for path in [*CONTROLLER, *SHARED] for name, _value in set(_constants(path)))
    assert {name for name in BY_CHANCE if shared[name] < 2} == set()


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], list[Path]]:
    """Two files with these texts."""
    monkeypatch.setattr(f"{__name__}.short", lambda path: path.name)
    monkeypatch.setattr(f"{__name__}.tree", lambda path: ast.parse(path.read_text(encoding="utf-8")))

    def written(here: str, there: str) -> list[Path]:
        paths = [tmp_path / "here.py", tmp_path / "there.py"]
        for path, text in zip(paths, (here, there), strict=True):
            path.write_text(text, encoding="utf-8")
        return paths

    return written


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("WAIT, LIMIT = 5, 77", "WAIT = 5"),
        ("PROOF_LIMIT = 5", "PROOF_LIMIT = 5"),
        ("JOURNAL = '/var/lib/of/ours'", "PATH = '/var/lib/of/ours'"),
        ("ENDED = ('inactive', 'failed')", "STOPPED = ('inactive', 'failed')"),
        ("KEYS = {'first_key', 'second'}", "WANTED = {'first_key', 'second'}"),
        ("WAYS: dict[str, str] = {'rpm': 'by rpm', 'dnf': 'by dnf'}", "BY = {'rpm': 'by rpm', 'dnf': 'by dnf'}"),
        ("import re\nLINE = re.compile(r'^(Inst|Remv|Purg) ')", "import re\nSAID = re.compile(r'^(Inst|Remv|Purg) ')"),
        ("import re\nLINE = re.compile(r'[0-9]')", "import re\nLINE = re.compile(r'[0-9]')"),
        ("import os\nREAD = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC",) * 2,
        ("MOST = 1 << 20", "MOST = 1 << 20"),
    ],
)
def test_a_twin_is_found(pair: Callable[[str, str], list[Path]], here: str, there: str) -> None:
    assert len(list(_alike(pair(here, there)))) == 1


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("WAIT = 5", "WAIT = 6"),
        ("WAIT = 5", "LIMIT = 5"),
        ("WORD = 'short'", "OTHER = 'short'"),
        ("LIMIT = 60", "LIMIT = 60"),
        ("CHANGES = False", "CHANGES = False"),
        (
            "from a import LIST\nBOTH = (LIST, 'another long text')",
            "from b import LIST\nBOTH = (LIST, 'another long text')",
        ),
    ],
)
def test_what_is_alike_by_chance_is_no_twin(pair: Callable[[str, str], list[Path]], here: str, there: str) -> None:
    assert list(_alike(pair(here, there))) == []


def test_a_function_with_a_twin_is_found(pair: Callable[[str, str], list[Path]]) -> None:
    here = (
        "DONE = 'done'\ndef removed(runs):\n    return any(run['status'] == DONE and run['products'] for run in runs)\n"
    )
    there = "def _has(a):\n    'It has.'\n    return any(run['status'] == 'done' and run['products'] for run in a)\n"
    assert list(_same_bodies(pair(here, there))) == ["here.py: removed and there.py: _has"]
    assert list(_same_bodies(pair(here.replace("'done'", "'begun'"), there))) == []
