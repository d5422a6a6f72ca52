"""The controller in a folder, from outside: what it runs, what it leaves, and what happens when it is killed."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import remains

ROOT = Path(__file__).resolve().parents[2]
FULL = os.environ.get("AVSHIFT_CONTROLLER_SET") == "full"
# Half of them while the root is being made, half while commands run in it.
KILLS = 20 if FULL else 2
SEED = 18
SECONDS = 900
FEW = ("iproute2", "passt", "procps", "python3")
UNIT = (
    ("tests/unit", "tests/fidelity", "tests/interruption")
    if FULL
    else (
        "tests/unit/test_damaged_databases.py",
        "tests/unit/test_report_formats.py",
        "tests/unit/test_plan.py",
        "tests/unit/test_verdict.py",
    )
)
# A command with children outside its process group, a mount and its own interface; it notes its network.
BUSY = f"""set -e; python3 -c '{remains.COOKIE}' >>networks
mount -t tmpfs busy /mnt; ip link add d0 type veth peer name d1
setsid sleep 1000 & unshare --net --fork sleep 1000 & sleep 1000"""


@pytest.fixture(scope="module")
def small() -> Iterator[Path]:
    """A checkout with only the controller, and a short list of packages."""
    folder = ROOT / ".cache" / "controller-tests"
    if (folder / "lab").is_dir():
        _call(folder, "remove")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "lab/avshift_controller", folder / "lab/avshift_controller")
    for name in ("controller", "controller.py"):
        shutil.copy(ROOT / "lab" / name, folder / "lab" / name)
    (folder / "lab/avshift_controller/packages.txt").write_text("\n".join(FEW), encoding="utf-8")
    yield folder
    _call(folder, "remove")
    shutil.rmtree(folder)


def _call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [str(folder / "lab/controller"), *words]
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False)


@contextlib.contextmanager
def _killed(folder: Path, *words: str) -> Iterator[None]:
    """Have a call that runs, and that is killed afterwards."""
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([str(folder / "lab/controller"), *words], **quiet, start_new_session=True) as process:
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _wait_for(seen: Callable[[], object]) -> None:
    until = time.monotonic() + SECONDS
    while not seen() and time.monotonic() < until:
        time.sleep(0.01)


def _must_be_gone(folder: Path) -> None:
    assert remains.mounts(folder / ".cache") == []
    assert remains.processes(folder / ".cache") == []
    assert remains.groups(folder) == set()
    assert not _noted_networks(folder) & remains.networks()


def _noted_networks(folder: Path) -> set[int]:
    noted = folder / "networks"
    return {int(line) for line in noted.read_text(encoding="ascii").split()} if noted.exists() else set()


def test_own_tests_pass_in_it() -> None:
    done = _call(ROOT, "run", "sh", "-c", f"make setup && exec pytest -q -x {' '.join(UNIT)}")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def _written_elsewhere(folder: Path, command: str) -> list[str]:
    """Run a command; return what it wrote outside of a checkout's .cache, wherever on this machine."""
    listed = folder / ".cache/written"
    given = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    argv = [str(ROOT / "tests/controller/watched.sh"), str(folder), str(listed), "sh", "-ec", f"cd {folder}; {command}"]
    done = subprocess.run(argv, env=given, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return listed.read_text(encoding="utf-8").splitlines()


def test_killed_while_it_is_made_it_is_made_again(small: Path) -> None:
    chance = random.Random(SEED)
    for _kill in range(KILLS // 2):
        with _killed(small, "make"):
            time.sleep(chance.uniform(0.5, 12))
        assert _call(small, "down").returncode == 0
        _must_be_gone(small)
    # A call that makes it again, one that uses it and one that ends it write nothing elsewhere.
    assert _written_elsewhere(small, "lab/controller make; lab/controller run true; lab/controller down") == []
    assert len(list(small.glob(".cache/controller/root-*"))) == 1
    assert _call(small, "run", "true").returncode == 0


def test_what_is_written_elsewhere_is_seen(small: Path) -> None:
    """Else the test before this one would show nothing."""
    mine = Path("/avshift-written")
    written = _written_elsewhere(small, f"touch {small}/here; touch {mine}; mktemp /tmp/avshift-XXXXXX")
    assert [line.rpartition("/")[2][:8] for line in written] == ["here", "avshift-", "avshift-"]
    assert not (small / "here").exists() and not mine.exists()


@pytest.mark.parametrize("after", ["down", "run"])
def test_killed_while_it_runs_it_leaves_nothing(after: str, small: Path) -> None:
    chance = random.Random(f"{SEED} {after}")
    assert _call(small, "make").returncode == 0
    assert _call(small, "down").returncode == 0
    for _kill in range(max(1, KILLS // 4)):
        (small / "networks").unlink(missing_ok=True)
        with _killed(small, "run", "sh", "-c", BUSY):
            time.sleep(chance.uniform(0.2, 6))
        if after == "run":
            said = _call(small, "run", "sh", "-c", "cat /proc/mounts /proc/net/dev /proc/[0-9]*/comm")
            assert said.returncode == 0, said.stderr
            assert not {"busy", "d0:", "sleep"} & set(said.stdout.split())
        assert _call(small, "down").returncode == 0
        _must_be_gone(small)


def test_network_of_a_command_that_runs_is_seen(small: Path) -> None:
    """Else the test before this one would not see one that is left."""
    (small / "networks").unlink(missing_ok=True)
    with _killed(small, "run", "sh", "-c", BUSY):
        _wait_for(lambda: _noted_networks(small))
        assert _noted_networks(small) & remains.networks()
    assert _call(small, "down").returncode == 0
    _must_be_gone(small)


@pytest.mark.parametrize("seconds", [0, 0.05, 0.1, 0.2, 0.4])
def test_killed_while_it_starts_down_finds_what_was_started(seconds: float, small: Path) -> None:
    """Its supervisor is a session of its own, and is noted only when all is ready."""
    assert _call(small, "make").returncode == 0
    assert _call(small, "down").returncode == 0
    with _killed(small, "run", "sleep", "1000"):
        _wait_for(lambda: any("supervise" in line for line in remains.processes(small)))
        time.sleep(seconds)
    assert _call(small, "down").returncode == 0
    _must_be_gone(small)


def test_two_commands_share_it_and_the_first_s_end_is_not_the_second_s(small: Path) -> None:
    assert _call(small, "make").returncode == 0
    argv = [str(small / "lab/controller"), "run", "sh", "-c", "touch /run/seen; sleep 4; test -e /run/other"]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL) as first:
        waiting = "until [ -e /run/seen ]; do sleep 0.1; done; touch /run/other"
        assert _call(small, "run", "sh", "-c", waiting).returncode == 0
        assert first.wait(timeout=SECONDS) == 0
    assert _call(small, "run", "sh", "-c", "exit 7").returncode == 7
    assert _call(small, "down").returncode == 0


def test_of_two_commands_the_killed_one_s_processes_end_and_the_other_goes_on(small: Path) -> None:
    assert _call(small, "make").returncode == 0
    argv = [str(small / "lab/controller"), "run", "sh", "-c"]
    left = "setsid sleep 1001 & unshare --net --fork sleep 1001 & touch /run/begun; sleep 1001"
    count = "pgrep -c -x -f 'sleep 1001' || true"
    goes_on = "until [ -e /run/ends ]; do sleep 0.1; done; sleep 0.5; exit 3"
    with contextlib.ExitStack() as ends:
        # Whatever is found, none of them is waited for in vain.
        ends.callback(_call, small, "down")
        other = ends.enter_context(subprocess.Popen([*argv, goes_on], stdin=subprocess.DEVNULL))
        ends.callback(other.kill)
        killed = ends.enter_context(subprocess.Popen([*argv, left], stdin=subprocess.DEVNULL, start_new_session=True))
        waiting = f"until [ -e /run/begun ] && [ $({count}) -ge 3 ]; do sleep 0.1; done"
        assert _call(small, "run", "sh", "-c", waiting).returncode == 0
        os.killpg(killed.pid, signal.SIGKILL)
        gone = f"i=0; until [ $({count}) = 0 ] || [ $i = 100 ]; do i=$((i+1)); sleep 0.1; done; {count}"
        assert _call(small, "run", "sh", "-c", gone).stdout.split() == ["0"]
        assert other.poll() is None
        assert _call(small, "run", "touch", "/run/ends").returncode == 0
        assert other.wait(timeout=SECONDS) == 3
    assert _call(small, "down").returncode == 0
    _must_be_gone(small)


@pytest.mark.skipif(not FULL, reason="another root takes a while; the whole set has it")
def test_changed_list_makes_another_root_and_every_playbook_works_with_ansible_core_alone(small: Path) -> None:
    assert _call(small, "make").returncode == 0
    before = [path.name for path in small.glob(".cache/controller/root-*")]
    with (small / "lab/avshift_controller/packages.txt").open("a", encoding="utf-8") as listed:
        listed.write("\nansible-core\n")
    for name in ("plugins", "roles", "playbooks", "meta"):
        shutil.copytree(ROOT / name, small / name)
    shutil.copy(ROOT / "tests/controller/every_playbook.sh", small)
    done = _call(small, "run", "./every_playbook.sh", "played")
    ended = dict(line.split() for line in done.stdout.splitlines() if not line.startswith(("==", " ")))
    printed = {name: (small / f"played/{name}.txt").read_text(encoding="utf-8")[-2000:] for name in ended}
    assert set(ended) == {path.stem for path in (ROOT / "playbooks").glob("*.yml")}, done.stdout + done.stderr
    assert {name: printed[name] for name in ended if ended[name] != "0"} == {}
    after = [path.name for path in small.glob(".cache/controller/root-*")]
    assert len(after) == 1 and after != before


def test_another_list_has_a_root_of_its_own_and_down_ends_both(small: Path) -> None:
    listed = small / "lab/avshift_controller/packages.txt"
    shutil.copy(listed, listed.with_name("packages-other.txt"))
    assert _call(small, "make").returncode == 0
    (root,) = small.glob(".cache/controller/root-*")
    # The same packages under the same name: a copy is as good as one that is made.
    (small / ".cache/controller/other").mkdir()
    subprocess.run(["cp", "-al", str(root), str(small / ".cache/controller/other")], check=True)
    # What ran before may still be there for some seconds.
    assert _call(small, "down").returncode == 0
    waiting = "touch seen-{0}; until [ -e seen-{1} ]; do sleep 0.1; done; exec sleep 1000"
    argv = [str(small / "lab/controller"), "run"]
    own = subprocess.Popen([*argv, "sh", "-c", waiting.format("own", "other")], stdin=subprocess.DEVNULL)
    other = subprocess.Popen(
        [*argv, "--list", "other", "sh", "-c", waiting.format("other", "own")], stdin=subprocess.DEVNULL
    )
    with own, other:
        until = time.monotonic() + SECONDS
        while len(list(small.glob("seen-*"))) < 2 and time.monotonic() < until:
            time.sleep(0.1)
        # Both are running, each in its own root; a control group has the same name in every hierarchy.
        names = {Path(group).name for group in remains.groups(small)}
        assert _call(small, "down").returncode == 0
    assert len(names) == 2
    assert own.returncode != 0 and other.returncode != 0
    _must_be_gone(small)
    assert [path.name for path in small.glob(".cache/controller/*/root-*")] == [root.name]
    assert list(small.glob(".cache/controller/root-*")) == [root]


def test_removing_it_never_reaches_the_checkout(small: Path) -> None:
    assert _call(small, "make").returncode == 0
    kept = small / "kept"
    kept.write_text("x", encoding="utf-8")
    argv = [str(small / "lab/controller"), "run", "sh", "-c", "touch reached; sleep 1000"]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True):
        until = time.monotonic() + SECONDS
        while not (small / "reached").exists() and time.monotonic() < until:
            time.sleep(0.1)
        assert _call(small, "remove").returncode == 0
    assert kept.read_text(encoding="utf-8") == "x"
    assert (small / "lab/controller").is_file()
    assert list(small.glob(".cache/controller/**/root-*")) == []
    assert remains.mounts(small / ".cache") == []
