"""An answer is accepted whatever state debconf's database was left in."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.packages import debconf
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running import commands

TARGET = {"owner": "clamav-daemon", "question": "clamav-daemon/debconf", "type": "boolean", "value": "false"}
# As debconf 1.5.82 does where templates.dat has a question that config.dat lacks.
SET = """#!/bin/sh
[ -e {folder}/question ] || {{ echo 'error: Cannot find a question for clamav-daemon/debconf' >&2; exit 1; }}
cat >{folder}/answer
"""
COMMUNICATE = """#!/bin/sh
read -r command file owner
[ "$command $owner $1" = 'X_LOADTEMPLATEFILE clamav-daemon clamav-daemon' ] && [ {usable} = yes ] || exit 10
grep -A 1 '^Template: clamav-daemon/debconf$' "$file" | grep -q '^Type: boolean$' && touch {folder}/question
"""


def _tools(folder: Path, monkeypatch: pytest.MonkeyPatch, usable: str) -> None:
    monkeypatch.setattr(commands, "SEARCH_PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(debconf, "MEMORY", str(folder))
    for name, text in (("debconf-set-selections", SET), ("debconf-communicate", COMMUNICATE)):
        (folder / name).write_text(text.format(folder=folder, usable=usable), encoding="utf-8")
        (folder / name).chmod(0o755)


def test_a_question_that_a_full_disk_has_lost_is_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _tools(tmp_path, monkeypatch, "yes")
    debconf.do(TARGET)
    assert (tmp_path / "answer").read_text(encoding="utf-8") == "clamav-daemon clamav-daemon/debconf boolean false\n"
    assert list(tmp_path.glob(".avshift-*")) == []


def test_debconf_that_takes_no_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _tools(tmp_path, monkeypatch, "no")
    with pytest.raises(EndpointError, match="X_LOADTEMPLATEFILE") as caught:
        debconf.do(TARGET)
    assert caught.value.code == "debconf_refused"
