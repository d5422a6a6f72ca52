"""Removing a line from a shell's start file leaves one that the shell can read, and that does the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.files import lines_remove
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux.removal import integrations
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux.removal.config_lines.names import Words
from hypothesis import given
from hypothesis import strategies as st
from support import CATALOG, evidence

OURS = ". /opt/kaspersky/kesl/shared/bash_completion.sh"
WORDS = Words.of([CATALOG.product("kesl")])
PATH = "/home/olga/.bashrc"
# Each with what is left of it; None if everything stays, since the line may be part of something else.
SCRIPTS: dict[str, str | None] = {
    f"echo a\n{OURS}\necho b\n": "echo a\necho b\n",
    f"if true; then\n  {OURS}\nfi\n": "if true; then\n  :\nfi\n",
    f"if true; then\n  # why\n  {OURS}\n  echo x\nfi\n": "if true; then\n  # why\n  :\n  echo x\nfi\n",
    f"if true; then\n  echo x\n  {OURS}\nfi\n": "if true; then\n  echo x\nfi\n",
    f"f() {{\n\t{OURS}\n}}\nf\n": "f() {\n\t:\n}\nf\n",
    f"true &&\n{OURS}\n": "true &&\n:\n",
    f"for x in 1; do\n{OURS}\n{OURS}\ndone\n": "for x in 1; do\n:\n:\ndone\n",
    f"case x in\n  x)\n    {OURS}\n    ;;\nesac\n": "case x in\n  x)\n    :\n    ;;\nesac\n",
    f"if false; then echo x; else\n{OURS}\nfi\n": "if false; then echo x; else\n:\nfi\n",
    f"cat <<END\n{OURS}\nEND\n": None,
    f"echo '\n{OURS}\n'\n": None,
    f'echo "it\'s\n{OURS}\n"\n': None,
    f"# it's a comment\n{OURS}\n": "# it's a comment\n",
    f"echo 'a' \"b\" it\\'s\n{OURS}\n": "echo 'a' \"b\" it\\'s\n",
    f"cat <<<x\n{OURS}\n": "cat <<<x\n",
}


def _left(text: str) -> str | None:
    """Return what a plan would leave of a file, None if it removes nothing."""
    seen = evidence({"evidence": [{"mention": PATH, "place": "shell", "text": text}]})
    (item,) = seen.of_kind("mention")
    change = integrations.judged(item, WORDS, seen)
    if not change.edits:
        assert change.by_hand
        return None
    edits = [{"before": before, "after": after} for before, after in change.edits]
    return lines_remove.edited(text.encode(), {"edits": edits, "place": "shell"}).decode()


def _run(text: str, folder: Path) -> tuple[int, str]:
    """Return bash's exit code and output. What the line sources is not there, as after a removal."""
    script = folder / "script"
    script.write_text(text, encoding="utf-8")
    finished = subprocess.run(["bash", str(script)], capture_output=True, text=True, timeout=60, check=False)
    assert "syntax error" not in finished.stderr, finished.stderr
    return finished.returncode, finished.stdout


@pytest.mark.parametrize("text", SCRIPTS)
def test_what_is_left_is_what_the_table_says(text: str, tmp_path: Path) -> None:
    assert _left(text) == SCRIPTS[text]
    left = SCRIPTS[text]
    if left is not None:
        assert _run(left, tmp_path)[1] == _run(text, tmp_path)[1]


PARTS = [
    "echo 1",
    "if true; then",
    "fi",
    "f() {",
    "}",
    "while false; do",
    "done",
    "true &&",
    "# don't",
    OURS,
    f"  {OURS}",
]


@given(st.lists(st.sampled_from(PARTS), max_size=9))
def test_no_file_that_a_shell_can_read_becomes_one_that_it_cannot(lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    if OURS not in text or _refuses(text):
        return
    left = _left(text)
    assert left is None or not _refuses(left), (text, left)


def _refuses(text: str) -> bool:
    asked = ["bash", "-n"]
    return subprocess.run(asked, input=text, text=True, capture_output=True, timeout=60, check=False).returncode != 0
