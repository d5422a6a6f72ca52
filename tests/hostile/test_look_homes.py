"""What a user creates in her home or in /tmp, and how root's look at the host deals with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sqlite3
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attacks import attack
from looking import MALLORY, Seen, hers, image, let_write, look

SECRET = "password-of-kesl-which-nobody-else-may-read"
MENTION = {"mention": {"texts": ["kesl"], "units": [], "closely": False, "files": [], "packages": []}}
CERTIFICATE = {"certificate": ["Kesl"]}
INSTALLER = {"installer": ["kesl-*.deb"]}
HOME_PATH = {"home_path": ["KVRT2024_Data", ".config/kesl"]}
EVERYTHING = {**MENTION, **CERTIFICATE, **INSTALLER, **HOME_PATH, "group": ["root"]}
MOST_MEMORY = 100 * 1024


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An image of a host on which mallory has a home."""
    return image(tmp_path / "image", "mallory")


def _secret(root: Path) -> Path:
    folder = root / "root" / "private"
    folder.mkdir()
    (folder / "notes").write_text(f"kesl {SECRET}\n", encoding="utf-8")
    (folder / "kesl-1.deb").write_text(SECRET, encoding="utf-8")
    folder.chmod(0o700)
    return folder


def _link(path: Path, target: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


LINKS = {
    "autostart-to-root": (".config/autostart", "/root/private"),
    "config-to-root": (".config", "/root"),
    "database-to-root": (".pki/nssdb/cert9.db", "/root/private/notes"),
    "profile-to-root": (".mozilla/firefox", "/root/private"),
    "downloads-to-root": ("Downloads", "/root/private"),
    "relative-to-root": (".config/autostart", "../../../root/private"),
    "loop": (".config/autostart", "autostart"),
    "to-proc": (".config/autostart", "/proc"),
    "to-sys": (".config/autostart", "/sys/kernel"),
    "to-dev": (".config/autostart", "/dev"),
    "to-kernel-log": (".pki/nssdb/cert9.db", "/proc/kmsg"),
}


@pytest.mark.parametrize("name", LINKS)
@attack(
    "look-link-in-a-home",
    threat="a user puts a link into her home that leads to what only root may read, or to the kernel's own files",
    holds="nothing behind the link is read or shown, and everything else is answered",
)
def test_link_in_a_home_leads_root_nowhere(root: Path, name: str) -> None:
    _secret(root)
    path, target = LINKS[name]
    _link(root / "home/mallory" / path, target)
    hers(root / "home/mallory")
    for folder in ("proc", "sys", "dev"):
        (root / folder).mkdir()
        (root / folder / "kesl.desktop").write_text(f"kesl {SECRET}\n", encoding="utf-8")
    seen = look(EVERYTHING, root)
    assert SECRET not in seen.text
    assert "group:root" in seen.items
    # A limit says that something was not looked at.
    there = [name for name, item in seen.items.items() if "value" in item and item["kind"] != "limit"]
    assert not [name for name in there if "/root/private" in name or f"/home/mallory/{path}/" in name]


@attack(
    "look-link-by-an-access-list",
    threat="a directory of the system belongs to root, and only an access list lets a user write there: she links it",
    holds="nothing behind the link is read or shown, and everything else is answered",
)
def test_directory_that_an_access_list_opens_is_one_of_others(root: Path) -> None:
    _secret(root)
    _link(root / "etc/cron.d", "/root/private")
    assert SECRET in look(EVERYTHING, root).text
    let_write(root / "etc", MALLORY)
    assert (root / "etc").stat().st_mode & 0o777 == 0o775
    seen = look(EVERYTHING, root)
    assert SECRET not in seen.text
    assert "group:root" in seen.items


@pytest.mark.parametrize("target", ["/proc/kmsg", "/proc/self", "/dev/zero", "/dev/tty", "/sys/kernel/debug"])
@attack(
    "look-link-on-the-live-host",
    threat="a user of the live host links her browser's database, or her autostart directory, to the kernel's files",
    holds="the look ends in time, the answer to every other question is there, and nothing of the file is in it",
)
def test_link_on_the_live_host_ends_no_look(tmp_path: Path, target: str) -> None:
    with _home_on_this_host(tmp_path) as (home, table):
        _link(home / ".pki/nssdb/cert9.db", target)
        _link(home / ".config/autostart", target)
        hers(home)
        seen = look(EVERYTHING, "/", collect__look__PASSWD=str(table))
        assert "group:root" in seen.items
        told = {name for name in seen.items if str(home) in name}
        assert len(told) >= 2
        assert all(name in seen.unknown() or name.startswith("limit:") for name in told)


class _home_on_this_host:
    """Mallory's account, in the test's own account file, with its home in a directory of root."""

    def __init__(self, folder: Path) -> None:
        self.home = Path("/var/lib") / f"avshift-hostile-{os.getpid()}-{folder.name[-12:]}"
        self.table = self.home.with_name(self.home.name + ".passwd")

    def __enter__(self) -> tuple[Path, Path]:
        self.home.mkdir()
        line = f"root:x:0:0::/root:/bin/sh\nmallory:x:{MALLORY}:{MALLORY}::{self.home}:/bin/sh\n"
        self.table.write_text(line, encoding="utf-8")
        return self.home, self.table

    def __exit__(self, *_error: object) -> None:
        subprocess.run(["rm", "-r", str(self.home), str(self.table)], check=True)


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        folder = os.open(path.parent, os.O_RDONLY)
        listener.bind(f"/proc/self/fd/{folder}/{path.name}")
        os.close(folder)


def _device(path: Path) -> None:
    os.mknod(path, 0o666 | 0o020000, os.makedev(1, 5))


def _directory(path: Path) -> None:
    path.mkdir()


def _sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 43)


