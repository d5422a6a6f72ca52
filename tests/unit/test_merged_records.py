"""Records of several controllers: merged by copying, in any order and any number of times, and no writer loses any."""

from __future__ import annotations

import ast
import itertools
import json
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import compare
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import gather
from hypothesis import given, settings
from hypothesis import strategies as st
from support import REPOSITORY
from test_report_outcome import ran

HOSTS = ("h0", "h1", "h2", "a host/with~marks")
TIMES = tuple(f"2026-11-29T1{hour}:00:00Z" for hour in range(3))
# The sources of records are built once: each is complete.
CLEAN, FAILED = ran("full", "host"), ran("full", "host", "failed", window=0.3, left=True)


def _record(host: str, kind: str, time: str, change: str) -> dict[str, Any]:
    run = {**CLEAN["run"], "time": time, "change_id": change}
    if kind == "silent":
        told = {"code": "unreachable", "message": "it is away"}
        return records.compose(host, "migrate", run, "unknown", failure=told)
    return {**(CLEAN if kind == "clean" else FAILED), "host": host, "run": run}


RECORDS = st.builds(
    _record,
    st.sampled_from(HOSTS),
    st.sampled_from(["clean", "failed", "silent"]),
    st.sampled_from(TIMES),
    st.sampled_from(["", "CHG-1"]),
)
CONTROLLERS = st.lists(st.lists(RECORDS, max_size=4), min_size=1, max_size=4)


def _written(folder: Path, controllers: list[tuple[str, list[dict[str, Any]]]]) -> str:
    """Write records of controllers into a folder each, inside one folder."""
    folder.mkdir()
    for name, several in controllers:
        for record in several:
            records.write(records.path_of(str(folder / name), record["host"]), record)
    return str(folder)


def _report(folder: str) -> dict[str, Any]:
    """Return the report of a folder, without the names of files."""
    with tempfile.TemporaryFile() as file:
        content: dict[str, Any] = json.loads("".join(gather.gather(folder, (), gather.Spool(file)).text()))
    for host in content["hosts"]:
        del host["file"]
    return content


@settings(max_examples=12, deadline=None)
@given(CONTROLLERS, st.randoms(use_true_random=False))
def test_merging_is_commutative_associative_and_idempotent(controllers: list[Any], chance: Any) -> None:
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        named = [(f"c{number}", several) for number, several in enumerate(controllers)]
        straight = _report(_written(home / "straight", named))
        # Other names lead to another order of reading, and each is there twice.
        other = [f"d{number}" for number in range(2 * len(controllers))]
        chance.shuffle(other)
        renamed = [(name, several) for name, (_name, several) in zip(other, itertools.cycle(named), strict=False)]
        assert _report(_written(home / "renamed", renamed)) == straight
        # What counts for a part may represent the part.
        first = records.read(_written(home / "first", named[:2]))
        parts = [("merged", [record for _name, record, _problem in first if record is not None]), *named[2:]]
        assert _report(_written(home / "parts", parts))["hosts"] == straight["hosts"]
        counted = {host["host"] for host in straight["hosts"]}
        assert counted == {record["host"] for several in controllers for record in several}
        assert len(straight["hosts"]) == straight["totals"]["hosts"] == len(counted)


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        (("clean", TIMES[0]), ("failed", TIMES[1]), "failed"),
        (("clean", TIMES[1]), ("failed", TIMES[0]), "removed_verified"),
        (("clean", TIMES[0]), ("silent", TIMES[2]), "removed_verified"),
    ],
)
def test_of_two_records_the_last_answer_counts_and_the_host_is_named(
    tmp_path: Path, first: tuple[str, str], second: tuple[str, str], counts: str
) -> None:
    both = [("a", [_record("h0", first[0], first[1], "")]), ("b", [_record("h0", second[0], second[1], "")])]
    folder = _written(tmp_path / "all", both)
    content = _report(folder)
    assert [host["verdict"] for host in content["hosts"]] == [counts]
    assert content["totals"]["named_twice"] == ["h0"]
    (read,) = records.read(folder)
    assert (read[0], read[1] and read[1]["verdict"]) == ("h0.json", counts)


def test_a_copy_under_another_name_is_no_second_record(tmp_path: Path) -> None:
    folder = _written(tmp_path / "all", [("a", [_record("h0", "clean", TIMES[0], "")])])
    shutil.copy(tmp_path / "all/a/h0.json", tmp_path / "all/h0 (copy).json")
    content = _report(folder)
    assert (content["totals"]["hosts"], content["totals"]["named_twice"]) == (1, [])


def test_a_controller_s_whole_output_is_merged_too(tmp_path: Path) -> None:
    """A slice whose records lie one folder deeper than those of the others is not left out without a word."""
    for number, place in enumerate(("s0", "s1/records", "s2/avshift/records")):
        _written(tmp_path / str(number), [("a", [_record(f"h{number}", "clean", TIMES[0], "")])])
        shutil.copytree(tmp_path / str(number) / "a", tmp_path / "all" / place)
    (tmp_path / "all/s1/rollout/begun/pilot").mkdir(parents=True)
    (tmp_path / "all/s1/rollout/run.json").write_text("{}", encoding="utf-8")
    content = _report(str(tmp_path / "all"))
    assert ([host["host"] for host in content["hosts"]], content["damaged"]) == (["h0", "h1", "h2"], [])


