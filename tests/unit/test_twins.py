"""What the controller and endpoints both have to know is defined once, where both read it: module_utils/agreed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sources import CONTROLLER, ENDPOINT, short, tree

LONG = 12
# Names that two files have by chance: a common word, or a number with another meaning in each.
BY_CHANCE = {
    *("MOST_TOLD", "SHOWN", "SHORT", "LONGEST", "HOST", "MEMORY", "STOP_LIMIT"),
    *("UNKNOWN", "FAILED", "REFUSED", "FORMAT_VERSION"),
}


def _constants(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield (name, value) of what a file sets to a literal at its top."""
    for node in tree(path).body:
        if isinstance(node, ast.Assign):
            (target,) = node.targets
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
            for named, value in pairs:
                if isinstance(named, ast.Name) and named.id.isupper():
                    try:
                        yield named.id, ast.literal_eval(value)
                    except ValueError:
                        continue


def _is_telling(value: Any) -> bool:
    """Return True for a text, such as a path, that no two files have by chance, whatever its name."""
    return isinstance(value, str) and len(value) > LONG


def _alike(here: list[Path], there: list[Path]) -> Iterator[str]:
    """Yield what has the same name and the same value on both sides, or the same long text."""
    theirs = [(short(path), name, value) for path in there for name, value in _constants(path)]
    for path in here:
        for name, value in _constants(path):
            for other, same, one in theirs:
                if value == one and (_is_telling(value) or (name == same and name not in BY_CHANCE)):
                    yield f"{short(path)} and {other}: {name} = {value!r}"


def test_no_constant_has_a_twin_on_the_other_side() -> None:
    shared = [path for path in ENDPOINT if "module_utils" in path.parts]
    assert list(_alike(CONTROLLER, shared)) == []


def test_a_twin_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = tmp_path / "here.py", tmp_path / "there.py"
    for path, name in ((here, "JOURNAL"), (there, "PATH")):
        path.write_text(f"WAIT, LIMIT = 5, 77\n{name} = '/var/lib/of/ours'\n", encoding="utf-8")
    monkeypatch.setattr(f"{__name__}.short", str)
    found = [one.rpartition(": ")[2] for one in _alike([here], [there])]
    assert found == ["WAIT = 5", "LIMIT = 77", "JOURNAL = '/var/lib/of/ours'"]
