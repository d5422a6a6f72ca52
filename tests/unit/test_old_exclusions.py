"""The old scanner is asked by its own command to leave a directory out, and what was added is undone, and no more."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.handover import exclusion_sections, old_exclusions
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.handover.old_exclusions import (
    OWNERS,
    OWNERS_PART,
    OldExclusions,
)
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.files import trust
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import own_journal
from hypothesis import given
from hypothesis import strategies as some
from support import FIXTURES, load_yaml

CASES = load_yaml(FIXTURES / "exclusion_sections.yml")
OURS, OTHER = "/var/lib/clamav", "/srv/other"
# As documented: settings in INI form, one section for each exclusion. What it does wrong stands in a file beside it.
COMMAND = r"""#!/bin/sh
cd "$(dirname "$0")" || exit 9
echo "$*" >>calls
[ -e "fails-$1" ] && exit "$(cat "fails-$1")"
case "$1 $3" in
    "--get-settings ")
        printf 'ScanArchived=No\n[ScanScope.item_0000]\nPath=/\n'
        for name in excluded/*; do
            [ -e "$name" ] && printf '[ExcludedFromScanScope.item_0000]\n' && cat "$name"
        done
        ;;
    "--set-settings --add-exclusion")
        printf 'UseScanArea=Yes\nPath=%s\n' "$4" >"excluded/$(echo "$4" | tr / _)" ;;
    "--set-settings --del-exclusion") rm "excluded/$(echo "$4" | tr / _)" ;;
esac
exit 0
"""


class _Scanner:
    """A scanner's command line in a folder that only root may write to."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.program = folder, folder / "control"
        (folder / "excluded").mkdir(parents=True)
        self.program.write_text(COMMAND, encoding="utf-8")
        self.program.chmod(0o755)

    def told(self, *paths: str) -> dict[str, Any]:
        def words(*more: str) -> list[str]:
            return [str(self.program), *more]

        each = [
            {
                "path": path,
                "add": words("--set-settings", "1", "--add-exclusion", path),
                "remove": words("--set-settings", "1", "--del-exclusion", path),
            }
            for path in paths
        ]
        read = words("--get-settings", "1")
        named = {"name": "Old", "program": str(self.program), "section": "ExcludedFromScanScope"}
        return {**named, "read": read, "locked": 68, "limit": 5, "paths": each}

    def owners(self, path: str, more: str = "UseScanArea=Yes\n") -> None:
        name = path.replace("/", "_")
        (self.folder / "excluded" / name).write_text(f"{more}Path={path}\n", encoding="utf-8")

    def excluded(self) -> list[str]:
        return sorted(path.name.replace("_", "/") for path in (self.folder / "excluded").iterdir())

    def fails(self, word: str, code: int) -> None:
        (self.folder / f"fails-{word}").write_text(str(code), encoding="utf-8")

    def works_again(self) -> None:
        for path in self.folder.glob("fails-*"):
            path.unlink()


@pytest.fixture
def scanner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Scanner:
    """A scanner that leaves nothing out."""
    monkeypatch.setattr(trust, "TOP", str(tmp_path))
    monkeypatch.setattr(own_journal, "PATH", str(tmp_path / "avshift/journal.json"))
    monkeypatch.setattr(old_exclusions, "PAUSE", 0.001)
    return _Scanner(tmp_path / "old")


def _of(scanner: _Scanner, digest: str = "d") -> OldExclusions:
    return OldExclusions(digest, [scanner.told(OURS)])


@pytest.mark.parametrize("name", CASES)
def test_settings_are_read_as_they_are_documented(name: str) -> None:
    case = CASES[name]
    if "refused" in case:
        with pytest.raises(ValueError, match=case["refused"]):
            exclusion_sections.parsed(case["text"], "ExcludedFromScanScope")
        return
    assert exclusion_sections.parsed(case["text"], "ExcludedFromScanScope") == case["expected"]


@given(some.text(alphabet=some.sampled_from('[]=*/"Pathx.0 \n\r\t\x00é'), max_size=200))
def test_no_text_does_more_than_to_be_refused(text: str) -> None:
    try:
        found = exclusion_sections.parsed(text, "Excluded")
    except ValueError:
        return
    assert all(isinstance(path, str) and path for path in found)


def test_one_is_added_and_removed_again(scanner: _Scanner) -> None:
    ours = _of(scanner)
    assert ours.add() == [{"product": "Old", "path": OURS, "excluded": True, "why": ""}]
    assert scanner.excluded() == [OURS]
    assert own_journal.old_exclusions() == [["Old", OURS]]
    assert ours.remove() == []
    assert scanner.excluded() == []
    assert own_journal.old_exclusions() == []


def test_the_owner_s_others_stay(scanner: _Scanner) -> None:
    scanner.owners(OTHER)
    ours = _of(scanner)
    ours.add()
    assert scanner.excluded() == [OTHER, OURS]
    assert ours.remove() == []
    assert scanner.excluded() == [OTHER]


