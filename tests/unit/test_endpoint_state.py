"""The journal on an endpoint, and self-tests without an engine."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import threading
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply import announce, announcement, finish
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import interception
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import own_journal
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.commands import Finished
from ansible_collections.avshift.endpoint.plugins.module_utils.prove import (
    checks,
    on_access,
    on_demand,
    real_time,
    samples,
)


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the path of this test's journal."""
    path = tmp_path / "state" / "journal.json"
    monkeypatch.setattr(own_journal, "PATH", str(path))
    return path


def test_journal_keeps_runs_for_good(journal: Path) -> None:
    assert own_journal.read() == {"format_version": 1, "runs": []}
    own_journal.note("a", status="begun", products=["kesl"])
    own_journal.note("b", status="begun")
    own_journal.note("a", status="done", window_seconds=0.5)
    assert own_journal.read()["runs"] == [
        {"digest": "a", "status": "done", "products": ["kesl"], "window_seconds": 0.5},
        {"digest": "b", "status": "begun"},
    ]
    assert [own_journal.status(digest) for digest in "abc"] == ["done", "begun", None]


def test_journal_is_there_with_its_directory_or_neither_is(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(*_names: object, **_folders: object) -> None:
        raise OSError("cut off")

    with monkeypatch.context() as cut, pytest.raises(OSError, match="cut off"):
        cut.setattr("os.rename", cut_off)
        own_journal.note("a", status="begun")
    assert not journal.parent.exists()
    own_journal.note("a", status="begun")
    assert [path.name for path in journal.parent.parent.iterdir()] == [journal.parent.name]
    assert own_journal.status("a") == "begun"


DAMAGED = ["", "{", "[]", "{}", "7", '{"format_version": 2, "runs": []}', '{"format_version": 1, "runs": {}}']
DAMAGED += ['{"format_version": 1, "runs": [7]}', '{"format_version": 1, "runs": [{}]}']


@pytest.mark.parametrize("text", DAMAGED)
def test_damaged_journal_is_told_and_not_overwritten(text: str, journal: Path) -> None:
    journal.parent.mkdir()
    journal.write_text(text, encoding="utf-8")
    for act in (own_journal.read, lambda: own_journal.note("a", status="begun")):
        with pytest.raises(EndpointError) as caught:
            act()
        assert caught.value.code == "journal_damaged"
    assert journal.read_text(encoding="utf-8") == text


def test_announced_run_begins_ends_and_is_taken_back(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(announcement, "_write", told.append)
    target = {"digest": "abc", "change_id": "CHG-1", "products": ["kesl"]}
    for kind, looks in ((announce, [False, True]), (finish, [False, True])):
        assert kind.look(target) is looks[0]
        kind.do(target)
        assert kind.look(target) is looks[1]
    announce.undo(target)
    assert json.loads(journal.read_text(encoding="utf-8"))["runs"][0]["status"] == "rolled_back"
    assert told == [
        f"endpoint migration {word}: change CHG-1, plan abc" for word in ("begins", "is done", "was rolled back")
    ]


def test_test_file_is_the_one_that_its_makers_publish() -> None:
    published = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"
    assert hashlib.sha256(samples.detectable()).hexdigest() == published
    assert len(samples.detectable()) == 68
    assert samples.detectable() not in samples.CLEAN


@pytest.mark.parametrize(
    ("results", "worst"),
    [([], "unknown"), (["ok"], "ok"), (["ok", "unknown"], "unknown"), (["unknown", "bad", "ok"], "bad")],
)
def test_proof_is_as_good_as_its_worst_check(results: list[str], worst: str) -> None:
    assert checks.overall([checks.check("x", result, "") for result in results]) == worst


class Engine(threading.Thread):
    """A stand-in for an engine's socket: it reads the file that is passed to it and answers by its bytes."""

    def __init__(self, path: Path, answers: dict[bytes, bytes]) -> None:
        super().__init__(daemon=True)
        self.answers, self.listening = answers, socket.socket(socket.AF_UNIX)
        self.listening.bind(str(path))
        self.listening.listen()
        self.start()

    def run(self) -> None:
        for _connection in self.answers:
            connection, _address = self.listening.accept()
            with connection:
                command = b""
                while not command.endswith(b"\0"):
                    command += connection.recv(1)
                assert command == b"zFILDES\0"
                _data, descriptors, _flags, _from = socket.recv_fds(connection, 1, 1)
                with open(descriptors[0], "rb") as passed:
                    connection.sendall(self.answers[passed.read()])


@pytest.mark.parametrize(
    ("found", "clean", "results"),
    [
        (b"fd[10]: Site.Test FOUND\0", b"fd[10]: OK\0", ["ok", "ok"]),
        (b"fd[10]: OK\0", b"fd[10]: OK\0", ["bad", "ok"]),
        (b"fd[10]: Site.Test FOUND\0", b"fd[10]: Site.Test FOUND\0", ["ok", "bad"]),
        (b"", b"fd[10]: OK\0", ["unknown", "ok"]),
        (b"fd[10]: Can't open file ERROR\0", b"\0", ["bad", "unknown"]),
    ],
)
def test_proof_on_demand(found: bytes, clean: bytes, results: list[str], tmp_path: Path) -> None:
    Engine(tmp_path / "socket", {samples.detectable(): found, samples.CLEAN: clean})
    assert [check["result"] for check in on_demand.prove(str(tmp_path / "socket"))] == results


def test_engine_that_is_not_there_proves_nothing(tmp_path: Path) -> None:
    assert [check["result"] for check in on_demand.prove(str(tmp_path / "none"))] == ["unknown", "unknown"]


def test_proof_on_access_without_a_scanner_is_bad_and_leaves_nothing(tmp_path: Path) -> None:
    found = on_access.prove([str(tmp_path)])
    assert [check["result"] for check in found] == ["bad", "ok"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("log", "result"),
    [
        ("{path}: Site.Test FOUND", "ok"),
        ("{path}: OK", "bad"),
        ("/home/other: Site.Test FOUND", "bad"),
        ("", "bad"),
    ],
)
def test_engine_that_blocks_nothing_has_to_tell_of_the_very_file(
    log: str, result: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def journal(argv: list[str], _limit: int) -> Finished:
        asked.append(argv)
        return Finished(0, "started\n" + log.format(path=next(tmp_path.iterdir())) + "\n", "")

    monkeypatch.setattr(on_access, "run", journal)
    monkeypatch.setattr(on_access, "TELLING", 0.05)
    monkeypatch.setattr(on_access, "ASKING", 0.01)
    found = on_access.prove([str(tmp_path)], tells="x.service")
    assert [(check["id"].partition(":")[0], check["result"]) for check in found] == [
        ("on_access_tells", result),
        ("on_access_clean", "ok"),
    ]
    assert "--unit=x.service" in asked[0]
    assert list(tmp_path.iterdir()) == []


def test_log_that_cannot_be_read_proves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(argv: list[str], _limit: int) -> Finished:
        raise EndpointError("command_missing", "Running a command", argv[0], "No such file", "Install it.")

    monkeypatch.setattr(on_access, "run", missing)
    assert [check["result"] for check in on_access.prove([str(tmp_path)], tells="x.service")] == ["unknown", "ok"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("mask", "tells", "result"), [("20", True, "ok"), ("20", False, "bad"), ("10000", False, "ok")]
)
def test_marks_that_ask_for_nothing_count_only_for_an_engine_that_tells(
    mask: str, tells: bool, result: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interception, "executables", lambda: iter([(1, "/usr/sbin/engine")]))
    monkeypatch.setattr(interception, "open_files", lambda _pid: [("3", interception.LINK)])
    line = f"fanotify mnt_id:1 mflags:0 mask:{mask} ignored_mask:0"
    monkeypatch.setattr(interception, "_marks_of", lambda _pid, _number: list(interception.marks([line])))
    assert real_time.prove(["/usr/sbin/engine"], tells=tells)[0]["result"] == result


def test_test_files_of_a_run_that_was_cut_off_go_with_the_next_proof(tmp_path: Path) -> None:
    folder, quarantine = tmp_path / "folder", tmp_path / "quarantine"
    folder.mkdir()
    quarantine.mkdir()
    ended, random = 2**22 + 1, "0123456789ab"
    abandoned = [folder / f".avshift-selftest-{ended}-{random}", quarantine / f".avshift-selftest-{ended}-{random}.001"]
    reused = folder / f".avshift-selftest-{os.getpid()}-{random}"
    begun = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    kept = [
        folder / f".avshift-selftest-{os.getpid()}-{int(begun):08x}3210",
        folder / ".avshift-selftest-of-mine",
        folder / f"avshift-selftest-{ended}-{random}",
    ]
    for path in (*abandoned, reused, *kept):
        path.touch()
    os.utime(kept[0], (1, 1))
    (folder / f".avshift-selftest-{ended}-ffffffffffff").symlink_to(kept[1])
    on_access.prove([str(folder)], kept_in=str(quarantine))
    assert sorted(folder.iterdir()) == sorted([*kept, folder / f".avshift-selftest-{ended}-ffffffffffff"])
    assert list(quarantine.iterdir()) == []


def test_proof_on_access_where_nothing_can_be_written_is_not_ok(tmp_path: Path) -> None:
    assert "ok" not in [check["result"] for check in on_access.prove([str(tmp_path / "none")])]


@pytest.mark.parametrize(
    ("path", "below"), [("/opt/x", True), ("/opt/x/y", True), ("/opt/xy", False), ("/opt", False), ("x/opt/x", False)]
)
def test_path_is_below_a_root(path: str, below: bool) -> None:
    assert interception.below(path, ["/opt/x"]) is below
    assert interception.below(path, ["/opt/x/"]) is (below and path != "/opt/x")


def test_marks_cover_what_they_lie_on(tmp_path: Path) -> None:
    paths = [str(tmp_path), str(tmp_path / "none")]
    known = interception.inode_targets(paths)
    mark = known[str(tmp_path)]
    assert interception.uncovered(known, []) == paths
    assert interception.uncovered(known, ["ino:1:1"]) == paths
    assert interception.uncovered(known, ["ino:1:1", mark]) == paths[1:]
    assert interception.uncovered(known, ["mnt_id:1"]) == []
