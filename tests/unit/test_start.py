"""How the endpoint's code starts: out of the arguments, from memory, with nothing in them taken for code."""

from __future__ import annotations

import ast
import base64
import json
import subprocess
import sys
import zlib
from pathlib import Path

from ansible_collections.avshift.endpoint.plugins.plugin_utils.program import PACKAGE, program
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
    """Return the starter as ansible-core makes it: JSON put in place of the replacer, wherever that stands."""
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