@pytest.mark.parametrize(
    ("more", "why", "excluded"),
    [
        ("UseScanArea=Yes\n", OWNERS, True),
        ("UseScanArea=No\n", OWNERS_PART, False),
        ("AreaMask.item_0000=*.log\n", OWNERS_PART, False),
    ],
)
def test_the_owner_s_own_is_neither_changed_nor_removed(scanner: _Scanner, more: str, why: str, excluded: bool) -> None:
    scanner.owners(OURS, more)
    before = (scanner.folder / "excluded" / OURS.replace("/", "_")).read_text(encoding="utf-8")
    ours = _of(scanner)
    assert ours.add() == [{"product": "Old", "path": OURS, "excluded": excluded, "why": why}]
    assert ours.remove() == []
    assert (scanner.folder / "excluded" / OURS.replace("/", "_")).read_text(encoding="utf-8") == before
    assert "--set-settings" not in (scanner.folder / "calls").read_text(encoding="utf-8")


@pytest.mark.parametrize("digest", ["d", "another"])
def test_what_a_run_that_was_killed_has_added_is_ours(scanner: _Scanner, digest: str) -> None:
    """Also if the next run has another plan: it adds nothing a second time, and removes it."""
    _of(scanner).add()
    later = _of(scanner, digest)
    assert later.add()[0]["excluded"] is True
    assert (scanner.folder / "calls").read_text(encoding="utf-8").count("--add-exclusion") == 1
    assert later.remove() == []
    assert scanner.excluded() == []
    assert own_journal.old_exclusions() == []


def test_a_run_that_was_killed_before_it_was_added_is_no_reason_to_keep_it_out(scanner: _Scanner) -> None:
    own_journal.note("d", old_exclusions=[["Old", OURS]])
    assert _of(scanner).add()[0]["excluded"] is True
    assert scanner.excluded() == [OURS]


@pytest.mark.parametrize(
    ("word", "code", "why"),
    [
        ("--set-settings", 68, "a policy does not allow it to change its settings"),
        ("--set-settings", 1, "exit code 1"),
        ("--get-settings", 64, "exit code 64"),
    ],
)
def test_one_that_refuses_is_named_and_nothing_else_comes_of_it(
    scanner: _Scanner, word: str, code: int, why: str
) -> None:
    scanner.fails(word, code)
    (told,) = _of(scanner).add()
    assert (told["excluded"], why in told["why"]) == (False, True), told


def test_a_success_that_the_settings_do_not_show_is_none(scanner: _Scanner) -> None:
    scanner.program.write_text(COMMAND.replace("--add-exclusion", "--nothing"), encoding="utf-8")
    (told,) = _of(scanner).add()
    assert (told["excluded"], told["why"]) == (False, "its settings do not have it after it was added")


def test_it_is_asked_again_after_it_has_started(scanner: _Scanner) -> None:
    ours = _of(scanner)
    ours.add()
    calls = scanner.folder / "calls"
    calls.unlink()
    slow = COMMAND.replace("case", '[ "$3" != --del-exclusion ] || [ "$(wc -l <calls)" -gt 1 ] || exit 64\ncase', 1)
    scanner.program.write_text(slow, encoding="utf-8")
    assert ours.remove() == []
    assert scanner.excluded() == []


def test_what_cannot_be_removed_is_named_and_removed_by_the_next_run(scanner: _Scanner) -> None:
    ours = _of(scanner)
    ours.add()
    scanner.fails("--set-settings", 68)
    (words,) = ours.remove()
    assert f"Old leaves out {OURS}: a policy" in words
    assert f"Run: {scanner.program} --set-settings 1 --del-exclusion {OURS}" in words
    scanner.works_again()
    assert _of(scanner, "next").remove() == []
    assert scanner.excluded() == []


def test_after_a_handover_none_is_removed(scanner: _Scanner) -> None:
    ours = _of(scanner)
    ours.add()
    ours.forget()
    assert ours.remove() == []
    assert scanner.excluded() == [OURS]


def test_a_program_that_others_can_replace_is_not_run(scanner: _Scanner) -> None:
    scanner.folder.chmod(0o777)
    (told,) = _of(scanner).add()
    assert told["excluded"] is False
    assert not (scanner.folder / "calls").exists()


def test_a_program_that_is_not_there_is_named(scanner: _Scanner) -> None:
    scanner.program.unlink()
    (told,) = _of(scanner).add()
    assert (told["excluded"], os.strerror(2) in told["why"]) == (False, True)


def test_with_a_journal_that_cannot_be_written_nothing_is_added(
    scanner: _Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a kill no run would know that it is ours."""
    path = Path(own_journal.PATH)
    path.parent.mkdir()
    path.write_text(json.dumps({"format_version": 1, "runs": "none"}), encoding="utf-8")
    (told,) = _of(scanner).add()
    assert (told["excluded"], told["why"]) == (False, "the journal cannot be written")
    assert scanner.excluded() == []
