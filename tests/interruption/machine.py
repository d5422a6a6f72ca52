"""A lab host that is recreated for every case, and can be interrupted."""

from __future__ import annotations

import json
import stat
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fidelity.observation import Observation, real
from integration import observer
from integration.lab import REPOSITORY
from integration.observer import Span

from interruption import engine

SCRIPT = Path(__file__).with_name("endpoint.py").read_text(encoding="utf-8")
PYTHON = ("python3", "-c", SCRIPT)
LIMIT = 1800
# Space for a replacement, and memory for the hosts that run at once.
DISK_MEGABYTES = 600
LETTERS = {stat.S_IFDIR: "d", stat.S_IFREG: "f", stat.S_IFLNK: "l"}
AT_THE_BOUNDARY = "at the boundary\n"
BOOTED = "timeout 120 sh -c 'until [ -S /run/systemd/private ]; do sleep 0.1; done; systemctl is-system-running --wait'"


@dataclass
class Machine:
    """A host of the lab in its own fleet; ``made`` is when it was last created.

    Its disk is in memory, which is faster than the machine's, and can be filled.
    """

    fleet: str
    case: engine.Case
    made: float = field(default=0.0)

    @property
    def container(self) -> str:
        """The container's name."""
        return f"avshift-lab-{self.fleet}-{self.case.host}"

    def fresh(self) -> None:
        """Create it from scratch."""
        self.made = time.time()
        _must("lab/fleet.py", "up", "--fresh", f"--disk={DISK_MEGABYTES}", "--fleet", self.fleet, self.case.host)
        self.call("shorten")

    def down(self) -> None:
        """Remove it."""
        _must("lab/fleet.py", "down", "--fleet", self.fleet)

    def call(self, do: str, **given: Any) -> Any:
        """Return the result of the collection's code, or of a look at the disk, on it."""
        done = self._run(do, given)
        assert done.returncode == 0, f"{do}: {done.stderr}"
        return json.loads(done.stdout)

    def plan(self) -> dict[str, Any]:
        """Return the host's plan as it is now."""
        facts = self.call("collect", probes="{}")["collected"]["host"]
        return engine.planned(self.case, self.call("collect", probes=engine.probes(self.case, facts)))

    def observe(self) -> tuple[Observation, set[str]]:
        """Return what the host contains, in the form that plan fidelity compares, and which units run."""
        seen = self.call("observe", since=self.made)
        files = {path: _described(*told) for path, told in seen["look"].items() if path.startswith("/")}
        owned = {name: frozenset(real(path, files) for path in paths) for name, paths in seen["owned"].items()}
        holds = Observation(
            files=files,
            packages={line.partition("\t")[0]: line for line in seen["packages"]},
            owned={name.partition(":")[0]: paths for name, paths in owned.items()},
            groups={line.partition(":")[0]: line for line in seen["groups"]},
            accounts={line.partition(":")[0]: line for line in seen["accounts"]},
        )
        return holds, {name for name, told in seen["look"].items() if name.startswith("unit ") and "running" in told}

    def carry_out(self, steps: list[dict[str, Any]], boundary: dict[str, Any] | None = None) -> dict[str, Any]:
        """Carry the steps out and return {parts, seen}; if a boundary is given, the disk is full from there on."""
        done: dict[str, Any] = self.call("apply", steps=steps, boundary=boundary, power=False)
        return done

    def resume(self, approved: dict[str, Any]) -> None:
        """Run with the approved plan as a second call of migrate does: look, plan, be approved, carry out."""
        failure = failure_of(self.carry_out(engine.carried_out(self.plan(), approved)))
        assert failure is None, failure

    def kill_at(self, steps: list[dict[str, Any]], boundary: dict[str, Any]) -> None:
        """Carry the steps out; at the boundary the process gets SIGKILL, and what it has started continues."""
        done = self._run("apply", {"steps": steps, "boundary": boundary, "power": False})
        assert done.returncode == 137, f"not reached: {boundary}: {done.stdout} {done.stderr}"

    def lose_power_at(self, steps: list[dict[str, Any]], boundary: dict[str, Any]) -> None:
        """Carry the steps out; at the boundary every process of the machine ends at once, and then it boots again."""
        given = self._given("apply", {"steps": steps, "boundary": boundary, "power": True})
        with subprocess.Popen(self._argv(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdin is not None and running.stdout is not None
            running.stdin.write(given)
            running.stdin.close()
            said = running.stdout.readline()
            self.power_cycle()
        assert said == AT_THE_BOUNDARY, f"not reached: {boundary}: {said}"

    def observer(self, do: str) -> list[Span]:
        """Start the lab's observer on the host, or stop it and return what it saw."""
        on_host = ["podman", "exec", self.container]
        if do == "start":
            _must("podman", "cp", str(observer.PROGRAM), f"{self.container}:{observer.ON_HOST}")
            begin = ["systemd-run", f"--unit={observer.UNIT}", "--collect", "--quiet", "python3"]
            _must(*on_host, *begin, observer.ON_HOST, observer.LOG, *observer.FOLDERS)
            return []
        _must(*on_host, "systemctl", "stop", observer.UNIT)
        said = subprocess.run([*on_host, "cat", observer.LOG], capture_output=True, text=True, check=True).stdout
        return [Span(**json.loads(line)) for line in said.splitlines()]

    def power_cycle(self) -> None:
        """Kill all of it, and start it again."""
        _must("podman", "kill", self.container)
        _must("podman", "wait", self.container)
        _must("podman", "start", self.container)
        subprocess.run(["podman", "exec", self.container, "sh", "-c", BOOTED], capture_output=True, check=False)

    def _run(self, do: str, given: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._argv(), input=self._given(do, given), capture_output=True, text=True, timeout=LIMIT, check=False
        )

    def _argv(self) -> list[str]:
        return ["podman", "exec", "--interactive", self.container, *PYTHON]

    @staticmethod
    def _given(do: str, given: dict[str, Any]) -> str:
        return json.dumps({"do": do, "program": engine.program(), **given})


def failure_of(done: dict[str, Any]) -> Any:
    """Return why a run failed, None if it did not."""
    return next((part.get("msg") or part["failure"] for part in done["parts"].values() if not _went_well(part)), None)


def _went_well(part: dict[str, Any]) -> bool:
    return not part.get("failed") and part["failure"] is None


def _described(kind: int, mode: int, owner: int, group: int, content: object) -> tuple[str, ...]:
    """Return a path of a look in the form of observations; sizes and times are ignored."""
    link = str(content) if stat.S_ISLNK(kind) else "-"
    letter = LETTERS.get(kind, "?")
    return (letter, oct(mode), f"{owner}:{group}", "-", "-", "-" if link != "-" else str(content), link)


def _must(*argv: str) -> None:
    done = subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, f"{' '.join(argv)}: {done.stdout}{done.stderr}"
