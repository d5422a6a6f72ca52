"""A Windows disk may contain anything: no hive and no name there leads out of it, hangs, crashes or fills memory."""

from __future__ import annotations

import base64
import ctypes
import gzip
import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import regf_build
from attacks import attack
from disks import CONFIG, LIST, READS, SECRET, SID, SOFTWARE, SYSTEM, UNINSTALL, changed, disk, look, number, put
from hostile_roots import socket_at
from regf_build import Builder, dword, text

Change = Callable[[bytearray, dict[str, int]], None]
# The offsets of fields in a key's cell: counts and lists of keys and of values, and the length of its name.
SIZE, PARENT, KEYS, LISTED, VALUES, VALUE_LIST, NAME_LENGTH = 0, 20, 24, 32, 40, 44, 76
HIVE = f"{CONFIG}/SOFTWARE"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A disk with a Kaspersky product."""
    return disk(tmp_path / "disk")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """What the look at the disk must not reach: a hive beside it that contains a secret."""
    folder = tmp_path / "outside"
    put(folder, f"{CONFIG}/SOFTWARE", regf_build.hive({rf"{UNINSTALL}\kasper": {"DisplayName": text(SECRET)}}))
    put(folder, "NTUSER.DAT", regf_build.hive({r"SOFTWARE\KasperskyLab": {"x": text(SECRET)}}))
    (folder / SECRET).write_text(SECRET, encoding="ascii")
    return folder


@pytest.mark.parametrize("size", [0, 3, 100, 511, 4095, 4096, 4100, 4200, 5000, 8191])
@attack(
    "disk-hive-cut", threat="a hive ends where a copy was interrupted", holds="what hangs on it is unknown, not absent"
)
def test_a_hive_that_was_cut(root: Path, size: int) -> None:
    whole = (root / HIVE).read_bytes()
    (root / HIVE).write_bytes(whole[:size])
    found = look(root)
    found.must_be_unknown("uninstall")
    found.must_be_unknown("users")
    assert "klif" in found.text


def _loops_to_top(content: bytearray, at: dict[str, int]) -> None:
    """The list of keys below Uninstall is that of the root key: each path leads down again."""
    number(content, at[UNINSTALL] + LISTED, struct.unpack_from("<I", content, at[""] + LISTED)[0])
    number(content, at[UNINSTALL] + KEYS, struct.unpack_from("<I", content, at[""] + KEYS)[0])


def _lists_itself(content: bytearray, at: dict[str, int]) -> None:
    place = 0x1000 + struct.unpack_from("<I", content, at[UNINSTALL] + LISTED)[0]
    for entry in range(2):
        number(content, place + 8 + 8 * entry, at[UNINSTALL] - 0x1000)
    number(content, at[UNINSTALL] + PARENT, at[UNINSTALL] - 0x1000)


def _index_of_itself(content: bytearray, at: dict[str, int]) -> None:
    place = struct.unpack_from("<I", content, at[UNINSTALL] + LISTED)[0]
    struct.pack_into("<2sHII", content, 0x1000 + place + 4, b"ri", 2, place, place)


def _one_key_many_times(content: bytearray, at: dict[str, int]) -> None:
    """An index lists one list 60,000 times, and the key claims to have as many."""
    leaf = struct.unpack_from("<I", content, at[UNINSTALL] + LISTED)[0]
    place = len(content) - 0x1000
    index = struct.pack("<2sH", b"ri", 60000) + struct.pack("<I", leaf) * 60000
    size = (len(index) + 4 + 7) & ~7
    content += struct.pack("<i", -size) + index.ljust(size - 4, b"\0")
    number(content, 0x28, len(content) - 0x1000)
    number(content, 0x1FC, regf_build.checksum(bytes(content)))
    number(content, at[UNINSTALL] + LISTED, place)
    number(content, at[UNINSTALL] + KEYS, 0xFFFFFFFF)


LOOPS: list[Change] = [_loops_to_top, _lists_itself, _index_of_itself, _one_key_many_times]


@pytest.mark.parametrize("loop", LOOPS)
@attack("disk-hive-loops", threat="keys of a hive are below themselves", holds="the look ends, and they are unknown")
def test_a_hive_that_loops(root: Path, loop: Change) -> None:
    put(root, HIVE, changed(SOFTWARE, loop))
    look(root, things=20000, seconds=20).must_be_unknown("uninstall")


SIZES = [0, 8, 0x7FFFFFF8, 0x80000000, 0xFFFFFFFF, 0xF0000000]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", ["", UNINSTALL])
@attack("disk-cell-sizes", threat="a cell says a wrong size", holds="nothing outside it is read, and it is unknown")
def test_a_cell_of_a_wrong_size(root: Path, path: str, size: int) -> None:
    put(root, HIVE, changed(SOFTWARE, lambda content, at: number(content, at[path] + SIZE, size)))
    look(root).must_be_unknown("uninstall")


FIELDS = {"keys": KEYS, "list of keys": LISTED, "values": VALUES, "list of values": VALUE_LIST, "name": NAME_LENGTH}


@pytest.mark.parametrize("wrong", [0x7FFFFFFF, 0xFFFFFFF0])
@pytest.mark.parametrize("field", FIELDS)
@attack("disk-key-fields", threat="a key's counts and places are wrong", holds="it is unknown, and the look ends")
def test_a_key_of_wrong_counts_and_places(root: Path, field: str, wrong: int) -> None:
    keys = {**SOFTWARE, UNINSTALL: {"x": text("longer than four bytes")}}
    put(root, HIVE, changed(keys, lambda content, at: number(content, at[UNINSTALL] + FIELDS[field], wrong)))
    look(root).must_be_unknown("uninstall")


@pytest.mark.parametrize("how", ["with zeros", "of one cell", "of many"])
@attack("disk-hive-sparse", threat="a hive has 200 MB and nothing in it", holds="memory stays below 100 MB")
def test_a_sparse_hive(root: Path, how: str) -> None:
    size = 200 << 20
    path = root / HIVE
    content = bytearray(path.read_bytes())
    number(content, 0x28, size - 0x1000)
    place = len(content)
    if how == "of one cell":
        content += struct.pack("<i", -(size - place)) + b"lh" + struct.pack("<H", 0xFFFF)
    if how != "with zeros":
        at = Builder()
        at.whole(SOFTWARE)
        number(content, 0x1000 + at.at[UNINSTALL] + LISTED, place - 0x1000)
        number(content, 0x1000 + at.at[UNINSTALL] + KEYS, 0xFFFFFF)
    if how == "of many":
        content += struct.pack("<i", -0x100000) + b"lh" + struct.pack("<H", 0xFFFF)
    number(content, 0x1FC, regf_build.checksum(bytes(content)))
    path.write_bytes(bytes(content))
    os.truncate(path, size)
    found = look(root)
    if how == "with zeros":
        assert "Kaspersky" in found.text
    else:
        found.must_be_unknown("uninstall")


def _value_of_gigabytes(content: bytearray, at: dict[str, int]) -> None:
    place = content.index(b"vk", at[UNINSTALL])
    number(content, place + 4, 0x7FFFFFFF)


def _segments_again_and_again(content: bytearray, at: dict[str, int]) -> None:
    """One large value consists of the same segment 60,000 times."""
    segment = content.index(b"db", at[UNINSTALL])
    struct.pack_into("<H", content, segment + 2, 60000)
    place = content.rindex(b"vk", 0, segment + 0x8000)
    number(content, place + 4, 60000 * 16344)


@pytest.mark.parametrize("change", [_value_of_gigabytes, _segments_again_and_again])
@attack("disk-huge-value", threat="a value says that it has a gigabyte", holds="it is unknown; memory stays low")
def test_a_value_of_a_gigabyte(root: Path, change: Change) -> None:
    keys = {**SOFTWARE, UNINSTALL: {"DisplayName": (1, b"k\0" * 20000)}}
    put(root, HIVE, changed(keys, change))
    look(root).must_be_unknown("uninstall")


ODD = [dword(7), (3, b"\xff"), (7, b""), (1, b""), (0x12345678, b"\0"), (11, b"\1" * 8), (6, b"C\0:\0")]


@pytest.mark.parametrize("odd", ODD, ids=str)
@attack("disk-wrong-types", threat="values have other types than they have everywhere", holds="no crash; unknown")
def test_values_of_wrong_types(root: Path, odd: regf_build.Value) -> None:
    software = {**SOFTWARE, rf"{LIST}\{SID}": {"ProfileImagePath": odd}, UNINSTALL: {"DisplayName": odd}}
    software[r"Microsoft\Windows NT\CurrentVersion"] = {"SystemRoot": odd}
    software[r"Microsoft\Windows\CurrentVersion"] = {"ProgramFilesDir": odd}
    put(root, HIVE, regf_build.hive(software))
    put(root, f"{CONFIG}/SYSTEM", regf_build.hive({**SYSTEM, "Select": {"Current": odd}}))
    found = look(root)
    found.must_be_unknown("services")
    assert SID in found.answers["users"]["others"] and r"Users\Masha" in found.answers["users"]["each"]
    assert "Kaspersky" in found.text


HALVES = ["\ud800", "\udfff", "a\ud800b", "\udc00\ud800", "\ud83d", "\u202e\x00\x1b[31m"]


@pytest.mark.parametrize("half", HALVES, ids=ascii)
@attack("disk-halves-of-characters", threat="names are no Unicode", holds="the answer is JSON, and two are not one")
def test_names_with_halves_of_characters(root: Path, half: str) -> None:
    other = half.replace("\ud800", "\udbff")
    names = {half, other}
    keys = {rf"{UNINSTALL}\kasper{name}": {name: text(name), "DisplayName": text(name)} for name in names}
    put(root, HIVE, regf_build.hive({**SOFTWARE, **keys}))
    (root / "Program Files" / f"x{half}".replace("\0", "")).mkdir(exist_ok=True) if half.isprintable() else None
    found = look(root)
    found.text.encode("utf-8")
    below = found.answers["uninstall"]["below"]
    assert any(name.startswith("kasper") for name in below)
    if len(names) > 1:
        assert any("failed" in answer for answer in below.values())


@pytest.mark.parametrize(
    "name", ["\ud800.exe", "x" * 255, "с\udcff", "\n\x1b[2J", "{{ lookup('env','HOME') }}"], ids=ascii
)
@attack("disk-odd-file-names", threat="files have names that are no text", holds="the answer is JSON with all of them")
def test_odd_names_of_files(root: Path, name: str) -> None:
    raw = name.encode("utf-8", "surrogateescape" if "\udcff" in name else "surrogatepass")[:255]
    os.close(os.open(os.fsencode(root / "Program Files") + b"/" + raw, os.O_CREAT | os.O_WRONLY))
    found = look(root)
    found.text.encode("ascii")
    assert len(found.answers["files"]["below"]) == 2


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.mkdir()


def _device(path: Path) -> None:
    os.mknod(path, 0o20644, os.makedev(1, 5))


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


PLACES = [HIVE, f"{CONFIG}/SYSTEM", "Users/Masha/NTUSER.DAT", f"{HIVE}.LOG1", "Windows/Installer/1.msi"]


KINDS = [_fifo, _folder, socket_at, _device, _link_to_itself]


@pytest.mark.parametrize("put_there", KINDS)
@attack("disk-no-regular-files", threat="FIFOs, devices or links are in all files' places", holds="no wait; unknown")
def test_what_is_no_file_in_all_files_places(root: Path, put_there: Callable[[Path], None]) -> None:
    for place in PLACES:
        (root / place).unlink(missing_ok=True)
        put_there(root / place)
    found = look(root)
    for name in ("uninstall", "services", "users", "package"):
        found.must_be_unknown(name)


@pytest.mark.parametrize("put_there", KINDS)
@pytest.mark.parametrize("place", PLACES)
@attack("disk-no-regular-file", threat="one file's place holds another thing", holds="no wait; unknown", long=True)
def test_what_is_no_file_in_a_files_place(root: Path, place: str, put_there: Callable[[Path], None]) -> None:
    (root / place).unlink(missing_ok=True)
    put_there(root / place)
    found = look(root)
    if place.endswith(".LOG1"):
        assert "stale" in found.answers["uninstall"]
    else:
        asked = {HIVE: "uninstall", PLACES[1]: "services", PLACES[2]: "users", PLACES[4]: "package"}[place]
        found.must_be_unknown(asked)


@pytest.mark.parametrize("place", [HIVE, f"{CONFIG}/SYSTEM", "Users/Masha/NTUSER.DAT", "Windows/Installer/1.msi"])
@attack("disk-link-for-a-file", threat="a link leads from a file's place out of the disk", holds="it is not read")
def test_a_link_in_place_of_a_file(root: Path, outside: Path, place: str) -> None:
    (root / place).unlink(missing_ok=True)
    target = {"Users/Masha/NTUSER.DAT": "NTUSER.DAT", "Windows/Installer/1.msi": SECRET}.get(place, HIVE)
    (root / place).symlink_to(outside / target)
    found = look(root)
    assert base64.b64encode(gzip.compress(SECRET.encode(), mtime=0)).decode() not in found.text
    assert "gzip" not in found.answers["package"]


FOLDERS = ["Windows/System32/config", "Windows/System32", "Users/Masha", "Users", "Windows/Installer", "Program Files"]


@pytest.mark.parametrize("place", FOLDERS)
@attack("disk-link-for-a-folder", threat="a link leads from a folder's place out of the disk", holds="not followed")
def test_a_link_in_place_of_a_folder(root: Path, outside: Path, place: str) -> None:
    os.rename(root / place, root.parent / "moved")
    target = {"Windows/System32/config": CONFIG, "Windows/System32": "Windows/System32"}.get(place, "")
    (outside / "1.msi").write_text(SECRET, encoding="ascii")
    (outside / "Masha").mkdir()
    (outside / "Masha/NTUSER.DAT").write_bytes((outside / "NTUSER.DAT").read_bytes())
    (root / place).symlink_to(outside / target)
    if place.startswith("Windows/System32"):
        # Then there is no Windows at all.
        with pytest.raises(AssertionError, match=r"System32.config"):
            look(root)
        return
    found = look(root)
    assert "gzip" not in found.answers["package"]
    assert "below" not in found.answers["files"] or place != "Program Files"


OUT = [
    r"C:\..\outside",
    r"C:\Users\..\..\outside",
    "/etc",
    r"\\server\share",
    r"\\?\C:\..\outside",
    r"D:\outside",
    "",
    "%X%",
]


@pytest.mark.parametrize("path", OUT)
@attack("disk-paths-that-lead-out", threat="the registry names places outside", holds="none of them is read")
def test_paths_of_the_registry_that_lead_out(root: Path, outside: Path, path: str) -> None:
    software = {**SOFTWARE, rf"{LIST}\{SID}": {"ProfileImagePath": text(path)}}
    software[r"Microsoft\Windows\CurrentVersion"] = {"ProgramFilesDir": text(path)}
    put(root, HIVE, regf_build.hive(software))
    found = look(root)
    assert SID in found.answers["users"]["others"] and SID not in found.answers["users"]["each"]
    assert outside.name not in found.answers["files"].get("below", {})


@pytest.mark.parametrize("path", ["%ProgramFiles%", "%SystemDrive%%SystemDrive%", "%ProgramData%\\x"])
@attack("disk-variables-of-each-other", threat="variables stand for each other", holds="the look ends; unknown")
def test_variables_that_stand_for_each_other(root: Path, path: str) -> None:
    software = {**SOFTWARE, r"Microsoft\Windows\CurrentVersion": {"ProgramFilesDir": text(path)}}
    software[LIST] = {"ProgramData": text("%ProgramFiles%" * 3)}
    put(root, HIVE, regf_build.hive(software))
    look(root, seconds=20).must_be_unknown("files")


@attack("disk-another-file-system", threat="another file system is mounted in the disk", holds="it is not entered")
def test_another_file_system_is_not_entered(root: Path) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    place = root / "Program Files/Kaspersky Lab"
    assert library.mount(b"none", os.fsencode(place), b"tmpfs", 0, b"size=1m") == 0
    try:
        (place / SECRET).write_text("x", encoding="ascii")
        found = look(root)
    finally:
        library.umount2(os.fsencode(place), 2)
    assert "failed" in found.answers["files"]["below"]["Kaspersky Lab"]


@attack("disk-hive-that-shrinks", threat="a hive is made shorter while it is read", holds="no crash, and unknown")
def test_a_hive_that_shrinks_meanwhile(root: Path) -> None:
    keys = {rf"{UNINSTALL}\key{n}": {"DisplayName": text("x" * 200)} for n in range(20000)}
    path = put(root, HIVE, regf_build.hive({**SOFTWARE, **keys}))
    whole = path.read_bytes()
    stopped = threading.Event()

    def shrink() -> None:
        while not stopped.is_set():
            os.truncate(path, 8192)
            path.write_bytes(whole)

    shrinking = threading.Thread(target=shrink)
    shrinking.start()
    try:
        found = look(root)
    finally:
        stopped.set()
        shrinking.join()
    answer = found.answers["uninstall"]
    assert "absent" not in answer and ("failed" in answer or answer["count"] >= 20000 or "failed" in found.text)


@attack("disk-names-in-two-cases", threat="a second SOFTWARE hides the first", holds="neither is taken for the hive")
def test_two_hives_whose_names_differ_in_case(root: Path) -> None:
    (root / CONFIG / "software").write_bytes(regf_build.hive({}))
    look(root).must_be_unknown("uninstall")


@attack("disk-many-keys", threat="a hive has 60,000 keys of one pattern", holds="limits hold; it says so", long=True)
def test_a_hive_with_very_many_keys(root: Path) -> None:
    value = {"DisplayName": text("Kaspersky " * 30)}
    put(root, HIVE, regf_build.hive({**SOFTWARE, **{rf"{UNINSTALL}\kasper{n}": value for n in range(60000)}}))
    found = look(root)
    assert found.answers["uninstall"]["cut"] and len(found.answers["uninstall"]["below"]) < 60000


@attack(
    "disk-many-users",
    threat="thousands of folders hold a hive",
    holds="it ends, and says that it is not all",
    long=True,
)
def test_thousands_of_users(root: Path) -> None:
    hive = (root / "Users/Masha/NTUSER.DAT").read_bytes()
    for user in range(2500):
        (root / f"Users/u{user}").mkdir()
        (root / f"Users/u{user}/NTUSER.DAT").write_bytes(hive)
    assert "*" in look(root).answers["users"]["others"]


@attack(
    "disk-deep-folders",
    threat="folders lie a thousand deep, or by ten thousands",
    holds="limits hold; it says so",
    long=True,
)
def test_very_many_folders(root: Path) -> None:
    place = root / "Program Files"
    for folder in range(12000):
        (place / f"f{folder}").mkdir()
    found = look(root, things=5000)
    assert found.answers["files"]["cut"] and len(found.answers["files"]["below"]) <= 5000


@attack("disk-bomb-of-zeros", threat="a package is a sparse file of 60 MB", holds="memory stays below 100 MB")
def test_a_package_of_zeros(root: Path) -> None:
    (root / "Windows/Installer/1.msi").touch()
    os.truncate(root / "Windows/Installer/1.msi", 60 << 20)
    found = look(root, [{**READS[4], "limit": 64 << 20}])
    assert len(gzip.decompress(base64.b64decode(found.answers["package"]["gzip"]))) == 60 << 20


@attack("disk-package-without-end", threat="a package cannot be compressed", holds="a limit holds")
def test_a_package_that_cannot_be_compressed(root: Path) -> None:
    (root / "Windows/Installer/1.msi").write_bytes(os.urandom(40 << 20))
    found = look(root, [{**READS[4], "limit": 64 << 20}])
    assert found.answers["package"]["cut"] and "gzip" not in found.answers["package"]


@attack("disk-hard-link", threat="a user's file is another name of one that only root may read", holds="it is not read")
def test_another_name_of_roots_file(root: Path, outside: Path) -> None:
    (outside / SECRET).chmod(0o600)
    folder = root / "Windows/Installer"
    os.link(outside / SECRET, folder / "1.msi")
    os.chown(folder, 65534, 65534)
    found = look(root)
    assert "gzip" not in found.answers["package"] and "failed" in found.answers["package"]
