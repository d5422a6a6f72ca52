"""Places that never answer, and how detection and self-tests cope with them."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from attacks import attack
from importable import REPOSITORY
from looking import MODULES, hers, hung, image, look, rpm_database

ASKED = {"home_path": ["KVRT2024_Data"], "installer": ["kesl-*.deb"], "group": ["root"], "account": ["root"]}
SHORT = {"collect__collector__SECONDS": 2, "collect__gathering__HARDLY": 2, "posix__running__bounded__GRACE": 0.5}
# A machine with other work is slow; a look without the fix never ends.
IN_TIME = 45

pytestmark = pytest.mark.skipif(not os.access("/dev/fuse", os.W_OK), reason="there is no FUSE here")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An image of a host on which mallory has a home."""
    return image(tmp_path / "image", "mallory")


@pytest.mark.parametrize("place", ["home/mallory", "home/mallory/KVRT2024_Data", "home", "tmp"])
@attack(
    "look-hung-file-system",
    threat="a file system of users' whose server is gone is mounted at a home, in it, at all homes, or at /tmp",
    holds="the look is back at once, names the place and the type, and has everything else",
)
def test_hung_mount_of_users_is_not_entered(root: Path, place: str) -> None:
    (root / place).mkdir(exist_ok=True)
    with hung(root / place):
        seen = look(ASKED, root)
    assert any("fuse.hung" in cause and "/" + place in cause for cause in seen.unknown().values())
    assert "group:root" in seen.items
    assert seen.took < IN_TIME


@pytest.mark.parametrize("place", ["opt", "var/tmp", "var/lib/dpkg"])
@attack(
    "look-hung-system-mount",
    threat="a FUSE file system below /opt or /var does not answer",
    holds="the look ends, says which place did not answer, and has everything else",
)
def test_hung_mount_of_the_systems_is_given_up(root: Path, place: str) -> None:
    (root / place).mkdir(parents=True, exist_ok=True)
    with hung(root / place):
        asked = {**ASKED, "path": {"paths": ["/opt/kaspersky"], "children_of": [], "listed": []}}
        asked["package"] = {"names": ["kesl"], "word": "", "in": []}
        seen = look(asked, root, **SHORT, posix__files__foreign__ANSWER=1)
    assert any("/" + place in cause for cause in seen.unknown().values())
    assert "group:root" in seen.items
    assert seen.took < IN_TIME


@attack(
    "look-hung-unknown-type",
    threat="what hangs is a file system of a type that nobody knows as one that can hang",
    holds="the limit of a kind holds in the kernel too, what was seen before is kept, and the path is named",
)
def test_limit_holds_where_the_kernel_waits(root: Path) -> None:
    (root / "home/mallory/Downloads").mkdir()
    (root / "root/kesl-1.deb").touch()
    empty = root.parent / "mountinfo"
    empty.write_text("", encoding="utf-8")
    with hung(root / "opt"):
        seen = look(ASKED, root, **SHORT, kernel__mounts__TABLE=str(empty))
    assert any("/opt" in cause for cause in seen.unknown().values())
    assert "value" in seen.items["installer:/root/kesl-1.deb"]
    assert "group:root" in seen.items
    assert seen.took < IN_TIME


WEDGE = """
import ctypes, os, sys, time
library = ctypes.CDLL(None, use_errno=True)
descriptor = library.fanotify_init(4, os.O_RDONLY)
library.fanotify_mark.argtypes = [ctypes.c_int, ctypes.c_uint, ctypes.c_uint64, ctypes.c_int, ctypes.c_char_p]
failed = descriptor < 0 or library.fanotify_mark(descriptor, 0x11, 0x10000, -100, sys.argv[1].encode())
print("failed" if failed else "wedged", flush=True)
time.sleep(100)
"""


@pytest.fixture
def wedged(root: Path) -> Iterator[Path]:
    """The image on its own file system, where every open waits for a scanner that never answers."""
    library = ctypes.CDLL(None, use_errno=True)
    # Not below /tmp, where another file system is not entered.
    copy = Path(f"/var/lib/avshift-hostile-wedged-{os.getpid()}")
    copy.mkdir()
    assert library.mount(b"none", os.fsencode(copy), b"tmpfs", 0, b"mode=0755") == 0
    scanner = None
    try:
        subprocess.run(["cp", "-a", f"{root}/.", str(copy)], check=True)
        scanner = subprocess.Popen([sys.executable, "-c", WEDGE, str(copy)], stdout=subprocess.PIPE)
        assert scanner.stdout is not None
        if scanner.stdout.readline() != b"wedged\n":
            pytest.skip("the kernel here has no permission marks")
        yield copy
    finally:
        if scanner is not None:
            scanner.kill()
            scanner.wait()
        library.umount2(os.fsencode(copy), 2)
        copy.rmdir()


@attack(
    "look-wedged-scanner",
    threat="a scanner has stopped answering, so that whoever opens a file waits for ever",
    holds="the look ends, without any of it left waiting, and says what it could not see",
)
def test_wedged_scanner_holds_no_look(wedged: Path) -> None:
    seen = look(ASKED, wedged, **SHORT)
    assert seen.unknown()
    assert seen.took < IN_TIME


def _proven(folder: Path, timeout: float) -> tuple[str, float]:
    program = textwrap.dedent(f"""
        import sys
        sys.path.insert(0, {str(REPOSITORY / ".cache")!r})
        from {MODULES}prove import on_access
        on_access.SETTLING = 0
        on_access.CLEANING = 1
        print(on_access.prove([sys.argv[1]], timeout={timeout}))
    """)
    begun = time.monotonic()
    command = [sys.executable, "-B", "-c", program, str(folder)]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return finished.stdout, time.monotonic() - begun


