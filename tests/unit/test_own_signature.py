"""The signature of one run: only the engine learns it, and nothing of it remains."""

from __future__ import annotations

import array
import os
import re
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.prove import own_signature
from ansible_collections.avshift.endpoint.plugins.module_utils.prove.own_signature import OwnSignature
from support import CATALOG

NAME = re.compile(r"avshift-overlap-[0-9a-f]{32}\.ndb")


class _Engine(threading.Thread):
    """Answers on a socket as the real one does, by the signatures in a directory at the time of the reload order."""

    def __init__(self, folder: Path, loads: bool = True) -> None:
        super().__init__(daemon=True)
        self.folder, self.loads, self.loaded, self.reloads = folder, loads, [b""][:0], 0
        self.path = str(folder.parent / "socket")
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        self.listener.listen(4)
        self.start()

    def run(self) -> None:
        while True:
            connection, _address = self.listener.accept()
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        asked, data = b"", b""
        while not asked.endswith(b"\0"):
            asked += connection.recv(1)
        if asked == b"zRELOAD\0":
            self.reloads += 1
            if self.loads:
                self.loaded = [bytes.fromhex(found.read_text().split(":")[3]) for found in self.folder.glob("*.ndb")]
            connection.sendall(b"RELOADING\0")
            return
        _byte, ancillary, _flags, _from = connection.recvmsg(1, socket.CMSG_LEN(4))
        (descriptor,) = array.array("i", ancillary[0][2])
        data = os.pread(descriptor, 1 << 16, 0)
        os.close(descriptor)
        found = any(pattern in data for pattern in self.loaded)
        connection.sendall(b"fd[9]: Avshift.Overlap.UNOFFICIAL FOUND\0" if found else b"fd[9]: OK\0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "database"
    made.mkdir()
    return made


def _made(folder: Path, **changes: Any) -> dict[str, Any]:
    """Return what the catalog says about ClamAV's signature, in another directory."""
    told = CATALOG.providers["clamav"].platforms["debian"]["real_time"]["overlap"]["signature"]
    return {**told, "directory": str(folder), "forget": True, **changes}


def test_the_engine_knows_it_as_long_as_it_lasts(folder: Path) -> None:
    engine = _Engine(folder)
    with OwnSignature(_made(folder), engine.path) as made:
        (there,) = os.listdir(folder)
        assert NAME.fullmatch(there)
        assert oct((folder / there).stat().st_mode & 0o777) == "0o644"
        assert engine.loaded == [made.data]
    assert os.listdir(folder) == []
    assert engine.loaded == []


def test_its_file_goes_before_the_block_ends_if_it_is_taken_away(folder: Path) -> None:
    engine = _Engine(folder)
    with OwnSignature(_made(folder, forget=False), engine.path) as made:
        made.take_away()
        assert os.listdir(folder) == []
        assert engine.reloads == 1
    assert engine.reloads == 1


def test_no_two_runs_have_the_same(folder: Path) -> None:
    made = [OwnSignature(_made(folder), "/none") for _run in range(3)]
    assert len({one.data for one in made}) == 3


def test_an_engine_that_does_not_come_to_know_it_is_an_error_and_its_file_goes(folder: Path) -> None:
    """The negative control: the engine loads from elsewhere, so that the signature is not loaded."""
    engine = _Engine(folder, loads=False)
    with pytest.raises(EndpointError, match="does not detect this run's own signature") as caught:
        OwnSignature(_made(folder, limit=0.3), engine.path).__enter__()
    assert caught.value.code == "own_signature_unknown"
    assert os.listdir(folder) == []


def test_an_engine_that_does_not_answer_leaves_nothing_behind(folder: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        OwnSignature(_made(folder), str(folder.parent / "nobody")).__enter__()
    assert os.listdir(folder) == []


def test_what_killed_runs_have_left_goes_and_nothing_else(folder: Path) -> None:
    digits = "0123456789abcdef" * 2
    left = [f"avshift-overlap-{digits}.ndb", f".avshift-overlap-{digits}.ndb.avshift"]
    kept = ["main.cvd", "avshift-overlap-mine.ndb", f"x-avshift-overlap-{digits}.ndb", f"avshift-overlap-{digits}.ndb~"]
    for name in (*left, *kept):
        (folder / name).touch()
    own_signature.remove_left(_made(folder))
    assert sorted(os.listdir(folder)) == sorted(kept)
