"""A mounted Windows disk answers the same reads as PowerShell does on the host."""

from __future__ import annotations

import base64
import gzip
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import regf_build
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.windows import main
from regf_build import dword, text
from schemas import problems
from windows_hosts import CONFIG, HOSTS, READS, TYPES, USERS_HIVE, make_disk, put_hive, recorded

UNINSTALL = r"Microsoft\Windows\CurrentVersion\Uninstall"
LIST = r"Microsoft\Windows NT\CurrentVersion\ProfileList"
LIVE_ALONE = {"states", "processes", "filters"}
# What the export left out of these: keys of which reads need only the number.
NOT_COUNTED = {"version", "pending"}
REFUSALS = {"denied"}


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """The disk of a host with Kaspersky products."""
    return make_disk("installed", tmp_path / "disk")


def answers(root: Path, *reads: dict[str, Any], **limits: int) -> dict[str, Any]:
    """Return what a disk answers to reads, which must conform to the schema."""
    asked = [{"id": f"r{number}", **read} for number, read in enumerate(reads)]
    found: dict[str, Any] = main.answers_of(str(root), asked, **limits)
    json.dumps(found).encode("ascii")
    assert problems("windows_reads", {"changed": False, "reader": "disk", "answers": found}) == []
    return found


def one(root: Path, **read: Any) -> dict[str, Any]:
    """Return what a disk answers to one read."""
    answer: dict[str, Any] = answers(root, read)["r0"]
    return answer


def key(path: str, view: str = "Registry64", **more: Any) -> dict[str, Any]:
    """Return the read of a key."""
    hive = "Users" if path.startswith("*") else "LocalMachine"
    return {"kind": "key", "hive": hive, "view": view, "path": path, **more}


def data(answer: dict[str, Any]) -> dict[str, Any]:
    """Return {name: data} of an answered key."""
    return {name: value["data"] for name, value in answer["values"].items()}


def bare(answer: Any, is_counted: bool = True) -> Any:
    """Return an answer without times, and without refusals: those are the host's, and no disk knows them."""
    if not isinstance(answer, dict):
        return answer
    left_out = {"milliseconds", "written", *REFUSALS, *(() if is_counted else ("count",))}
    return {
        ".DEFAULT" if name == ".Default" else name: bare(value)
        for name, value in answer.items()
        if name not in left_out and not (isinstance(value, dict) and set(value) <= REFUSALS and value)
    }


@pytest.mark.parametrize("host", HOSTS)
def test_a_disk_answers_as_powershell_did(host: str, tmp_path: Path) -> None:
    told, expected = main.answers_of(str(make_disk(host, tmp_path)), READS), recorded(host)["answers"]
    assert problems("windows_reads", {"changed": False, "reader": "disk", "answers": told}) == []
    refused = {name for name, answer in expected.items() if "denied" in json.dumps(answer)}
    assert bool(refused) == (host == "denied")
    for name in expected.keys() - LIVE_ALONE - refused - {"sig"}:
        is_counted = name not in NOT_COUNTED
        assert bare(told[name], is_counted) == bare(expected[name], is_counted), name
    for name in LIVE_ALONE:
        assert bare(told[name]) == {"not_asked": "running_system"}
    # Whether the file is there is also known for a disk.
    assert bare(told["sig"]) == (
        bare(expected["sig"]) if "absent" in expected["sig"] else {"not_asked": "running_system"}
    )


def test_what_a_host_refuses_its_disk_shows(tmp_path: Path) -> None:
    told = main.answers_of(str(make_disk("denied", tmp_path)), READS)
    assert list(told["files32"]["below"]) == ["KES.12.4.0"]


@pytest.mark.parametrize("name", sorted(TYPES))
def test_an_odd_value_reads_as_in_net(name: str, tmp_path: Path) -> None:
    odd = TYPES[name]
    make_disk("clean", tmp_path)
    values = {name: (odd["type"], bytes.fromhex(odd["bytes"]))}
    put_hive(tmp_path / CONFIG / "SOFTWARE", regf_build.hive({"Odd": values}))
    assert one(tmp_path, **key(r"SOFTWARE\Odd"))["values"] == {name: odd["answer"]}