@attack(
    "prove-hung-file-system",
    threat="a protected directory lies on a file system whose server is gone",
    holds="the proof ends within its limits, and is not ok",
)
def test_proof_ends_where_a_directory_hangs(tmp_path: Path) -> None:
    folder = tmp_path / "protected"
    folder.mkdir()
    with hung(folder):
        said, took = _proven(folder, 1)
    assert "'ok'" not in said
    assert took < IN_TIME


@attack(
    "prove-wedged-scanner",
    threat="the scanner that is to be proven has stopped answering",
    holds="the proof ends within its limits, and is bad",
)
def test_proof_ends_where_a_scanner_is_wedged(wedged: Path) -> None:
    said, took = _proven(wedged / "tmp", 1)
    assert "'bad'" in said
    assert "'ok'" not in said
    assert took < IN_TIME


@attack(
    "look-hung-command",
    threat="rpm waits for ever, for a database that lies or a lock that is never given back",
    holds="the look ends, the packages are unknown, everything else is there, and nothing runs on",
)
def test_command_that_hangs_is_ended(root: Path, tmp_path: Path) -> None:
    commands = tmp_path / "bin"
    commands.mkdir()
    rpm = commands / "rpm"
    rpm.write_text(f"#!/bin/sh\necho $$ >> {tmp_path}/pids\nsleep 100 &\nwait\n", encoding="utf-8")
    rpm.chmod(0o755)
    (root / "var/lib/rpm").mkdir()
    rpm_database(root / "var/lib/rpm/rpmdb.sqlite")
    asked = {**ASKED, "package": {"names": ["kesl"], "word": "", "in": []}}
    path = f"{commands}:/usr/bin:/bin"
    seen = look(asked, root, posix__running__commands__SEARCH_PATH=path, **{"collect__collector__SECONDS": 3})
    assert "package:all" in seen.unknown() or "package:rpm" in seen.unknown()
    assert "group:root" in seen.items
    started = (tmp_path / "pids").read_text(encoding="utf-8").split()
    assert [pid for pid in started if Path(f"/proc/{pid}").exists()] == []


@attack(
    "look-remote-homes",
    threat="homes are on NFS, as on many hosts, and the server is there today and gone tomorrow",
    holds="the home is never entered, which its own list of mounts tells, and it is named",
)
@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "autofs", "9p", "ceph", "fuse.gvfsd-fuse"])
def test_home_of_another_machine_is_not_entered(root: Path, kind: str) -> None:
    (root / "home/mallory/KVRT2024_Data").mkdir()
    hers(root / "home/mallory")
    table = root.parent / "mountinfo"
    real = os.path.realpath(root)
    table.write_text(f"36 35 0:99 / {real}/home/mallory rw shared:1 - {kind} server:/export rw\n", encoding="utf-8")
    seen = look(ASKED, root, kernel__mounts__TABLE=str(table))
    assert "value" not in seen.items["home_path:/home/mallory/KVRT2024_Data"]
    assert any("/home/mallory" in cause for cause in seen.unknown().values())
    assert seen.items["home_path:/home/mallory/KVRT2024_Data"]["user_place"] == "/home/mallory"


@attack(
    "look-all-homes-are-remote",
    threat="all homes are on one file system of another machine, or of the automounter, below /home or elsewhere",
    holds="what lies outside is seen, and what is unknown is the homes', said once for /home: the host is not refused",
)
@pytest.mark.parametrize("kind", ["nfs4", "autofs"])
@pytest.mark.parametrize("homes", ["/home", "/export/home"])
def test_remote_homes_cost_the_homes_alone(root: Path, homes: str, kind: str) -> None:
    (root / "export/home/zoe").mkdir(parents=True)
    with (root / "etc/passwd").open("a", encoding="utf-8") as stream:
        stream.write("zoe:x:1500:1500::/export/home/zoe:/bin/sh\n")
    (root / "etc/profile").write_text("kesl\n", encoding="utf-8")
    (root / "var/opt/kaspersky/klnagent").mkdir(parents=True)
    os.chown(root / "var/opt/kaspersky", 500, 500)
    table = root.parent / "mountinfo"
    table.write_text(f"36 35 0:99 / {os.path.realpath(root)}{homes} rw - {kind} server:/ rw\n", encoding="utf-8")
    entry = {"id": "homes_encrypted", "marks": [{"holds": "/home/.ecryptfs"}], "lists": []}
    asked = {
        **ASKED,
        "path": {"paths": ["/var/opt/kaspersky/klnagent"], "children_of": [], "listed": []},
        "mention": {"texts": ["kesl"], "units": [], "closely": False},
        "certificate": ["Kesl"],
        "limit": {"entries": [entry], "names": ["kesl"], "word": ""},
    }
    seen = look(asked, root, kernel__mounts__TABLE=str(table))
    assert {"path:/var/opt/kaspersky/klnagent", "mention:/etc/profile", "group:root"} <= set(seen.items)
    unknown = ["certificate:/home", "home_path:/home", "installer:/home", "limit:homes_encrypted", "mention:/home"]
    assert {item["user_place"] for item in seen.items.values() if "unknown" in item} == {homes}
    if homes == "/home":
        assert sorted(seen.unknown()) == unknown
