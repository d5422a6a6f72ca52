"""Texts use the words of administrators: tests/fixtures/plain_english.yml lists others, each with a better one."""

from __future__ import annotations

import ast
import fnmatch
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support import REPOSITORY, load_yaml

LIST = REPOSITORY / "tests" / "fixtures" / "plain_english.yml"
ROOMS = ("docs", "plugins", "roles", "playbooks", "inventories", "meta", "lab", "molecule", "benchmarks", "release")
# Of these only comments and docstrings are read: their other texts are invented, as hosts and users would write them.
TESTS = REPOSITORY / "tests"
FORMS = {".md", ".py", ".yml", ".json", ".j2"}
STRINGS = {tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
BETWEEN = {tokenize.NL, tokenize.COMMENT, getattr(tokenize, "FSTRING_START", -1), getattr(tokenize, "FSTRING_END", -1)}
# What is not text in a file of each form.
CODE = {
    ".md": r"^```.*?^```|`[^`\n]*`|\]\([^)\n]*\)",
    ".yml": r"^[ -]*[\w$.\"*-]+:(?: +\S+)?(?= *$)|^[ -]*[\w$.*-]+:(?= )|`[^`\n]*`|[A-Z]\([^)\n]*\)|\{\w+\}",
    ".j2": r"\{[{%#].*?[}%#]\}|<[^>]*>",
    ".py": r"``.*?``|`[^`\n]*`|\{[^{}\n]*\}|\b[A-Z]\([^)\n]*\)|^ *\w+:(?= )",
    ".json": r"`[^`\n]*`|\{[\w:]+\}",
}


@cache
def _words() -> list[dict[str, Any]]:
    return [
        {**word, "regex": re.compile(word["pattern"].replace(" ", r"\s+"), re.IGNORECASE)}
        for word in load_yaml(LIST)["words"]
    ]


def _blanked(text: str, form: str) -> str:
    """Return a text with all code in it replaced with spaces; lines stay where they are."""
    blank = re.compile(CODE[form], re.MULTILINE | re.DOTALL)
    return blank.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def _python(text: str) -> Iterator[tuple[int, str, int]]:
    """Yield (line, text, kind of token) of every string and every comment; adjacent ones of a kind are one text."""
    start, held, kind, last = 0, "", 0, 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        of = tokenize.STRING if token.type in STRINGS else token.type
        words = (
            token.string.lstrip("#")
            if of == tokenize.COMMENT
            else re.sub(r"^\w*(\"{3}|'{3}|\"|')|[\"']+$", "", token.string)
        )
        if held and (of != kind or (of == tokenize.COMMENT and token.start[0] > last + 1)) and of not in BETWEEN:
            yield start, held, kind
            held = ""
        if of not in (tokenize.STRING, tokenize.COMMENT):
            continue
        if held and of != kind:
            yield start, held, kind
            held = ""
        start, held = (start, held + "\n" * (token.start[0] - last)) if held else (token.start[0], "")
        held, kind, last = held + words, of, token.end[0]
    if held:
        yield start, held, kind


def _docstrings(text: str) -> set[int]:
    """Return the lines in which docstrings begin."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = (node for node in ast.walk(ast.parse(text)) if isinstance(node, documented))
    return {node.body[0].lineno for node in nodes if ast.get_docstring(node) is not None}


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of everything in a file that a person reads."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        spoken = _docstrings(text) if TESTS in path.parents else None
        found = [
            (line, part)
            for line, part, kind in _python(text)
            if re.search(r"\S\s+\S", part) and (spoken is None or kind == tokenize.COMMENT or line in spoken)
        ]
    elif path.suffix == ".json":
        found = [
            (text.count("\n", 0, one.start()) + 1, one[1])
            for one in re.finditer(r'"(?:description|title|\$comment)": "((?:[^"\\]|\\.)*)"', text)
        ]
    else:
        found = [(1, text)]
    yield from ((line, _blanked(part, path.suffix)) for line, part in found)


def _complaints(path: Path, name: str) -> list[str]:
    """Return one line per word of the list in a file of this name, without its exceptions."""
    return [
        f'{name}:{line + text.count(chr(10), 0, found.start())}: "{found[0]}": write "{word["better"]}"'
        for line, text in _texts(path)
        for word in _words()
        if not any(fnmatch.fnmatch(name, exception["file"]) for exception in word.get("except", ()))
        for found in word["regex"].finditer(text)
    ]


@cache
def _files() -> list[Path]:
    # The examples are generated; their texts are checked in the code that writes them.
    below = [path for room in ROOMS for path in (REPOSITORY / room).rglob("*") if path.suffix in FORMS]
    below += [path for path in TESTS.rglob("*.py") if "fixtures" not in path.parts]
    kept = (path for path in below if path.is_file() and "examples" not in path.parts)
    return sorted([*REPOSITORY.glob("*.md"), *kept])


def test_texts_use_plain_words() -> None:
    found = [line for path in _files() for line in _complaints(path, str(path.relative_to(REPOSITORY)))]
    assert not found, "\n".join(found)


def test_every_exception_is_needed() -> None:
    for word in _words():
        for exception in word.get("except", ()):
            files = [path for path in _files() if fnmatch.fnmatch(str(path.relative_to(REPOSITORY)), exception["file"])]
            texts = (text for path in files for _line, text in _texts(path))
            assert any(word["regex"].search(text) for text in texts), f"{word['pattern']}: {exception['file']}"


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("page.md", "# Title\n\nThe proof\nis `told`.\n", 3),
        ("page.md", "```\ntold\n```\nOne line, a row\na host.\n", 4),
        ("tasks.yml", "---\n# It is told.\nkey: value\n", 2),
        ("tasks.yml", "---\ntold: 1\nkey: told\ndescription: It is told so.\n", 4),
        ("schema.json", '{\n"told": 1, "description": "What is told."\n}\n', 2),
        ("page.html.j2", '<p class="told">\n{{ told }} is told</p>\n', 2),
        ("code.py", '"""A module.\n\nIt is told.\n"""\n', 3),
        ("code.py", 'told = ["told"]\n# One comment\n# that is told.\n', 3),
        ("code.py", 'words = (\n    "a row "\n    "a host"\n)\n', 2),
        ("code.py", 'words = f"{told} is told"\n', 1),
    ],
)
def test_a_word_is_found_where_it_stands(tmp_path: Path, name: str, text: str, line: int) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert [found.split(": ")[0] for found in _complaints(path, name)] == [f"{name}:{line}"]


@pytest.mark.parametrize("word", _words(), ids=lambda word: str(word["pattern"]))
def test_no_better_word_is_itself_on_the_list(word: dict[str, Any]) -> None:
    assert not any(other["regex"].search(word["better"]) for other in _words())