LISTS = {
    "": [],
    "0000": [],
    "00000000": [""],
    "41000000": ["A"],
    "4100": ["A"],
    "410000000000": ["A"],
    "4100000000000000": ["A", ""],
    "00004100": ["", "A"],
    "410000004200000000000000": ["A", "B", ""],
    "41000000000042000000": ["A", "", "B"],
    "41000000420000": ["A", "B"],
}


@pytest.mark.parametrize("raw", sorted(LISTS))
def test_a_list_of_texts_ends_as_in_net(raw: str, tmp_path: Path) -> None:
    make_disk("clean", tmp_path)
    put_hive(tmp_path / CONFIG / "SOFTWARE", regf_build.hive({"Odd": {"x": (7, bytes.fromhex(raw))}}))
    assert data(one(tmp_path, **key(r"SOFTWARE\Odd"))) == {"x": LISTS[raw]}


def test_names_are_matched_without_regard_to_case(disk: Path) -> None:
    shown = one(disk, kind="tree", path=r"c:\PROGRAM FILES (X86)\kaspersky lab", depth=1)
    assert "KES.12.4.0" in shown["below"]
    assert one(disk, **key(r"software\KASPERSKYlab"))["count"] >= 1
    entries = key(r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall", depth=1, values=["displayname"])
    found = one(disk, **entries, match="KASPERSKY")["below"]
    assert found == one(disk, **entries, match="kaspersky")["below"] and len(found) == 1


def test_cyrillic_names_are_matched_without_regard_to_case(tmp_path: Path) -> None:
    make_disk("clean", tmp_path)
    put_hive(tmp_path / CONFIG / "SOFTWARE", regf_build.hive({"Каспер": {"Имя": text("x")}}))
    (tmp_path / "Program Files" / "Каспер").mkdir()
    assert one(tmp_path, **key(r"SOFTWARE\КАСПЕР", values=["иМЯ"]))["values"]["иМЯ"]["data"] == "x"
    assert one(tmp_path, kind="tree", path=r"%ProgramFiles%\КАСПЕР")["attributes"] == 16


def test_names_that_differ_in_case_alone_are_not_taken_for_one(disk: Path) -> None:
    (disk / "program files (x86)").mkdir()
    assert "differ from" in one(disk, kind="tree", path=r"%ProgramFiles(x86)%\Kaspersky Lab")["failed"]


def test_a_short_name_is_not_taken_for_absent(disk: Path) -> None:
    assert "short name" in one(disk, kind="tree", path=r"C:\PROGRA~2\KASPER~1")["failed"]


@pytest.mark.parametrize("path", [r"D:\x", r"%NoSuchVariable%\x", r"C:\a\..\..\x", r"C:\a:stream", r"%SystemDrive%x"])
def test_a_path_that_is_not_of_this_disk_is_unknown(path: str, disk: Path) -> None:
    assert set(one(disk, kind="tree", path=path)) == {"failed", "milliseconds"}


def test_variables_are_what_the_registry_says(tmp_path: Path) -> None:
    make_disk("clean", tmp_path)
    folders = {r"Microsoft\Windows NT\CurrentVersion": {"SystemRoot": text(r"E:\windows")}}
    folders[r"Microsoft\Windows\CurrentVersion"] = {"ProgramFilesDir": text(r"E:\Programme")}
    folders[LIST] = {"ProgramData": (2, "%SystemDrive%\\Daten\0".encode("utf-16-le"))}
    put_hive(tmp_path / CONFIG / "SOFTWARE", regf_build.hive(folders))
    for name in ("Programme", "Daten"):
        (tmp_path / name / "Acme").mkdir(parents=True)
    for variable in ("%ProgramFiles%", "%ProgramData%", r"E:\Programme"):
        assert one(tmp_path, kind="tree", path=variable + r"\Acme")["attributes"] == 16
    assert "another disk" in one(tmp_path, kind="tree", path=r"C:\Programme\Acme")["failed"]


def test_the_control_set_that_was_in_use_is_read(disk: Path) -> None:
    keys = {"Select": {"Current": dword(2)}, r"ControlSet001\Services\old": {}, r"ControlSet002\Services\new": {}}
    put_hive(disk / CONFIG / "SYSTEM", regf_build.hive(keys))
    assert list(one(disk, **key(r"SYSTEM\CurrentControlSet\Services", depth=1))["below"]) == ["new"]
    assert list(one(disk, **key(r"SYSTEM\ControlSet001\Services", depth=1))["below"]) == ["old"]


SELECTS = [{}, {"Select": {}}, {"Select": {"Current": text("1")}}, {"Select": {"Current": dword(0)}}]
SELECTS += [{"Select": {"Current": dword(7)}}, {"Select": {"Current": (4, b"\1\0")}}]


@pytest.mark.parametrize("select", SELECTS, ids=str)
def test_an_unknown_control_set_is_unknown_and_nothing_in_it_absent(select: Any, disk: Path) -> None:
    put_hive(disk / CONFIG / "SYSTEM", regf_build.hive({r"ControlSet001\Services\kl1": {}, **select}))
    assert "control set" in one(disk, **key(r"SYSTEM\CurrentControlSet\Services"))["failed"]


def test_both_views(tmp_path: Path) -> None:
    make_disk("clean", tmp_path)
    keys = {"Acme": {"x": text("64")}, r"Wow6432Node\Acme": {"x": text("32")}, r"Policies\Acme": {"x": text("both")}}
    keys |= {r"Classes\CLSID\a": {"x": text("64")}, r"Classes\Wow6432Node\CLSID\a": {"x": text("32")}}
    keys |= {r"Classes\Acme": {"x": text("both")}, LIST: {"x": text("both")}}
    put_hive(tmp_path / CONFIG / "SOFTWARE", regf_build.hive(keys))
    for path in ("Acme", r"Policies\Acme", r"Classes\CLSID\a", r"Classes\Acme", LIST, r"Wow6432Node\Acme"):
        for view in ("Registry64", "Registry32"):
            found = data(one(tmp_path, **key(rf"SOFTWARE\{path}", view)))["x"]
            expected = {"Acme": view[-2:], r"Classes\CLSID\a": view[-2:], r"Wow6432Node\Acme": "32"}
            assert found == expected.get(path, "both"), (path, view)


def test_a_32_bit_system_has_one_view(tmp_path: Path) -> None:
    make_disk("clean", tmp_path)
    cpu = {r"ControlSet001\Control\Session Manager\Environment": {"PROCESSOR_ARCHITECTURE": text("x86")}}
    put_hive(tmp_path / CONFIG / "SYSTEM", regf_build.hive({"Select": {"Current": dword(1)}, **cpu}))
    put_hive(tmp_path / CONFIG / "SOFTWARE", regf_build.hive({"Acme": {"x": text("one")}}))
    assert data(one(tmp_path, **key(r"SOFTWARE\Acme", "Registry32"))) == {"x": "one"}


def test_every_users_hive_is_read(disk: Path) -> None:
    entry = {r"SOFTWARE\Acme": {"x": text("mine")}}
    put_hive(disk / "Users" / "Мария" / "ntuser.dat", regf_build.hive(entry))
    put_hive(disk / USERS_HIVE, regf_build.hive(entry))
    shutil.copytree(disk / "Users", disk / "users", dirs_exist_ok=True)
    shutil.rmtree(disk / "Users")
    found = one(disk, **key(r"*\SOFTWARE\Acme"))
    assert set(found["each"]) == {".DEFAULT", "S-1-5-21-0-0-0-1000", r"Users\Мария"} and "others" not in found
    assert [answer.get("absent") or data(answer)["x"] for _user, answer in sorted(found["each"].items())] == [
        "key",
        "mine",
        "mine",
    ]


def test_a_user_whose_hive_is_gone_is_unknown(disk: Path) -> None:
    (disk / USERS_HIVE).unlink()
    found = one(disk, **key(r"*\SOFTWARE\Acme"))
    assert "missing" in found["others"]["S-1-5-21-0-0-0-1000"] and list(found["each"]) == [".DEFAULT"]


@pytest.mark.parametrize("hive", ["SOFTWARE", "SYSTEM"])
@pytest.mark.parametrize("how", ["gone", "empty", "cut", "text"])
def test_what_hangs_on_a_missing_or_damaged_hive_is_unknown(how: str, hive: str, disk: Path) -> None:
    path = disk / CONFIG / hive
    contents = {"empty": b"", "cut": path.read_bytes()[:5000], "text": b"hello " * 5000}
    path.unlink() if how == "gone" else path.write_bytes(contents[how])
    told = main.answers_of(str(disk), READS)
    hanging = [read["id"] for read in READS if read["kind"] == "key" and read["path"].startswith(hive)]
    assert len(hanging) >= 3
    assert [name for name in hanging if "failed" not in told[name] or "absent" in told[name]] == []
    if hive == "SOFTWARE":
        assert "*" in told["vendor-users"]["others"]


STALE = {
    "no logs": ((1, 1), {}, True),
    "empty logs": ((1, 1), {".LOG1": b"", ".LOG2": b""}, False),
    "zeroed logs": ((1, 1), {".LOG1": b"\0" * 8192, ".LOG2": b""}, False),
    "one log of two": ((1, 1), {".LOG1": b""}, True),
    "the other log of two": ((1, 1), {".LOG2": b""}, True),
    "the only log of the oldest systems, and nothing says that it is one": ((1, 1), {".LOG": b""}, True),
    "an older log of the first format": ((9, 9), {".LOG1": regf_build.dirty_log(8), ".LOG2": b""}, False),
    "a newer log of the first format": ((9, 9), {".LOG1": b"", ".LOG2": regf_build.dirty_log(10)}, True),
    "a log of the first format that was cut": ((9, 9), {".LOG1": regf_build.dirty_log(10)[:300], ".LOG2": b""}, True),
    "older entries": ((9, 9), {".LOG1": regf_build.log([6, 7, 8]), ".LOG2": regf_build.log([3, 4, 5])}, False),
    "a newer entry": ((9, 9), {".LOG1": regf_build.log([7, 8]), ".LOG2": regf_build.log([8, 9])}, True),
    "later entries": ((9, 9), {".LOG1": regf_build.log([10, 11]), ".LOG2": b""}, True),
    "numbers from anew": ((0xFFFFFFFF, 0xFFFFFFFF), {".LOG1": regf_build.log([0xFFFFFFFE, 3]), ".LOG2": b""}, True),
    "torn": ((10, 9), {".LOG1": b"", ".LOG2": b""}, True),
    "no log at all": ((1, 1), {".LOG1": b"hello " * 2000, ".LOG2": b""}, True),
}


@pytest.mark.parametrize("case", STALE)
def test_a_hive_that_may_be_older_says_so(case: str, disk: Path) -> None:
    sequences, logs, is_stale = STALE[case]
    path = disk / CONFIG / "SOFTWARE"
    put_hive(path, regf_build.hive({"Acme": {}}, sequences))
    for suffix in (".LOG1", ".LOG2"):
        path.with_name(path.name + suffix).unlink()
    for suffix, content in logs.items():
        path.with_name(path.name + suffix).write_bytes(content)
    found = answers(disk, key(r"SOFTWARE\Acme"), key(r"SOFTWARE\Gone"), key(r"SYSTEM\Select"))
    assert "stale" in found["r0"] if is_stale else "stale" not in found["r0"]
    assert "stale" not in found["r2"]
    # What is absent in a stale hive is not known to be absent.
    assert found["r1"]["absent"] == "key" and ("stale" in found["r1"]) == is_stale


BUILDS = {
    "Windows XP": (text("2600"), b"", False),
    "Windows Server 2003": (text("3790"), b"", False),
    "a newer log of Windows XP": (text("2600"), regf_build.dirty_log(10), True),
    "Windows Vista": (text("6000"), b"", True),
    "Windows 11": (text("26100"), b"", True),
    "no text": (dword(2600), b"", True),
    "no number": (text("\u00b2"), b"", True),
    "an endless number": (text("2" * 5000), b"", True),
    "empty": (text(""), b"", True),
}


@pytest.mark.parametrize("build", BUILDS)
def test_one_log_for_a_hive_is_enough_only_on_a_system_that_has_no_more(build: str, disk: Path) -> None:
    told, content, is_stale = BUILDS[build]
    version = {r"Microsoft\Windows NT\CurrentVersion": {"CurrentBuildNumber": told}}
    put_hive(disk / CONFIG / "SOFTWARE", regf_build.hive({"Acme": {}, **version}, (9, 9)))
    put_hive(disk / CONFIG / "SYSTEM", regf_build.hive({"Select": {}}, (9, 9)))
    for name in ("SOFTWARE", "SYSTEM"):
        for suffix in (".LOG1", ".LOG2"):
            (disk / CONFIG / (name + suffix)).unlink()
        (disk / CONFIG / (name + ".LOG")).write_bytes(content)
    found = answers(disk, key(r"SOFTWARE\Acme"), key(r"SYSTEM\Select"))
    assert [("stale" in answer) for answer in found.values()] == [is_stale, is_stale]


def test_the_content_of_a_file(disk: Path) -> None:
    (disk / "Windows.msi").write_bytes(b"package" * 1000)
    found = one(disk, kind="content", path=r"C:\windows.MSI")
    assert gzip.decompress(base64.b64decode(found["gzip"])) == b"package" * 1000 and found["size"] == 7000
    assert "gzip" not in one(disk, kind="content", path=r"C:\windows.MSI", limit=6999)
    assert one(disk, kind="content", path=r"C:\gone.msi")["absent"] == "System.IO.FileNotFoundException"
    assert one(disk, kind="content", path=r"C:\gone\x.msi")["absent"] == "System.IO.DirectoryNotFoundException"


def test_times_count_from_1601(disk: Path) -> None:
    os.utime(disk / USERS_HIVE, ns=(0, 1_000_000_000))
    assert one(disk, kind="tree", path=r"C:\users\root\NTUSER.DAT")["written"] == 116444736010000000


def test_limits_end_a_look_and_say_so(disk: Path) -> None:
    for number in range(50):
        (disk / "many" / str(number)).mkdir(parents=True)
    put_hive(disk / CONFIG / "SOFTWARE", regf_build.hive({rf"Many\{number}": {} for number in range(50)}))
    found = answers(disk, key(r"SOFTWARE\Many", depth=1), {"kind": "tree", "path": r"C:\many", "depth": 1}, things=20)
    assert found["r0"]["cut"] and 0 < len(found["r0"]["below"]) <= 20 and found["r0"]["count"] == 50
    assert found["r1"]["cut"] and len(found["r1"].get("below", {})) == 0


def test_what_is_not_answered_takes_no_room(disk: Path) -> None:
    keys = {rf"Many\{number}": {"x": text("y" * 8000)} for number in range(800)}
    put_hive(disk / CONFIG / "SOFTWARE", regf_build.hive({**keys, r"Many\kasper": {"x": text("z")}}))
    found = one(disk, **key(r"SOFTWARE\Many", depth=1, match="^kasper"))
    assert "cut" not in found and list(found["below"]) == ["kasper"] and found["count"] == 801
    assert one(disk, **key(r"SOFTWARE\Many", depth=1))["cut"]


def test_a_root_without_windows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EndpointError, match="System32") as refused:
        main.answers_of(str(tmp_path), READS)
    assert refused.value.code == "no_windows"


