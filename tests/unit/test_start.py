"""How the endpoint's code starts: from the arguments, in memory, with nothing in them taken for code."""

from __future__ import annotations

import ast
import base64
import json
import subprocess
import sys
import zlib
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils import start
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.program import PACKAGE, program
from hypothesis import example, given
from hypothesis import strategies as st
from sources import PLUGINS

START = (PLUGINS / "module_utils" / "start.py").read_text(encoding="utf-8")
REPLACER = "<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>"
HOME = f"{PACKAGE}.module_utils"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def _filled(arguments: object) -> str:
    """Return the starter as ansible-core makes it: with JSON in place of the placeholder, wherever that is."""
    assert START.count(REPLACER) == 1
    return START.replace(REPLACER, json.dumps(arguments))


def _packed(sources: dict[str, str]) -> str:
    return base64.b64encode(zlib.compress(json.dumps(sources).encode())).decode()


def _run(folder: Path, sources: dict[str, str], **arguments: object) -> subprocess.CompletedProcess[str]:
    packages = HOME.split(".")
    parents = {".".join(packages[:depth]): "" for depth in range(1, len(packages) + 1)}
    given = {
        "program": _packed({**parents, **sources}),
        "call": "collect",
        "check_mode": False,
        "as_root": False,
        "oldest": [3, 6],
        **arguments,
    }
    return subprocess.run(
        [sys.executable, "-B"],
        input=_filled(given),
        cwd=folder,
        env={"TMPDIR": str(folder), "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _constants_and_code(module: ast.Module) -> dict[str, str]:
    """Return the texts that constants have, by name, and all other code by its line."""
    found = {}
    for node in module.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            found[ast.unparse(node.targets[0])] = str(node.value.value)
        else:
            found[str(len(found))] = ast.unparse(node)
    return found


@given(st.dictionaries(st.text(), JSON))
@example({"path": '/opt/"""\nimport os\nos.abort()\nr"""'})
@example({'"""': "'''", "": "\\"})
@example({"end": '"'})
@example({"end": ""})
def test_arguments_are_never_taken_for_code(arguments: dict[str, object]) -> None:
    as_sent, shipped = (_constants_and_code(ast.parse(text)) for text in (_filled(arguments), START))
    assert json.loads(as_sent.pop("ARGUMENTS")) == arguments
    assert shipped.pop("ARGUMENTS") == REPLACER
    assert as_sent == shipped


def test_code_is_imported_from_memory_and_leaves_no_file(tmp_path: Path) -> None:
    called = "from .inner.word import WORD\ndef main(arguments, check_mode):\n    return [WORD, arguments, check_mode]"
    sources = {
        f"{HOME}.collect": "",
        f"{HOME}.collect.main": called,
        f"{HOME}.collect.inner": "",
        f"{HOME}.collect.inner.word": "WORD = 'seen'",
    }
    done = _run(tmp_path, sources, arguments={"root": '"""'}, check_mode=True)
    assert done.stderr == ""
    assert json.loads(done.stdout) == ["seen", {"root": '"""'}, True]
    assert list(tmp_path.iterdir()) == []


def test_a_fault_in_the_code_says_where(tmp_path: Path) -> None:
    sources = {f"{HOME}.collect": "", f"{HOME}.collect.main": "def main(arguments, check_mode):\n    return 1 / 0"}
    done = _run(tmp_path, sources, arguments={})
    assert done.returncode == 1
    assert done.stdout == ""
    assert f'File "{HOME}.collect.main", line 2, in main' in done.stderr
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")


def test_program_is_all_that_runs_on_endpoints_and_nothing_else() -> None:
    sources = json.loads(zlib.decompress(base64.b64decode(program())))
    below = PLUGINS / "module_utils"
    expected = {
        f"{HOME}." + ".".join(path.relative_to(below).with_suffix("").parts)
        for path in below.rglob("*.py")
        if path.name != "__init__.py"
    }
    assert {name for name, text in sources.items() if text.strip()} >= expected
    assert {name for name in sources if not (name == HOME or name.startswith(f"{HOME}."))} == {
        "ansible_collections",
        "ansible_collections.avshift",
        "ansible_collections.avshift.endpoint",
        "ansible_collections.avshift.endpoint.plugins",
    }


OLD_PYTHONS = [
    path
    for path in sorted(Path("~/.pyenv/versions").expanduser().glob("*/bin/python"))
    if path.parents[1].name.startswith(("2.", "3.0", "3.1.", "3.2.", "3.3.", "3.4.", "3.5."))
]
# If there is no such Python here, this one pretends to be it.
AS_IF = "import sys; sys.version_info = {version!r}; exec(sys.stdin.read(), {{'__name__': '__main__'}})"


def _refusal(command: list[str], folder: Path) -> dict[str, object]:
    given = {"program": "", "call": "collect", "check_mode": False, "as_root": False, "oldest": [3, 6], "arguments": {}}
    done = subprocess.run(
        command, input=_filled(given), cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    told: dict[str, object] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 0, 1), (3, 4, 10), (3, 5, 10)])