def _hard_link(path: Path) -> None:
    os.link(path.parents[4] / "root/private/notes", path)


def _hard_link_to_another_user(path: Path) -> None:
    # Where protected_hardlinks is off: see proc(5).
    other = path.parents[4] / "home/bob-kept"
    other.write_text(f"Exec=kesl # {SECRET}\n", encoding="utf-8")
    other.chmod(0o600)
    os.chown(other, MALLORY + 1, MALLORY + 1)
    os.link(other, path)


ODD = {
    "fifo": _fifo,
    "socket": _socket,
    "device": _device,
    "directory": _directory,
    "sparse": _sparse,
    "hard-link": _hard_link,
    "hard-link-to-another-user": _hard_link_to_another_user,
}


@pytest.mark.parametrize("name", ODD)
@attack(
    "look-odd-file-in-a-home",
    threat="a FIFO, socket, device, sparse file of 8 TiB, or another name of root's or another user's file lies there",
    holds="it is neither waited for nor read, takes no memory, and everything else is answered",
)
def test_odd_file_in_a_home_is_not_read(root: Path, name: str) -> None:
    _secret(root)
    folder = root / "home/mallory/.config/autostart"
    folder.mkdir(parents=True)
    ODD[name](folder / "kesl.desktop")
    (folder / "plain.desktop").write_text("Exec=kesl\n", encoding="utf-8")
    for place in (folder, folder.parent, folder.parent.parent):
        os.chown(place, MALLORY, MALLORY)
    seen = look(EVERYTHING, root)
    assert SECRET not in seen.text
    assert "value" in seen.items["mention:/home/mallory/.config/autostart/plain.desktop"]
    assert seen.peak < MOST_MEMORY


