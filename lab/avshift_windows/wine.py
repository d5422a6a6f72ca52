"""One prefix of Wine as a host: made, started, called, asked for its registry, ended."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avshift_lab.errors import LabError

# Debian's `wine` would start another loader where there is one of 32 bits.
PROGRAM, SERVER = "/usr/lib/wine/wine64", "/usr/lib/wine/wineserver64"
SECONDS, GRACE = 900, 20
# Larger files are Wine's own programs, which nothing changes: copies of a prefix share them.
SHARED_FROM = 64 << 10
# What `reg export` is asked for; together they are what a disk has as hives.
EXPORTED = (r"HKLM\SOFTWARE", r"HKLM\SYSTEM", r"HKU\.DEFAULT", r"HKU\S-1-5-21-0-0-0-1000")


@dataclass(frozen=True)
class Ran:
    """The result of a command line: its full exit code, and what it printed."""

    code: int
    output: str


@dataclass(frozen=True)
class Prefix:
    """A prefix in a folder, and the number of the account that owns it and runs it."""

    folder: Path
    account: int = 0

    @property
    def drive(self) -> Path:
        """Its drive C, which is also what its disk looks like."""
        return self.folder / "drive_c"

    @property
    def temp(self) -> Path:
        """A separate folder for the lab's own requests."""
        return self.drive / "windows" / "temp"

    def make(self) -> None:
        """Have Wine make it."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self._wine("wineboot", "-i")
        self._server("-w")

    def copy(self, folder: Path) -> Prefix:
        """Return a copy of it, which shares Wine's own programs with it. The copied one must not be up."""
        # A server's folder is named in one file, and is this one's alone.
        shutil.copytree(
            self.folder,
            folder,
            symlinks=True,
            copy_function=_shared,
            ignore=shutil.ignore_patterns("wineserver"),
        )
        return Prefix(folder)

    @contextmanager
    def up(self) -> Iterator[None]:
        """Run it, with its services, until the end of the block."""
        options = {**self._options(), "stdout": subprocess.PIPE}
        with subprocess.Popen([PROGRAM, r"C:\hold.exe"], **options) as holding:
            try:
                self._await(holding)
                yield
            finally:
                # Without a signal it is killed after some seconds, whether its registry is on the disk or not.
                self._server("-k2")
                self._server("-w")
                _end(holding)

    def _await(self, holding: subprocess.Popen[bytes]) -> None:
        """Wait until a host holds: until then it may end between two commands, and its server with it."""
        assert holding.stdout is not None
        ready, _writable, _odd = select.select([holding.stdout], [], [], SECONDS)
        if not ready or not holding.stdout.readline():
            raise LabError("Starting a host", str(self.folder), "it does not hold", "Look at it")

    def boot(self) -> None:
        """Boot it, while it is down: renames that wait are carried out, and services are what the registry says."""
        self._wine("wineboot")
        self._server("-w")

    def call(self, *words: str) -> Ran:
        """Run one command line, ASCII alone, and return its whole exit code, which Wine's loader cuts to eight bits."""
        name = f"lab-{uuid.uuid4().hex}"
        batch, code = self.temp / f"{name}.cmd", self.temp / f"{name}.code"
        line = subprocess.list2cmdline(words).replace("%", "%%")
        # A digit before the arrow would be the number of what is redirected.
        batch.write_bytes(f"@{line}\r\n@>C:\\windows\\temp\\{name}.code echo %ERRORLEVEL%\r\n".encode("ascii"))
        try:
            done = self._wine("cmd", "/d", "/q", "/c", f"C:\\windows\\temp\\{name}.cmd")
            if not code.exists():
                raise LabError("Calling a program in Wine", words[0], done.output or "no exit code", "Look at it")
            return Ran(int(code.read_text(encoding="ascii")), done.output)
        finally:
            batch.unlink()
            code.unlink(missing_ok=True)

    def must(self, *words: str) -> str:
        """Run a command line that has to end well, and return what it printed."""
        ran = self.call(*words)
        if ran.code != 0:
            raise LabError("Calling a program in Wine", " ".join(words), f"code {ran.code}: {ran.output}", "Look at it")
        return ran.output

    def stop(self, service: str, program: str) -> None:
        """Stop a service, and wait until its program has ended: a removal cannot delete the file of one that runs."""
        self.must("sc", "stop", service)
        until = time.monotonic() + SECONDS
        while self._is_running(program):
            if time.monotonic() > until:
                raise LabError("Stopping a service in Wine", service, f"{program} still runs", "Look at it")
            time.sleep(0.1)

    def _is_running(self, program: str) -> bool:
        """Return whether a program of this host runs, by its name alone."""
        own = f"WINEPREFIX={self.folder}".encode()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                is_named = program.lower().encode() in (process / "cmdline").read_bytes().lower()
                if is_named and own in (process / "environ").read_bytes().split(b"\0"):
                    return True
            except OSError:
                # It has ended meanwhile.
                continue
        return False

    def give(self, registry: bytes) -> None:
        """Write keys and values as `reg import` takes them."""
        file = self.temp / "given.reg"
        file.write_bytes(registry)
        self.must("reg", "import", r"C:\windows\temp\given.reg")
        file.unlink()

    def registry(self) -> str:
        """Return all that a disk has as hives, as `reg export` writes it."""
        texts = []
        file = self.temp / "told.reg"
        for key in EXPORTED:
            self.must("reg", "export", key, r"C:\windows\temp\told.reg", "/y")
            texts.append(file.read_bytes().decode("utf-16", "surrogatepass").replace("\r\n", "\n"))
            file.unlink()
        return "\n".join([texts[0], *(text.partition("\n")[2] for text in texts[1:])])

    def files(self) -> dict[str, int]:
        """Return {path below drive C: size} of all files, and -1 of folders."""
        found = {}
        for place, folders, names in os.walk(self.drive):
            below = Path(place).relative_to(self.drive)
            found.update({str(below / name): -1 for name in folders})
            found.update({str(below / name): (Path(place) / name).lstat().st_size for name in names})
        return found

    def _wine(self, *words: str) -> Ran:
        # No pipe: a service that was started on the way would hold its other end, and outlives the command.
        with tempfile.TemporaryFile() as output:
            options = {**self._options(), "stdout": output, "stderr": output}
            done = subprocess.run([PROGRAM, *words], timeout=SECONDS, check=False, **options)
            output.seek(0)
            return Ran(done.returncode, output.read().decode("utf-8", "replace"))

    def _server(self, how: str) -> None:
        subprocess.run([SERVER, how], timeout=SECONDS, check=False, **self._options())

    def _options(self) -> dict[str, Any]:
        account = {"user": self.account, "group": self.account, "extra_groups": []} if self.account else {}
        return {
            **account,
            "env": environment(self.folder),
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
        }


def environment(folder: Path) -> dict[str, str]:
    """Return what Wine is started with. `mscoree` stays on: without it no program of .NET would start."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/root",
        "LC_ALL": "C.UTF-8",
        "XDG_RUNTIME_DIR": "/tmp",
        "WINEPREFIX": str(folder),
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "mshtml=",
    }


def _end(holding: subprocess.Popen[bytes]) -> None:
    """End what held a host. A program that its server had not yet known waits for that server for ever."""
    try:
        holding.wait(GRACE)
    except subprocess.TimeoutExpired:
        holding.kill()


def _shared(source: str, target: str) -> None:
    if os.path.getsize(source) >= SHARED_FROM and not source.endswith(".reg"):
        os.link(source, target)
    else:
        shutil.copy2(source, target)
