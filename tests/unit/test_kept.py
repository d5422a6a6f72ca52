"""An approval is read once per run, and each host gets what a reading of its own would have given."""

from __future__ import annotations

import json
import multiprocessing
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import approval_document, granted, judge, kept
from ansible_collections.avshift.endpoint.plugins.plugin_utils.canonical import encode
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet.document import plan_of
from plans import document_of

NOW, LATER = "2026-05-12T10:00:00Z", "2026-06-12T10:00:00Z"
HOSTS = ("full", "agent", "clean")
DOCUMENT = document_of(*HOSTS)
OPTIONS: dict[str, Any] = {"approval": None, "require_signature": False, "allowed_signers": None, "signer": None}
ASKED: dict[str, Any] = {"approver": "Jane", "reason": "CHG1", "hosts": [], "classes": [], "rings": []}
APPROVALS: dict[str, dict[str, Any] | None] = {
    "the plan is its own": None,
    "of every host": {},
    "of some hosts": {"hosts": ["full", "clean"]},
    "of one host": {"hosts": ["agent"]},
    "without an end": {"valid_until": None},
}


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A plan of three hosts."""
    path = tmp_path / "plan.json"
    path.write_text(encode(DOCUMENT), encoding="utf-8")
    return path


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """The run's own folder."""
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The plans that were read in full."""
    seen: list[str] = []
    read = granted.read

    def counted(path: str, *arguments: Any) -> judge.Grant:
        seen.append(path)
        return read(path, *arguments)

    monkeypatch.setattr(granted, "read", counted)
    return seen


def _approve(plan: Path, **asked: Any) -> Path:
    approval = approval_document.compose(DOCUMENT, {**ASKED, "valid_until": "2026-05-31", **asked}, NOW)
    path = plan.with_name(approval_document.NAME)
    path.write_text(encode(approval), encoding="utf-8")
    return path


def _judged(plan: dict[str, Any], ask: Callable[[], judge.Grant]) -> Any:
    try:
        grant = ask()
    except AvshiftError as error:
        return error.code, str(error)
    return judge.judge(plan, grant), judge.warnings(grant)


@pytest.mark.parametrize("approval", APPROVALS)
@pytest.mark.parametrize("host", [*HOSTS, "elsewhere", "../../etc/passwd", "\udc80"])
@pytest.mark.parametrize("changed", [False, True])
def test_a_host_is_judged_as_by_the_whole(
    plan: Path, private: Path, reads: list[str], approval: str, host: str, changed: bool
) -> None:
    if (asked := APPROVALS[approval]) is not None:
        _approve(plan, **asked)
    made = {**(plan_of(DOCUMENT, host) or plan_of(DOCUMENT, "full") or {}), "host": host}
    if changed:
        made = {**made, "digest": "0" * 64, "steps": made["steps"][:-1]}
    whole = _judged(made, lambda: granted.read(str(plan), OPTIONS, NOW))
    del reads[:]
    for _again in range(2):
        assert _judged(made, lambda: kept.of_host(str(plan), OPTIONS, NOW, host, private)) == whole
    assert len(reads) == 1


def test_what_was_refused_is_refused_for_each_host_in_the_same_words(
    plan: Path, private: Path, reads: list[str]
) -> None:
    plan.write_text(plan.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    for host in HOSTS:
        with pytest.raises(AvshiftError, match="not complete JSON") as caught:
            kept.of_host(str(plan), OPTIONS, NOW, host, private)
        assert caught.value.code == "plan_damaged"
    assert len(reads) == 1


def test_an_approval_that_expires_in_a_run_is_no_longer_valid(plan: Path, private: Path) -> None:
    path = _approve(plan)
    assert kept.of_host(str(plan), OPTIONS, NOW, "full", private).by["approver"] == "Jane"
    with pytest.raises(AvshiftError) as kept_error:
        kept.of_host(str(plan), OPTIONS, LATER, "full", private)
    with pytest.raises(AvshiftError) as whole_error:
        granted.read(str(plan), OPTIONS, LATER)
    assert str(kept_error.value) == str(whole_error.value)
    assert str(path) in str(kept_error.value)


def test_an_approval_of_the_future_may_be_valid_a_minute_later(plan: Path, private: Path) -> None:
    _approve(plan)
    with pytest.raises(AvshiftError) as caught:
        kept.of_host(str(plan), OPTIONS, "2026-05-12T09:00:00Z", "full", private)
    assert caught.value.code == "approval_of_the_future"
    assert kept.of_host(str(plan), OPTIONS, NOW, "full", private).hosts == {"full"}


@pytest.mark.parametrize("what", ["plan", "approval", "approval gone", "approval elsewhere"])
def test_what_changes_in_a_run_is_read_anew(plan: Path, private: Path, reads: list[str], what: str) -> None:
    approval, options = _approve(plan), OPTIONS
    kept.of_host(str(plan), OPTIONS, NOW, "full", private)
    if what == "plan":
        # Another of the same size, put in its place with the same time.
        before = plan.stat()
        plan.write_text(plan.read_text(encoding="utf-8").replace("CHG1", "CHG2"), encoding="utf-8")
        os.utime(plan, ns=(before.st_atime_ns, before.st_mtime_ns))
    elif what == "approval":
        _approve(plan, hosts=["clean"])
    elif what == "approval gone":
        approval.unlink()
    else:
        options = {**OPTIONS, "approval": str(approval.rename(private / "other.json"))}
    whole = _judged(plan_of(DOCUMENT, "full") or {}, lambda: granted.read(str(plan), options, NOW))
    del reads[:]
    found = _judged(plan_of(DOCUMENT, "full") or {}, lambda: kept.of_host(str(plan), options, NOW, "full", private))
    assert (found, len(reads)) == (whole, 1)


@pytest.mark.parametrize("lost", ["run.json", "hosts", "classes"])
def test_where_a_kept_file_has_gone_the_host_reads_the_whole(
    plan: Path, private: Path, reads: list[str], lost: str
) -> None:
    kept.of_host(str(plan), OPTIONS, NOW, "full", private)
    for path in private.rglob("*.json"):
        if lost in (path.name, path.parent.name):
            path.unlink()
    assert kept.of_host(str(plan), OPTIONS, NOW, "full", private).document == DOCUMENT
    assert len(reads) == 2


def test_where_nothing_can_be_kept_each_host_reads_for_itself(
    plan: Path, private: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: Any, **_named: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    for host in HOSTS:
        assert kept.of_host(str(plan), OPTIONS, NOW, host, private).document == DOCUMENT
    assert len(reads) == 3


def _ask(plan: str, private: str, host: str) -> str:
    return kept.of_host(plan, OPTIONS, NOW, host, Path(private)).document["hosts"][host]["digest"]


def test_tasks_that_begin_at_once_read_it_once(plan: Path, private: Path) -> None:
    with multiprocessing.get_context("fork").Pool(6) as pool:
        found = pool.starmap(_ask, [(str(plan), str(private), host) for host in HOSTS * 8])
    assert found == [DOCUMENT["hosts"][host]["digest"] for host in HOSTS * 8]
    assert len([path for path in private.iterdir() if path.is_dir()]) == 1


def test_a_host_s_file_holds_no_other_host(plan: Path, private: Path) -> None:
    kept.of_host(str(plan), OPTIONS, NOW, "full", private)
    files = list(private.glob("*/hosts/*.json"))
    assert sorted(json.loads(path.read_text(encoding="utf-8"))["host"] for path in files) == sorted(HOSTS)
