"""Attacks and faults on a run: its connection, process, lock, journal and limits, and bugs of its own."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply import runner
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.handover import handover, incoming, outgoing
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import own_journal
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport import run_identity
from attacks import attack
from doing import (
    ANNOUNCE,
    PATIENCE,
    as_nobody,
    carried_out,
    comes,
    command_line,
    noted,
    place_for_all,
    place_of_root,
    step,
)

# A package manager that keeps printing: its first word is written to the disk, its last one only if it is not killed.
PRINTS = "echo begun; touch $0/begun; for n in 1 2 3 4 5 6 7 8 9 10; do echo line $n; sleep 0.1; done; touch $0/ended"


def _prints(folder: Path) -> list[dict[str, Any]]:
    return [ANNOUNCE, step("ended", "command", script=PRINTS), step("z-after", "touch")]


@pytest.mark.parametrize("how", ["hang-up", "SIGHUP", "SIGTERM", "SIGINT", "SIGKILL"])
@attack(
    "terminal-goes", threat="the terminal or its programs are ended", holds="the run goes on to the end of its part"
)
def test_run_outlives_its_terminal(how: str, tmp_path: Path) -> None:
    child, terminal = pty.fork()
    if child == 0:
        argv = command_line(tmp_path, _prints(tmp_path), ["stage"], entry="started")
        os.execv(argv[0], argv)
    assert comes((tmp_path / "begun").exists)
    if how == "hang-up":
        os.close(terminal)
    else:
        os.killpg(child, getattr(signal, how))
    os.waitpid(child, 0)
    assert comes(lambda: noted(tmp_path).get("z-after") == "changed")
    assert (tmp_path / "ended").exists()
    assert noted(tmp_path)["ended"] == "changed"


@pytest.mark.parametrize("stream", ["stdin", "stdout", "stderr"])
@attack("pipe-goes", threat="the other end of a pipe is closed", holds="the run goes on to the end of its part")
def test_run_outlives_the_pipes_to_its_controller(stream: str, tmp_path: Path) -> None:
    argv = command_line(tmp_path, _prints(tmp_path), ["stage"], entry="started")
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert comes((tmp_path / "begun").exists)
        getattr(run, stream).close()
        assert comes(lambda: noted(tmp_path).get("z-after") == "changed")
        run.wait(PATIENCE)


@attack("worker-killed", threat="the run is killed during a package change", holds="that goes on to its end")
def test_package_manager_outlives_who_started_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        command_line(tmp_path, _prints(tmp_path), ["stage"]), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as run:
        assert comes((tmp_path / "begun").exists)
        run.kill()
        run.wait(PATIENCE)
    assert comes((tmp_path / "ended").exists)


@attack("output-floods", threat="a package's script prints without end", holds="memory is not filled, and it ends")
def test_output_of_a_package_manager_does_not_fill_the_memory(tmp_path: Path) -> None:
    flood = "head -c 200000000 /dev/zero; touch $0/ended"
    script = "ulimit -c 0; " + flood
    answer = carried_out(tmp_path, [ANNOUNCE, step("ended", "command", script=script)], ["stage"])
    assert answer["outcomes"][-1]["outcome"] == "changed"
    assert len(json.dumps(answer)) < 1 << 20


STOPPED = {**step("10-stopped", "handover", "handover", new=None), "undo": "It comes back."}


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
@attack(
    "told-to-end", threat="a run is told to end before the first loss", holds="protection is back, or the run ends well"
)
def test_run_that_is_told_to_end_leaves_no_host_without_a_scanner(name: str, tmp_path: Path) -> None:
    steps = [STOPPED, step("20-keep", "retain", "remove", seconds=2), step("30-go", "touch", "remove")]
    with subprocess.Popen(command_line(tmp_path, steps, ["remove"]), stdout=subprocess.PIPE, text=True) as run:
        assert comes((tmp_path / "20-keep-begun").exists)
        run.send_signal(getattr(signal, name))
        answer = json.loads(run.communicate(timeout=PATIENCE)[0])
    assert [one["id"] for one in answer["outcomes"]] == ["20-keep", "30-go"]
    assert (tmp_path / "old-protection-is-back").exists() is (name != "SIGHUP")
    assert (tmp_path / "30-go").exists() is (name == "SIGHUP")
    assert (answer["failure"] or {}).get("code") == (None if name == "SIGHUP" else "interrupted")


@attack("told-to-end-later", threat="a run is told to end after the first loss", holds="every step has an outcome")
def test_run_that_is_told_to_end_after_a_loss_tells_where_it_is(tmp_path: Path) -> None:
    steps = [STOPPED, step("20-lose", "packages_remove", "remove", seconds=2), step("30-go", "touch", "remove")]
    with subprocess.Popen(command_line(tmp_path, steps, ["remove"]), stdout=subprocess.PIPE, text=True) as run:
        assert comes((tmp_path / "20-lose-begun").exists)
        run.send_signal(signal.SIGTERM)
        answer = json.loads(run.communicate(timeout=PATIENCE)[0])
    assert [one["outcome"] for one in answer["outcomes"]] == ["failed", "untouched"]
    assert not (tmp_path / "old-protection-is-back").exists()


def _recursion() -> None:
    _recursion()


def _raises(error: BaseException) -> Any:
    def act(_target: Any) -> None:
        raise error

    return act


FAULTS = {
    "memory": _raises(MemoryError()),
    "type": _raises(TypeError("x")),
    "key": _raises(KeyError("x")),
    "zlib": _raises(zlib.error("x")),
    "tar": _raises(tarfile.TarError("x")),
    "attribute": _raises(AttributeError("x")),
    "struct": _raises(struct.error("x")),
    "assertion": _raises(AssertionError()),
    "unicode": _raises(UnicodeEncodeError("ascii", "é", 0, 1, "x")),
    "no-text": _raises(RuntimeError()),
    "system": _raises(OSError(28, "No space left on device", b"/\xff")),
    "recursion": lambda _target: _recursion(),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", ["retain", "flags_clear"])
@attack("fault-after-handover", threat="a fault that nobody foresaw", holds="protection is back, first of all")
def test_fault_of_any_kind_brings_the_old_protection_back(
    fault: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    class Faulty:
        look = staticmethod(lambda _target: False)
        do = staticmethod(FAULTS[fault])
        undo = staticmethod(lambda _target: order.append("step"))

    class Stopped:
        IN_RUN = True
        look = staticmethod(lambda _target: True)

        @staticmethod
        def undo(_target: Any) -> dict[str, Any]:
            order.append("protection")
            (tmp_path / "back").touch()
            return {"old_is_back": True}

    class Before:
        IN_RUN = HALF_WAY = True
        look = staticmethod(lambda _target: bool(order))
        do = staticmethod(lambda _target: order.append("before"))
        undo = staticmethod(lambda _target: order.append("undone"))

    for name, module in ((kind, Faulty), ("handover", Stopped), ("unit", Before)):
        monkeypatch.setitem(runner.KINDS, name, module)
    steps = [step("a", "unit", "remove"), step("b", kind, "remove"), step("c", "path_remove", "remove")]
    done = runner.carry_out(steps, ["a", "b", "c"], False, None, STOPPED)
    assert (tmp_path / "back").exists()
    assert order[:2] == ["before", "protection"]
    assert [one["outcome"] for one in done["outcomes"]][1:] == ["failed", "untouched"]


class _Units:
    """Units that run, and the marks of the old engine while its unit runs."""

    PERMISSION_BITS = TELLING_BITS = 1

    def __init__(self) -> None:
        self.running: set[str] = set()

    def show(self, names: list[str]) -> dict[str, dict[str, str]]:
        return {name: {"ActiveState": "active" if name in self.running else "inactive"} for name in names}

    def tell(self, verb: str, names: list[str], _limit: float = 0) -> None:
        assert verb == "start"
        self.running.update(names)

    def forget_failures(self, _names: list[str]) -> None:
        """Nothing is to be done."""

    def holders(self, _roots: list[str], _bits: int = 0) -> dict[int, list[str]]:
        return {1: ["mnt_id:1"]} if "old.service" in self.running else {}

    def inode_targets(self, paths: list[str]) -> dict[str, str]:
        return dict.fromkeys(paths, "")

    def uncovered(self, _known: dict[str, str], _targets: list[str]) -> list[str]:
        return []


GOOD = {"format_version": 1, "runs": [{"digest": "d", "status": "begun", "stopped_units": ["old.service"]}]}
RUN: dict[str, Any] = {"digest": "d", "status": "begun"}


def _journal(**run: Any) -> str:
    return json.dumps({"format_version": 1, "runs": [{**RUN, **run}]})


DAMAGED = {
    "empty": "",
    "no-json": "\0\0\0\0",
    "half": json.dumps(GOOD)[:40],
    "other-version": json.dumps({**GOOD, "format_version": 99}),
    "runs-no-list": json.dumps({"format_version": 1, "runs": {"digest": "d"}}),
    "runs-of-numbers": json.dumps({"format_version": 1, "runs": [1, 2]}),
    "since-a-number": _journal(unprotected_from=5),
    "since-no-time": _journal(unprotected_from="yesterday"),
    "since-short": _journal(unprotected_from="Z"),
    "clock-a-list": _journal(unprotected_from="2026-01-01T00:00:00.000Z", unprotected_clock=[1]),
    "clock-of-words": _journal(unprotected_from="2026-01-01T00:00:00.000Z", unprotected_clock={"seconds": "x"}),
    "exact-to-words": _journal(unprotected_from="2026-01-01T00:00:00.000Z", window_exact_to_seconds="x"),
    "units-a-number": _journal(stopped_units=7),
    "units-of-numbers": _journal(stopped_units=[7]),
    "very-deep": '{"a":' * 100_000,
    "very-large": json.dumps({**GOOD, "x": "y" * (1 << 21)}),
    "not-utf-8": "\udcff\udcfe",
}


@pytest.mark.parametrize("damage", DAMAGED)
@attack("journal-damaged", threat="the journal is damaged while nothing protects", holds="protection comes back")
def test_damaged_journal_does_not_keep_the_old_protection_from_coming_back(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    units = _Units()
    for module in (handover, outgoing, incoming):
        if hasattr(module, "interception"):
            monkeypatch.setattr(module, "interception", units)
        if hasattr(module, "systemd"):
            monkeypatch.setattr(module, "systemd", units)
    monkeypatch.setattr(outgoing.on_access, "prove", lambda *_given, **_named: [])
    monkeypatch.setattr(own_journal, "PATH", str(tmp_path / "journal.json"))
    (tmp_path / "journal.json").write_text(DAMAGED[damage], encoding="utf-8", errors="surrogateescape")
    old = {"units": ["old.service"], "starting": [], "triggers": [], "below": ["/old"], "stop_limit": 1}
    handover.undo({"digest": "d", "old": {**old, "start_limit": 1}, "new": None})
    assert units.running == {"old.service"}


@attack("journal-damaged-before-removal", threat="the journal is damaged between two parts", holds="protection is back")
def test_damaged_journal_before_removal_brings_protection_back(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/journal.json").write_text("{", encoding="utf-8")
    steps = [ANNOUNCE, STOPPED, step("20-keep", "retain", "remove", seconds=0), step("30-go", "touch", "remove")]
    answer = carried_out(tmp_path, steps, ["remove"], pending=["20-keep", "30-go"])
    assert (tmp_path / "old-protection-is-back").exists()
    assert [one["outcome"] for one in answer["outcomes"]] == ["untouched", "untouched"]
    assert not (tmp_path / "30-go").exists()


LEASED = [ANNOUNCE, step("a", "touch"), step("b", "touch", "handover"), step("c", "touch", "remove")]
OTHERS = [{**ANNOUNCE, "target": {**ANNOUNCE["target"], "digest": "e" * 64, "change_id": "CHG2"}}, step("x", "touch")]


@pytest.mark.parametrize("other", ["another-controller", "another-change"])
@attack("run-between-parts", threat="another run comes between two parts of a run", holds="it is refused")
def test_no_other_run_gets_between_two_parts(other: str, tmp_path: Path) -> None:
    carried_out(tmp_path, LEASED, ["stage"], controller="one")
    steps, controller = (LEASED, "two") if other == "another-controller" else (OTHERS, "one")
    refused = carried_out(tmp_path, steps, ["handover" if steps is LEASED else "stage"], controller=controller)
    assert refused["code"] == "run_in_progress"
    assert not (tmp_path / "x").exists()
    assert not (tmp_path / "b").exists()
    for part in ("handover", "remove"):
        assert carried_out(tmp_path, LEASED, [part], controller="one")["failure"] is None
    assert carried_out(tmp_path, OTHERS, ["stage"], controller="two")["failure"] is None


@attack(
    "run-twice-at-once",
    threat="the same controller runs the same plan, or the same change, a second time while it runs already",
    holds="the second run is refused between the first one's parts, and let in once the first has ended",
)
@pytest.mark.parametrize("second", ["same-plan", "same-change"])
def test_the_same_controller_gets_in_once(second: str, tmp_path: Path) -> None:
    again, part = (LEASED, "handover") if second == "same-plan" else (OTHERS, "stage")
    if second == "same-change":
        again = [{**OTHERS[0], "target": {**OTHERS[0]["target"], "change_id": "CHG1"}}, *OTHERS[1:]]
    carried_out(tmp_path, LEASED, ["stage"], controller="one", process="10:1")
    refused = carried_out(tmp_path, again, [part], controller="one", process="10:2")
    assert refused["code"] == "run_in_progress"
    assert "process 10:1)" in refused["msg"]
    assert not (tmp_path / "b").exists()
    assert not (tmp_path / "x").exists()
    wrong = carried_out(tmp_path, again, [part], controller="one", process="10:2", ended="10:3")
    assert wrong["code"] == "run_in_progress"
    assert carried_out(tmp_path, LEASED, ["handover"], controller="one", process="10:1")["failure"] is None
    assert carried_out(tmp_path, again, [part], controller="one", process="10:2", ended="10:1")["failure"] is None


@attack(
    "run-taken-for-ended",
    threat="a host names a run that goes on, or none, to have another run of the controller go on beside it",
    holds="the controller looks at its own processes, and asks once more only for one that is gone",
)
@pytest.mark.parametrize(
    "named",
    [
        "alive",
        "gone",
        "of-another-start",
        "of-another-container",
        "of-another-machine",
        "of-roots",
        "nothing",
        "no-number",
    ],
)
def test_only_a_run_that_is_gone_is_taken_for_ended(named: str) -> None:
    ended = subprocess.Popen(["true"])
    mine = run_identity.of_process(os.getpid())
    here, boot = mine.split(":")[2:]
    identity = {
        "alive": mine,
        "gone": run_identity.of_process(ended.pid) or f"{ended.pid}:1:{here}:{boot}",
        "of-another-start": f"{os.getpid()}:1:{here}:{boot}",
        # Containers with the network of their machine have its host name, all of them, and each its own processes.
        "of-another-container": f"{os.getpid()}:1:{int(here or 0) + 1}:{boot}",
        # Machines may all be called localhost, and the first PID namespace has the same number on each.
        "of-another-machine": f"{os.getpid()}:1:{here}:{boot[::-1]}",
        "of-roots": run_identity.of_process(1),
        "nothing": "-",
        "no-number": "x:y",
    }[named]
    ended.wait()
    asked: list[dict[str, Any]] = []

    def ask(arguments: dict[str, Any]) -> dict[str, Any]:
        asked.append(arguments)
        if "ended" in arguments:
            return {"changed": True}
        raise AvshiftError("run_in_progress", "Beginning", "x", f"another run (plan x, process {identity})", "Wait.")

    if named in ("gone", "of-another-start"):
        assert run_identity.asked(ask, {"process": mine}) == {"changed": True}
        assert [one.get("ended") for one in asked] == [None, identity]
    else:
        with pytest.raises(AvshiftError):
            run_identity.asked(ask, {"process": mine})
        assert len(asked) == 1


def _lease(**changed: Any) -> str:
    run = {"digest": "f", "change_id": "CHG9", "controller": "gone"}
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return "\n" + json.dumps({"run": run, "boot": boot, "until": 0.0, **changed}) + "\n"


LEFT = {
    "over": _lease(),
    "of-another-boot": _lease(boot="another", until=1e9),
    "without-end": _lease(until=1e300),
    "nan": _lease(until=float("nan")),
    "no-number": _lease(until="x"),
    "no-run": _lease(run=None, until=1e9),
    "no-json": "\n{{{\n",
    "bytes": "\udcff\udcff\n\udcff",
    "process-that-is-gone": "999999999\n",
}


@pytest.mark.parametrize("left", LEFT)
@attack("lease-left", threat="a run was given up, or its lease is damaged", holds="it keeps nobody out for ever")
def test_lease_that_a_run_has_left_keeps_nobody_out(left: str, tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(LEFT[left], encoding="utf-8", errors="surrogateescape")
    assert carried_out(tmp_path, OTHERS, ["stage"], controller="two")["failure"] is None
    assert (tmp_path / "x").exists()


@attack("killed-run-blocks", threat="a run is killed during a part", holds="the next one is let in")
def test_killed_run_keeps_nobody_out(tmp_path: Path) -> None:
    waiting = [ANNOUNCE, step("a", "retain", seconds=60)]
    with subprocess.Popen(command_line(tmp_path, waiting, ["stage"], controller="one")) as run:
        assert comes((tmp_path / "a-begun").exists)
        refused = carried_out(tmp_path, OTHERS, ["stage"], controller="two")
        assert refused["code"] == "run_in_progress"
        assert str(run.pid) in refused["msg"]
        run.kill()
    assert carried_out(tmp_path, OTHERS, ["stage"], controller="two")["failure"] is None


WAITS = 'cd "$0" && touch slow-begun && while [ ! -e go ]; do sleep 0.05; done; touch slow'


@pytest.mark.parametrize("moment", ["at-work", "between"])
@pytest.mark.parametrize("part", ["stage", "handover", "remove"])
@attack(
    "two-controllers",
    threat="two controllers migrate one host at the same time",
    holds="in each part and after it the second is refused with holder, since and until, and changes nothing",
)
def test_two_controllers_never_work_on_one_host(part: str, moment: str, tmp_path: Path) -> None:
    mine = [ANNOUNCE, *(step(one[0], "touch", one) for one in ("stage", "handover", "remove") if one != part)]
    mine += [step("slow", "command", part, script=WAITS), step("end", "touch", "remove")]
    mine.sort(key=lambda one: ["stage", "handover", "remove"].index(one["part"]))
    parts = ["stage", "handover", "remove"]
    one: dict[str, Any] = {"controller": "one", "process": "10:1"}
    for earlier in parts[: parts.index(part)]:
        assert carried_out(tmp_path, mine, [earlier], **one)["failure"] is None
    if moment == "between":
        (tmp_path / "go").touch()
    with subprocess.Popen(command_line(tmp_path, mine, [part], **one)) as run:
        if moment == "at-work":
            assert comes((tmp_path / "slow-begun").exists)
            asked = [part]
        else:
            run.wait(PATIENCE)
            asked = parts if part != "remove" else []
        for wanted in asked:
            refused = carried_out(tmp_path, OTHERS, [wanted], controller="two", process="20:2")
            assert refused["code"] == "run_in_progress"
            assert re.search(r"change CHG1, from one, process 10:1\),? since 20\d\d-\S+Z", refused["msg"])
            assert "until its part has ended" in refused["msg"] or re.search(r"until 20\d\d-\S+Z", refused["msg"])
        assert not (tmp_path / "x").exists()
        (tmp_path / "go").touch()
    for later in parts[parts.index(part) + 1 :]:
        assert carried_out(tmp_path, mine, [later], **one)["failure"] is None
    assert (tmp_path / "end").exists()
    free = carried_out(tmp_path, OTHERS, ["stage"], controller="two", process="20:2")
    assert free["failure"] is None
    assert "taken_over" not in json.dumps(free)


@pytest.mark.parametrize("end", ["killed", "gone", "given-up"])
@attack(
    "dead-holder",
    threat="the run that holds a host is killed during a part, or its controller has gone",
    holds="the next run takes its place, and outcome and journal say whose",
)
def test_place_of_a_dead_holder_is_taken_and_written_down(end: str, tmp_path: Path) -> None:
    one: dict[str, Any] = {"controller": "one", "process": "10:1"}
    two: dict[str, Any] = {"controller": "two", "process": "20:2"}
    if end == "killed":
        waiting = [ANNOUNCE, step("a", "retain", seconds=60)]
        with subprocess.Popen(command_line(tmp_path, waiting, ["stage"], **one)) as run:
            assert comes((tmp_path / "a-begun").exists)
            run.kill()
        words = "was killed during a part"
    elif end == "gone":
        assert carried_out(tmp_path, LEASED, ["stage"], **one)["failure"] is None
        two, words = {"controller": "one", "process": "20:2", "ended": "10:1"}, "has ended on its controller"
    else:
        assert carried_out(tmp_path, LEASED, ["stage"], **one)["failure"] is None
        lock = tmp_path / "lock"
        first, line = lock.read_text(encoding="ascii").splitlines()
        lock.write_text(f"{first}\n{json.dumps({**json.loads(line), 'until': 0.0})}\n", encoding="ascii")
        words = "did not go on between two parts"
    answer = carried_out(tmp_path, OTHERS, ["stage"], **two)
    assert answer["failure"] is None
    told = answer["outcomes"][0]["facts"]["taken_over"]
    assert told.startswith(f"the run (plan {'d' * 64}, change CHG1, from one, process 10:1) since 20")
    assert words in told
    journal = json.loads((tmp_path / "state/journal.json").read_text(encoding="utf-8"))
    assert journal["runs"][-1]["results"]["stage"]["outcomes"][0]["facts"]["taken_over"] == told


# A /dev in which the log is a socket that nothing reads.
SILENT = """
set -e; mkdir "$0/dev"; mount -t tmpfs none "$0/dev"
for name in null zero full random urandom; do touch "$0/dev/$name"; mount --bind "/dev/$name" "$0/dev/$name"; done
touch "$0/dev/log"; mount --bind "$0/socket" "$0/dev/log"; mount --rbind "$0/dev" /dev; exec "$@"
"""


@contextlib.contextmanager
def _full(path: Path) -> Iterator[None]:
    """Have a socket at a path whose queue is full."""
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as by,
    ):
        log.bind(str(path))
        by.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                by.sendto(b"x", str(path))
        yield


@pytest.mark.parametrize("moment", ["begins", "goes-on"])
@attack(
    "log-silent",
    threat="the host's log is a socket that nothing reads any more when a run begins, or takes a dead one's place",
    holds="a change that cannot be announced is not begun, one that has begun goes on to its end, and says so",
)
def test_log_that_nothing_reads_holds_no_run(moment: str) -> None:
    with place_of_root() as root, _full(root / "socket"):
        steps = [ANNOUNCE, step("a", "retain", seconds=60 if moment == "goes-on" else 0), step("z", "touch")]
        if moment == "goes-on":
            with subprocess.Popen(command_line(root, steps, ["stage"], controller="one")) as run:
                assert comes((root / "a-begun").exists)
                run.kill()
        steps = [ANNOUNCE, steps[2], {**step("y", "finish"), "target": ANNOUNCE["target"]}]
        argv = command_line(root, steps, ["stage"], controller="two", places={"apply.announcement.LIMIT": 2})
        asked = ["unshare", "-m", "sh", "-c", SILENT, str(root), *argv]
        told = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=PATIENCE)
        if "must be superuser" in told.stderr or "unshare failed" in told.stderr:
            pytest.skip("only root can mount a file system")
        answer = json.loads(told.stdout)
        assert (root / "z").exists() is (moment == "goes-on")
        if moment == "begins":
            assert (answer["failure"]["step"], answer["failure"]["code"]) == ("00-announce", "log_silent")
        else:
            assert answer["failure"] is None
            assert "took no line" in answer["outcomes"][-1]["facts"]["not_logged"]


@attack("lock-taken-by-a-user", threat="a user takes the lock of the run", holds="she cannot open it")
def test_user_cannot_take_the_lock() -> None:
    with place_for_all() as place:
        carried_out(place, LEASED, ["stage"], controller="one")

        def take() -> None:
            (place / "out/tried").touch()
            with (place / "lock").open("rb"):
                (place / "out/taken").touch()

        os.waitpid(as_nobody(take), 0)
        assert (place / "out/tried").exists()
        assert not (place / "out/taken").exists()


LIMITED = """
import resource, sys
limit, value, rest = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
resource.setrlimit(getattr(resource, limit), (value, value))
import os
os.execv(rest[0], rest)
"""


@pytest.mark.parametrize("limit", [("RLIMIT_FSIZE", 64), ("RLIMIT_NOFILE", 12), ("RLIMIT_STACK", 1 << 20)])
@attack("limits-of-a-process", threat="the run's process has hardly any resources", holds="an answer, whatever it is")
def test_run_with_hardly_any_resources_gives_an_answer(limit: tuple[str, int], tmp_path: Path) -> None:
    steps = [ANNOUNCE, step("ended", "command", script="touch $0/ended"), step("z", "touch")]
    argv = [sys.executable, "-c", LIMITED, limit[0], str(limit[1]), *command_line(tmp_path, steps, ["stage"])]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=PATIENCE)
    answer = json.loads(done.stdout)
    if "outcomes" in answer:
        assert [one["id"] for one in answer["outcomes"]] == ["00-announce", "ended", "z"]
        assert (answer["failure"] is None) is (tmp_path / "z").exists()
    else:
        assert answer["failed"]
        assert not (tmp_path / "z").exists()


@pytest.mark.parametrize("lost", ["no-folder-for-the-lock", "state-is-a-file", "state-is-a-link"])
@attack("places-of-its-own-gone", threat="the run's own places are not what they were", holds="nothing is changed")
def test_run_without_its_own_places_changes_nothing(lost: str, tmp_path: Path) -> None:
    folder = tmp_path / "root"
    folder.mkdir()
    (tmp_path / "elsewhere").mkdir()
    if lost == "no-folder-for-the-lock":
        (folder / "lock").mkdir()
    elif lost == "state-is-a-file":
        (folder / "state").touch()
    else:
        (folder / "state").symlink_to(tmp_path / "elsewhere")
    answer = carried_out(folder, [ANNOUNCE, step("a", "touch")], ["stage"])
    assert answer.get("failed") or answer["failure"]
    assert not (folder / "a").exists()
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("what", ["lock", "journal"])
@attack(
    "no-room-for-its-own",
    threat="/run, where the lock is, or the disk of the journal is full",
    holds="nothing is done, and the message names the place; a lock that is there already needs no room",
)
def test_run_without_room_for_lock_or_journal_says_where(what: str, tmp_path: Path) -> None:
    mounted = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(tmp_path)]
    if os.geteuid() != 0 or subprocess.run(mounted, check=False).returncode:
        pytest.skip("only root can mount a file system")
    try:
        if what == "journal":
            (tmp_path / "lock").write_text("\n", encoding="ascii")
        with contextlib.suppress(OSError), (tmp_path / "fill").open("wb", buffering=0) as stream:
            while True:
                stream.write(bytes(4096))
        answer = carried_out(tmp_path, [ANNOUNCE, step("a", "touch")], ["stage"])
        told = answer["msg"] if what == "lock" else answer["failure"]["message"]
        assert str(tmp_path / ("lock" if what == "lock" else "state")) in told
        assert (": 0 KiB of 64 KiB" in told.replace("; ", ": ")) is (what == "lock")
        assert not (tmp_path / "a").exists()
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)


@attack("home-made-unremovable", threat="a user turns her file into a directory", holds="all other steps are done")
def test_what_a_user_keeps_in_her_home_stops_no_other_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home/menu.desktop").mkdir(parents=True)
    target = {"path": str(tmp_path / "home/menu.desktop"), "scope": "file", "expected_gone": [], "in_home": True}
    done: list[str] = []

    class Later:
        IN_RUN = True
        look = staticmethod(lambda target: target["marker"] in done)
        do = staticmethod(lambda target: done.append(target["marker"]))

    for name in ("account_remove", "finish"):
        monkeypatch.setitem(runner.KINDS, name, Later)
    home = {**step("a", "path_remove", "remove"), "target": target}
    steps = [home, step("b", "account_remove", "remove"), step("c", "finish", "remove")]
    told = runner.carry_out(steps, ["a", "b", "c"], False)
    assert done == ["b", "c"]
    assert [one["outcome"] for one in told["outcomes"]] == ["failed", "changed", "changed"]
    assert "menu.desktop" in told["outcomes"][0]["facts"]["message"]
    assert (tmp_path / "home/menu.desktop").is_dir()


@attack(
    "killed-while-it-removes",
    threat="a run is killed (SIGKILL, or for want of memory) while a step works on the disk, or in a user's home",
    holds="nothing of it goes on changing the host beside the next run",
)
@pytest.mark.parametrize("in_home", [False, True])
def test_a_step_on_the_disk_ends_with_its_run(in_home: bool, tmp_path: Path) -> None:
    steps, grown = [ANNOUNCE, step("grown", "flags_clear", in_home=in_home)], tmp_path / "grown"
    with subprocess.Popen(command_line(tmp_path, steps, ["stage"]), stdout=subprocess.DEVNULL) as run:
        assert comes(lambda: grown.exists() and grown.stat().st_size > 2)
        run.kill()
    sizes: list[int] = []

    def rests() -> bool:
        sizes.append(grown.stat().st_size)
        return len(sizes) > 25 and len(set(sizes[-25:])) == 1

    assert comes(rests)