def test_a_python_that_is_too_old_says_so(version: tuple[int, ...], tmp_path: Path) -> None:
    told = _refusal([sys.executable, "-c", AS_IF.format(version=version)], tmp_path)
    assert told["code"] == "python_unsupported"
    assert "is {}.{}.{}, and 3.6 is the oldest".format(*version) in str(told["msg"])


@pytest.mark.parametrize("python", OLD_PYTHONS, ids=[path.parents[1].name for path in OLD_PYTHONS])
def test_a_real_old_python_says_so(python: Path, tmp_path: Path) -> None:
    told = _refusal([str(python)], tmp_path)
    assert told["code"] == "python_unsupported"
    assert str(python.resolve().parent) in str(told["msg"])


def test_what_runs_before_the_version_is_known_is_of_python_2_7() -> None:
    """No newer syntax, and nothing is imported at the top that 2.7 does not have."""
    code = ast.parse(START)
    too_new = (
        ast.JoinedStr,
        ast.NamedExpr,
        ast.AnnAssign,
        ast.AsyncFunctionDef,
        ast.Nonlocal,
        ast.Starred,
        ast.YieldFrom,
    )
    assert [node.lineno for node in ast.walk(code) if isinstance(node, too_new)] == []
    functions = [node for node in ast.walk(code) if isinstance(node, ast.FunctionDef)]
    assert [one.name for one in functions if one.returns or one.args.kwonlyargs or one.args.posonlyargs] == []
    imported = {alias.name for node in code.body if isinstance(node, ast.Import) for alias in node.names}
    assert imported == {"os", "sys"}
    assert START.isascii()


@pytest.mark.parametrize(
    ("before", "is_root", "least", "after"),
    [
        ((10, 20), True, -1, (-1, -1)),
        ((10, 20), False, -1, (20, 20)),
        ((10, -1), False, -1, (-1, -1)),
        ((10, 20), True, 15, (15, 20)),
        ((10, 12), True, 15, (15, 15)),
        ((10, 12), False, 15, (12, 12)),
        ((10, -1), False, 15, (15, -1)),
        ((-1, -1), True, 15, (-1, -1)),
        ((20, 30), True, 15, (20, 30)),
    ],
)
def test_a_limit_is_raised_as_far_as_it_may_be(
    before: tuple[int, int], is_root: bool, least: int, after: tuple[int, int]
) -> None:
    now = [before]

    def number(limit: int) -> float:
        return float("inf") if limit == -1 else limit

    def setrlimit(_kind: int, limits: tuple[int, int]) -> None:
        if number(limits[0]) > number(limits[1]) or (number(limits[1]) > number(now[0][1]) and not is_root):
            raise ValueError("not allowed to raise maximum limit")
        now[0] = limits

    fake = SimpleNamespace(RLIM_INFINITY=-1, getrlimit=lambda _kind: now[0], setrlimit=setrlimit)
    start.lift(fake, 0, least)
    assert now[0] == after


def test_a_module_without_arguments_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable], input=START, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    assert json.loads(done.stdout)["code"] == "arguments_missing"