@attack(
    "look-user-fills-the-evidence",
    threat="a user puts 3,000 files of 100 KB, all of which name a product, into her autostart directory",
    holds="the evidence stays small, says that there is more, and another user's file is still in it",
)
def test_one_user_cannot_fill_the_evidence(tmp_path: Path) -> None:
    root = image(tmp_path / "image", "mallory", "zoe")
    folder = root / "home/mallory/.config/autostart"
    folder.mkdir(parents=True)
    text = "Exec=kesl " + "x" * 200 + "\n"
    for number in range(3000):
        (folder / f"{number}.desktop").write_text(text * 500, encoding="utf-8")
    hers(root / "home/mallory")
    other = root / "home/zoe/.config/autostart"
    other.mkdir(parents=True)
    (other / "kesl.desktop").write_text("Exec=kesl\n", encoding="utf-8")
    seen = look({**EVERYTHING, "mention": {**MENTION["mention"], "closely": True}}, root)
    # Several kinds check her paths, each with its own limit.
    assert len(seen.text) < 1 << 21
    assert [cause for name, cause in seen.unknown().items() if name.startswith("mention:/home/mallory")]
    assert "mention:/home/zoe/.config/autostart/kesl.desktop" in seen.items
    assert seen.peak < 2 * MOST_MEMORY


@attack(
    "look-installers-without-end",
    threat="a user puts 20,000 empty files with an installer's name into /tmp",
    holds="the evidence stays small, and says that there is more",
)
def test_names_of_installers_do_not_fill_the_evidence(root: Path) -> None:
    for number in range(20000):
        (root / "tmp" / f"kesl-{number}.deb").touch()
    seen = look(EVERYTHING, root)
    assert len([name for name in seen.items if name.startswith("installer:/tmp/")]) <= 201
    assert {item.get("user_place") for item in seen.items.values() if "unknown" in item} == {"/tmp"}


def _autostart(home: Path, number: int) -> None:
    (home / ".config/autostart").mkdir(parents=True, exist_ok=True)
    (home / f".config/autostart/{number}.desktop").touch()


def _profile(home: Path, number: int) -> None:
    (home / f".mozilla/firefox/{number}").mkdir(parents=True)
    (home / f".mozilla/firefox/{number}/cert9.db").touch()


@pytest.mark.parametrize(("kind", "made"), [("mention", _autostart), ("certificate", _profile)])
@attack(
    "look-user-fills-a-kind",
    threat="a user has more empty files than may be read of her, and than one kind of evidence may have items",
    holds="that costs her own evidence alone: what another user has is seen, and nothing of the host's is unknown",
)
def test_one_user_cannot_fill_a_kind(kind: str, made: Callable[[Path, int], None], tmp_path: Path) -> None:
    root = image(tmp_path / "image", "mallory", "zoe")
    for number in range(700):
        made(root / "home/mallory", number)
    hers(root / "home/mallory")
    (root / "home/zoe/.bashrc").write_text("alias k=kesl\n", encoding="utf-8")
    (root / "home/zoe/.pki/nssdb").mkdir(parents=True)
    (root / "home/zoe/.pki/nssdb/cert8.db").write_bytes(b"Kesl")
    few = {"collect__gathering__MOST_ITEMS": 500, "posix__files__foreign__MOST_FILES": 100}
    seen = look({**MENTION, **CERTIFICATE}, root, **few)
    assert {item.get("user_place") for item in seen.items.values() if "unknown" in item} <= {"/home/mallory"}
    assert [name for name, item in seen.items.items() if item["kind"] == kind and "/home/zoe/" in name]
    assert len([name for name in seen.items if name.startswith("limit:")]) <= 1


