"""What stands on the controller and on the endpoint, which share no code, is the same on both sides."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sources import CONTROLLER, ENDPOINT, HOME, short, tree

LINUX = "plugin_utils.platforms.linux."
# (controller's, its name, endpoint's, its name): one word, path or limit that both sides have to know.
TWINS = (
    (f"{LINUX}places", "JOURNAL", "module_utils.posix.own.journal_text", "PATH"),
    (f"{LINUX}preflight.system", "OLDEST_PYTHON", "module_utils.start", "OLDEST"),
    (f"{LINUX}removal.paths", "WORDS", "module_utils.posix.files.tree_remove", "WORDS"),
    (f"{LINUX}removal.services", "STOPPED", "module_utils.linux.systemd", "STOPPED"),
    (f"{LINUX}removal.integrations", "PLAIN", "module_utils.collect.lines.shell_lines", "PLAIN"),
    (f"{LINUX}removal.integrations", "OPENED", "module_utils.collect.lines.shell_lines", "OPENED"),
    (f"{LINUX}removal.integrations", "UNSURE", "module_utils.collect.lines.shell_lines", "UNSURE"),
    (f"{LINUX}removal.packages", "LOCK_WAIT", "module_utils.apply.packages.package_change", "LOCK_WAIT"),
    (f"{LINUX}removal.certificates", "CHOICE", "module_utils.apply.files.certificate_remove", "CHOICE"),
    (f"{LINUX}removal.certificates", "SINGLE", "module_utils.collect.trust.certificates", "LINKS"),
    (f"{LINUX}removal.network", "ANY", "module_utils.collect.network.packet_rules", "ANY"),
    ("plugin_utils.record.journal", "ALREADY", "module_utils.apply.runner", "ALREADY"),
    ("plugin_utils.record.journal", "ALREADY", "module_utils.apply.results", "ALREADY"),
    ("plugin_utils.record.journal", "BEFORE", "module_utils.apply.results", "BEFORE"),
    ("plugin_utils.platforms.windows.reads", "VERSION", "module_utils.windows.look", "VERSION"),
)
# Names that two files have by chance: a common word, or a number that means another thing in each.
BY_CHANCE = {
    *("MOST_TOLD", "SHOWN", "SHORT", "LONGEST", "HOST", "MEMORY", "STOP_LIMIT"),
    *("UNKNOWN", "FAILED", "REFUSED", "FORMAT_VERSION"),
}


def _module(name: str) -> Any:
    return import_module(HOME + name)


@pytest.mark.parametrize(("here", "name", "there", "other"), TWINS)
def test_twins_are_the_same(here: str, name: str, there: str, other: str) -> None:
    assert getattr(_module(here), name) == getattr(_module(there), other)


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


def _alike(here: list[Path], there: list[Path]) -> Iterator[str]:
    """Yield what has the same name and the same value on both sides, and that no test compares."""
    compared = {(name, other) for _here, name, _there, other in TWINS}
    theirs = [(short(path), name, value) for path in there for name, value in _constants(path)]
    for path in here:
        for name, value in _constants(path):
            for other, same, one in theirs:
                if (name, value) == (same, one) and name not in BY_CHANCE and (name, same) not in compared:
                    yield f"{short(path)} and {other}: {name} = {value!r}"


def test_no_constant_has_a_twin_that_nobody_compares() -> None:
    shared = [path for path in ENDPOINT if "module_utils" in path.parts]
    assert list(_alike(CONTROLLER, shared)) == []


def test_a_twin_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = tmp_path / "here.py", tmp_path / "there.py"
    for path in (here, there):
        path.write_text("WAIT, LIMIT = 5, 77\n", encoding="utf-8")
    monkeypatch.setattr(f"{__name__}.short", str)
    assert [found.rpartition(": ")[2] for found in _alike([here], [there])] == ["WAIT = 5", "LIMIT = 77"]