def test_a_folder_that_cannot_be_read_is_named_and_the_rest_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _written(tmp_path / "all", [("a", [_record("h0", "clean", TIMES[0], "")])])
    (tmp_path / "all/lost+found").mkdir()
    listed = os.listdir

    def refused(path: Any) -> list[str]:
        if str(path).endswith("lost+found"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "listdir", refused)
    content = _report(folder)
    assert [host["host"] for host in content["hosts"]] == ["h0"]
    assert [one["file"] for one in content["damaged"]] == ["lost+found"]


@pytest.mark.parametrize("has_a_folder_in_its_place", [False, True])
def test_a_folder_that_locks_nothing_is_written_to_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_a_folder_in_its_place: bool
) -> None:
    def unlocked(_number: int, _how: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(records.fcntl, "flock", unlocked)
    if has_a_folder_in_its_place:
        (tmp_path / records.LOCK).mkdir()
    before = len(os.listdir("/proc/self/fd"))
    with records.alone(str(tmp_path)):
        assert len(os.listdir("/proc/self/fd")) > before
    assert len(os.listdir("/proc/self/fd")) == before


def test_two_runs_of_slices_are_compared_host_by_host(tmp_path: Path) -> None:
    one, two = (_record(host, "clean", TIMES[0], "") for host in ("h0", "h1"))
    before = _written(tmp_path / "before", [("s1", [one]), ("s2", [two])])
    after = _written(tmp_path / "after", [("s1", [two]), ("s2", [_record("h0", "failed", TIMES[1], "")])])
    content = compare.compose(records.read(before), records.read(after))
    assert (content["new"], content["gone"], [host["host"] for host in content["changed"]]) == ([], [], ["h0"])


def _write_at_once(folder: str, record: dict[str, Any], begin: Any) -> None:
    begin.wait()
    if records.answered(record):
        records.write_alone(folder, record)
    else:
        records.write_silent(folder, record)


def _at_once(folder: Path, several: list[dict[str, Any]]) -> None:
    """Have each record written by a separate process, all at the same time."""
    context = multiprocessing.get_context("fork")
    begin = context.Barrier(len(several))
    writers = [context.Process(target=_write_at_once, args=(str(folder), one, begin)) for one in several]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
        assert writer.exitcode == 0


@pytest.mark.parametrize("number", range(5))
def test_an_answer_is_never_lost_to_a_writer_that_has_none(tmp_path: Path, number: int) -> None:
    told = _record("h0", "clean", TIMES[0], str(number))
    _at_once(tmp_path / "records", [_record("h0", "silent", TIMES[2], "")] * 2 + [told])
    (read,) = records.read(str(tmp_path / "records"))
    assert read[1] == told
    assert os.listdir(tmp_path / "records") == ["h0.json"]


def test_a_writer_waits_for_the_one_before_it(tmp_path: Path) -> None:
    folder, told = str(tmp_path), _record("h0", "clean", TIMES[0], "")
    context = multiprocessing.get_context("fork")
    begin = context.Barrier(2)
    other = context.Process(target=_write_at_once, args=(folder, _record("h0", "silent", TIMES[2], ""), begin))
    # A process that is forked while the lock is held holds it, too.
    other.start()
    with records.alone(folder):
        begin.wait()
        # It cannot have looked yet, however long this takes.
        other.join(0.3)
        assert other.exitcode is None
        assert os.listdir(folder) == []
        records.write(records.path_of(folder, "h0"), told)
    other.join(120)
    (read,) = records.read(folder)
    assert (other.exitcode, read[1]) == (0, told)


def _past_the_lock(node: ast.AST) -> Iterator[str]:
    """Yield where code writes a record outside of ``with records.alone(…)``."""
    if isinstance(node, ast.With) and ast.unparse(node.items[0]).startswith("records.alone("):
        return
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "records.write":
        yield ast.unparse(node)
    for inner in ast.iter_child_nodes(node):
        yield from _past_the_lock(inner)


def test_no_action_writes_a_record_past_the_lock() -> None:
    assert list(_past_the_lock(ast.parse("with records.alone(x):\n    y()\nrecords.write(x, z)")))
    actions = sorted((REPOSITORY / "plugins/action").glob("*.py"))
    assert len(actions) > 10
    assert [found for path in actions for found in _past_the_lock(ast.parse(path.read_text(encoding="utf-8")))] == []


def test_where_folders_cannot_be_locked_a_file_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = []

    def flock(number: int, _how: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{number}"):
            raise OSError(9, "Bad file descriptor")
        locked.append(os.readlink(f"/proc/self/fd/{number}"))

    monkeypatch.setattr(records.fcntl, "flock", flock)
    assert records.write_silent(str(tmp_path), _record("h0", "silent", TIMES[0], ""))
    assert locked == [str(tmp_path / ".lock")]
    assert [name for name, *_rest in records.read(str(tmp_path))] == ["h0.json"]