def _slow(path: Path, page: int = 512) -> None:
    """Write a database of few pages that SQLite goes through again and again: each names the next one 80 times."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA page_size = {page}")
        database.execute("CREATE TABLE nssPublic (id, a0, a3, a101, a81, a82)")
        database.executemany("INSERT INTO nssPublic VALUES (?, 'x', 'Kesl', '', '', '')", ((n,) for n in range(400)))
        database.commit()
        root = database.execute("SELECT rootpage FROM sqlite_master").fetchone()[0]
    raw = bytearray(path.read_bytes())
    leaves = [n for n in range(2, len(raw) // page + 1) if raw[(n - 1) * page] == 13][-9:]
    for one, below in zip([root, *leaves], leaves, strict=False):
        head = struct.pack(">BHHHBI", 5, 0, 80, page - 5, 0, below) + struct.pack(">H", page - 5) * 80
        raw[(one - 1) * page : one * page] = head.ljust(page - 5, b"\0") + struct.pack(">IB", below, 1)
    path.write_bytes(raw)


@attack(
    "look-databases-that-take-time",
    threat="a user has 30 browser profiles, each with a small database that SQLite takes a second to give up",
    holds="her databases are given up together, and another user's are looked at",
)
def test_slow_databases_cost_one_home_its_own(tmp_path: Path) -> None:
    root = image(tmp_path / "image", "mallory", "zoe")
    _slow(tmp_path / "slow.db")
    for number in range(30):
        (root / f"home/mallory/.mozilla/firefox/{number}").mkdir(parents=True)
        shutil.copy(tmp_path / "slow.db", root / f"home/mallory/.mozilla/firefox/{number}/cert9.db")
    hers(root / "home/mallory")
    (root / "home/zoe/.pki/nssdb").mkdir(parents=True)
    (root / "home/zoe/.pki/nssdb/cert8.db").write_bytes(b"Kesl")
    seen = look(CERTIFICATE, root, collect__collector__SECONDS=15, collect__trust__certificates__MOST_SECONDS=1)
    assert "certificate:/home/mallory/*" in seen.unknown()
    assert {item.get("user_place") for item in seen.items.values() if "unknown" in item} == {"/home/mallory"}
    assert "certificate:/home/zoe/.pki/nssdb/cert8.db#" in seen.items


@attack(
    "look-many-names-in-tmp",
    threat="a user, or a busy server, has 120,000 files in /tmp",
    holds="the installer among them is found, and memory does not grow with the names",
)
def test_many_names_in_tmp_are_gone_through(root: Path) -> None:
    for number in range(120_000):
        os.close(os.open(root / "tmp" / f"session-{number}", os.O_CREAT | os.O_WRONLY, 0o600))
    (root / "tmp/kesl-12.deb").touch()
    seen = look(EVERYTHING, root)
    assert "value" in seen.items["installer:/tmp/kesl-12.deb"]
    assert not seen.unknown()
    assert seen.peak < MOST_MEMORY


NAMES = {
    "newline": b"a\nb",
    "escape": b"\x1b[2J\x1b]0;owned\x07",
    "not-utf-8": b"\xe9lan\xff",
    "utf-8": "élan".encode(),
    "surrogate-in-utf-8": b"\xed\xb3\xa9",
    "right-to-left": "\u202egnp.exe".encode(),
    "template": b"{{ lookup('pipe', 'id') }}",
    "backslash-x": b"\\xe9lan",
    "long": b"n" * 255,
}


@pytest.mark.parametrize("name", NAMES)
@attack(
    "look-odd-name-of-a-home",
    threat="a home, or what is in it, has a name of bytes that are no text, of controls or of a template",
    holds="it is looked at, and the answer is text that any reader takes",
)
def test_odd_names_are_looked_at(root: Path, name: str) -> None:
    home = os.fsencode(root / "home") + b"/" + NAMES[name]
    os.makedirs(home + b"/KVRT2024_Data")
    for place in (home, home + b"/KVRT2024_Data"):
        os.chown(place, MALLORY, MALLORY)
    seen = look(EVERYTHING, root)
    found = [item for item in seen.items.values() if item["kind"] == "home_path"]
    assert [item["value"]["type"] for item in found] == ["directory"]
    found[0]["what"].encode("utf-8")
    assert found[0]["user_place"]


@attack(
    "look-deep-tree",
    threat="a user has a tree of 3,000 directories in each other where profiles are looked for",
    holds="the look ends, with few files open, and answers everything else",
)
def test_deep_tree_ends_no_look(root: Path) -> None:
    begin = os.open(root / "home/mallory", os.O_RDONLY)
    os.makedirs(root / "home/mallory/.mozilla/firefox")
    place = os.open(".mozilla/firefox", os.O_RDONLY, dir_fd=begin)
    for _level in range(3000):
        os.mkdir("d", dir_fd=place)
        deeper = os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = deeper
    os.close(place)
    os.close(begin)
    seen = look(EVERYTHING, root)
    assert "group:root" in seen.items
    subprocess.run(["rm", "-r", str(root / "home/mallory/.mozilla")], check=True)


def _exchanging(one: Path, two: Path, stop: threading.Event) -> None:
    spare = one.with_name(one.name + ".spare")
    while not stop.is_set():
        os.rename(one, spare)
        os.rename(two, one)
        os.rename(spare, two)


@pytest.fixture
def exchange() -> Iterator[Callable[[Path, Path], None]]:
    """A user who swaps two names as fast as she can until the test ends."""
    stop = threading.Event()
    threads = []

    def begin(one: Path, two: Path) -> None:
        threads.append(threading.Thread(target=_exchanging, args=(one, two, stop)))
        threads[-1].start()

    yield begin
    stop.set()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("what", ["autostart", "kesl.desktop"])
@attack(
    "look-exchanged-while-looked-at",
    threat="a user exchanges her directory, or a file in it, for a link to root's while root looks",
    holds="nothing that the link leads to is read",
)
def test_what_is_exchanged_meanwhile_leads_nowhere(
    root: Path, what: str, exchange: Callable[[Path, Path], None]
) -> None:
    secret = _secret(root)
    folder = root / "home/mallory/.config/autostart"
    folder.mkdir(parents=True)
    (folder / "kesl.desktop").write_text("Exec=harmless\n", encoding="utf-8")
    (secret / "kesl.desktop").write_text(f"kesl {SECRET}\n", encoding="utf-8")
    place = folder if what == "autostart" else folder / what
    link = place.with_name("link")
    link.symlink_to("/root/private" if what == "autostart" else "/root/private/notes")
    hers(root / "home/mallory")
    exchange(place, link)
    for _turn in range(6):
        seen: Seen = look(MENTION, root)
        assert SECRET not in seen.text


@pytest.mark.parametrize("folder", ["var/spool/cron", "var/spool/cron/crontabs", "var/spool/cron/tabs"])
@attack(
    "look-crontab-too-large",
    threat="a user has a crontab that is larger than what is read",
    holds="it is a limit, root's crontab beside it is read, and nothing of the host's is unknown",
)
def test_large_crontab_of_a_user_is_a_limit(root: Path, folder: str) -> None:
    (root / folder).mkdir(parents=True)
    for name, size, user in (("root", 0, 0), ("mallory", 2 << 20, MALLORY)):
        (root / folder / name).write_text("@daily kesl\n" + "#" * size, encoding="utf-8")
        os.chown(root / folder / name, user, 101)
    seen = look(MENTION, root)
    assert not seen.unknown()
    assert sorted(seen.items) == [f"limit:users_file:/{folder}/mallory", f"mention:/{folder}/root"]


@attack(
    "look-file-grows-while-read",
    threat="a user's file grows as fast as it is read",
    holds="no more of it is read than the limit, and the rest of the answer is there",
)
def test_file_that_grows_is_given_up(root: Path) -> None:
    folder = root / "home/mallory/.config/autostart"
    folder.mkdir(parents=True)
    path = folder / "grows.desktop"
    path.touch()
    hers(root / "home/mallory")
    stop = threading.Event()

    def grow() -> None:
        with path.open("ab", buffering=0) as stream:
            while not stop.is_set() and stream.tell() < 1 << 28:
                stream.write(b"kesl\n" * (1 << 18))

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        seen = look(EVERYTHING, root)
    finally:
        stop.set()
        writer.join()
    assert seen.peak < MOST_MEMORY
    assert "group:root" in seen.items