def test_a_failed_look_is_a_result_with_its_code(tmp_path: Path) -> None:
    told = main.main({"root": str(tmp_path), "reads": "[]"}, check_mode=True)
    assert (told["failed"], told["changed"], told["code"]) == (True, False, "no_windows")
    told = main.main({"root": str(tmp_path / "gone"), "reads": "[]"}, check_mode=False)
    assert told["code"] == "root_unreadable"


def test_a_look_is_answered_as_a_whole(disk: Path) -> None:
    told = main.main({"root": str(disk), "reads": json.dumps(READS)}, check_mode=True)
    assert problems("windows_reads", told) == [] and set(told["answers"]) == {read["id"] for read in READS}


def test_very_many_texts_in_one_value_are_limited(disk: Path) -> None:
    """The controller accepts a fixed number of parts in an answer."""
    put_hive(disk / CONFIG / "SOFTWARE", regf_build.hive({"Acme": {"x": (7, b"\0" * (1 << 20))}}))
    assert one(disk, **key(r"SOFTWARE\Acme"))["cut"]


def test_large_values_lie_in_several_cells(disk: Path) -> None:
    long = "длинный " * 5000
    put_hive(disk / CONFIG / "SOFTWARE", regf_build.hive({"Acme": {"x": text(long), "y": (3, b"\1" * 16344)}}))
    assert data(one(disk, **key(r"SOFTWARE\Acme")))["x"] == long


def test_a_disk_that_was_looked_at_is_as_it_was(disk: Path) -> None:
    def state() -> dict[str, Any]:
        return {
            str(path): (path.stat().st_mtime_ns, path.stat().st_size, path.read_bytes() if path.is_file() else b"")
            for path in sorted(disk.rglob("*"))
        }

    before = state()
    main.answers_of(str(disk), READS)
    assert state() == before
