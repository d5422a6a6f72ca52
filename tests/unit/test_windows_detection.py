"""The recorded Windows hosts are found as expected, and a host's answer never shows more than it says."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import windows_case_disks
from ansible_collections.avshift.endpoint.plugins.module_utils.windows import main
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.windows import names, reads
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import folder
from ansible_collections.avshift.endpoint.plugins.plugin_utils.schema import answers, violations
from plans import VERSIONS
from schemas import problems
from support import CATALOG, collected, load_yaml
from windows_hosts import HOME, HOSTS, READS, RECORDED, make_disk, recorded

WINDOWS = platforms.named("windows")
ASKED = platforms.detection(CATALOG.products, (), WINDOWS)
RUN = {"change_id": "", "time": "2026-01-02T03:04:05Z", **VERSIONS}


def _looked(result: dict[str, Any], asked: list[dict[str, Any]] = READS) -> dict[str, Any]:
    """Return the evidence of a recorded answer; what was left out of the recording was not asked."""
    given = [read for read in asked if read["id"] in result["answers"]]
    assert WINDOWS.collected is not None
    return WINDOWS.collected({**ASKED, "reads": given}, result)


def _told(result: dict[str, Any]) -> dict[str, Any]:
    return answer(platforms.evidence(_looked(result)), CATALOG)


@pytest.mark.parametrize("host", RECORDED)
def test_recorded_host_is_found_as_stated(host: str) -> None:
    case, told = load_yaml(HOME / host / "expect.yml"), _told(recorded(host))
    keys = ("id", "state", "version", "confidence", "problems")
    assert [{key: found[key] for key in keys} for found in told["findings"]] == case["expect"]
    assert sorted(unknown["id"] for unknown in told["unknowns"]) == sorted(case["unknown"])
    assert told["complete"] is case["complete"]


def _of_disk(host: str, folder: Path) -> dict[str, Any]:
    """Return what a host's disk answers to the catalog's own reads, checked against the published form."""
    told = main.main({"root": str(make_disk(host, folder)), "reads": json.dumps(ASKED["reads"])}, check_mode=True)
    return answers.checked_reads(told, ASKED["reads"], host)


@pytest.mark.parametrize("host", HOSTS)
def test_disk_of_a_recorded_host_is_found_as_its_host(host: str, tmp_path: Path) -> None:
    """The same findings; running counts as installed, and what only the host refuses is open on its disk."""
    case = load_yaml(HOME / host / "expect.yml")
    expected = case.get("disk", case)
    assert WINDOWS.collected is not None
    looked = WINDOWS.collected(ASKED, _of_disk(host, tmp_path))
    assert problems("evidence", looked) == []
    told = answer(platforms.evidence(looked), CATALOG)
    keys = ("id", "state", "version", "confidence", "problems")
    found = [{**found, "state": found["state"].replace("running", "installed")} for found in expected["expect"]]
    assert [{key: one[key] for key in keys} for one in told["findings"]] == found
    assert sorted(unknown["id"] for unknown in told["unknowns"]) == sorted(expected["unknown"])
    assert told["complete"] is expected["complete"]
    assert looked["live"] is False


@pytest.mark.parametrize("host", RECORDED)
def test_evidence_and_record_have_the_published_forms(host: str) -> None:
    looked = _looked(recorded(host))
    assert problems("evidence", looked) == []
    assert answers.checked("collect", {"collected": looked}, host)["collected"] == looked
    record = runs.of_detection(host, _told(recorded(host)), RUN)
    assert problems("record", record) == []
    clean = not load_yaml(HOME / host / "expect.yml")["expect"]
    complete = load_yaml(HOME / host / "expect.yml")["complete"]
    assert record["verdict"] == ("detected" if not clean else "never_present" if complete else "unknown")


def test_what_is_asked_has_the_published_form() -> None:
    for products in (CATALOG.products, [*CATALOG.products, *CATALOG.antivirus]):
        asked = platforms.detection(products, (), WINDOWS)["reads"]
        assert violations("windows_reads", asked, "$defs/reads") == []
        assert len({read["id"] for read in asked}) == len(asked)


def test_no_secret_of_the_vendor_s_keys_is_asked_for() -> None:
    for read in ASKED["reads"]:
        if "kaspersky" in read.get("path", "").lower() and read["kind"] == "key":
            assert read["values"], read["id"]
            assert not {"OPEP", "InstallPassword", "Password"} & set(read["values"])


@pytest.mark.parametrize("host", ["installed", "consumer", "server", "orphan-entry"])
@pytest.mark.parametrize("failure", ["denied", "failed"])
def test_what_is_denied_is_never_absent(host: str, failure: str) -> None:
    """Each answer in turn is replaced with a refusal: the host is then incomplete, or what was found is still there."""
    whole = recorded(host)
    found = {finding["id"] for finding in _told(whole)["findings"]}
    for read in READS:
        if read["kind"] in ("key", "tree", "processes") and read["id"] in whole["answers"]:
            changed = copy.deepcopy(whole)
            changed["answers"][read["id"]] = {failure: "System.Security.SecurityException"}
            told = _told(changed)
            assert not told["complete"] or found <= {finding["id"] for finding in told["findings"]}, read["id"]


def _case(**windows: Any) -> dict[str, Any]:
    return answer(platforms.evidence(collected({"windows": windows})), CATALOG)


KEYBOARD = "64\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e96b-e325-11ce-bfc1-08002be10318}"
MANAGER = "64\\SYSTEM\\CurrentControlSet\\Control\\Session Manager"
KES = {
    "entries": [{"name": "Kaspersky Endpoint Security for Windows", "version": "12.6", "publisher": "Kaspersky"}],
    "files": ["C:\\Program Files (x86)\\Kaspersky Lab\\KES.12.6.0\\avp.exe"],
}
DRIVER = "\\SystemRoot\\system32\\drivers\\"
PROBLEMS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "class filter after kbdclass": (
        {**KES, "keys": {KEYBOARD: {"Class": "Keyboard", "UpperFilters": ["kbdclass", "klfltdev.KES-14-1"]}}},
        ["filter_left"],
    ),
    "class filter whose driver is whole": (
        {
            "entries": KES["entries"],
            "files": [*KES["files"], "C:\\Windows\\System32\\drivers\\klfltdev.sys"],
            "drivers": {"klfltdev.KES-14-1": DRIVER + "klfltdev.sys"},
            "keys": {KEYBOARD: {"UpperFilters": ["kbdclass", "klfltdev.KES-14-1"]}},
        },
        [],
    ),
    "driver without file": (
        {
            **KES,
            "files": [*KES["files"], "C:\\Windows\\System32\\drivers\\x"],
            "drivers": {"klif": DRIVER + "klif.sys"},
        },
        ["driver_without_file"],
    ),
    "encryption": (
        {
            **KES,
            "files": [*KES["files"], "C:\\Windows\\System32\\drivers\\klfdefsf.sys"],
            "drivers": {"klfdefsf": DRIVER + "klfdefsf.sys"},
        },
        ["encrypted_disk"],
    ),
    "password": (
        {
            **KES,
            "keys": {"32\\SOFTWARE\\KasperskyLab\\protected\\KES\\settings": {"EnablePswrdProtect": 1, "OPEP": "hash"}},
        },
        ["password_protected"],
    ),
    "deletion at the next restart": (
        {**KES, "keys": {MANAGER: {"PendingFileRenameOperations": ["\\??\\" + KES["files"][0], ""]}}},
        ["restart_pending"],
    ),
    "deletion at the next restart, as newer systems note it": (
        {**KES, "keys": {MANAGER: {"PendingFileRenameOperations": ["*1\\??\\" + KES["files"][0], ""]}}},
        ["restart_pending"],
    ),
    "renames of others": ({**KES, "keys": {MANAGER: {"PendingFileRenameOperations": ["\\??\\C:\\x.tmp", ""]}}}, []),
    "files without entry": ({"files": KES["files"]}, ["files_without_entry"]),
    "entry without files": ({"entries": KES["entries"]}, ["orphan_entry"]),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_problems(name: str) -> None:
    host, expected = PROBLEMS[name]
    (found,) = _case(**host)["findings"]
    assert (found["id"], found["problems"]) == ("kes_windows", expected)
    assert (found["state"] == "broken") is bool({"files_without_entry", "orphan_entry"} & set(expected))


def test_a_hash_that_a_host_gives_unasked_is_in_no_evidence() -> None:
    looked = collected({"windows": PROBLEMS["password"][0]})
    assert "hash" not in str(looked["evidence"])


def test_what_a_user_s_hive_holds_confirms_nothing() -> None:
    told = _case(keys={"S-1-5-21-1-2-3-1001\\SOFTWARE\\KasperskyLab\\AVP21.24\\environment": {"ProductVersion": "21"}})
    assert [(found["id"], found["confidence"]) for found in told["findings"]] == [("home_windows", "weak")]


@pytest.mark.parametrize(("user", "named"), [("S-1-5-21-1-2-3-1001", 1), ("S-1-12-1-1-2-3-4", 1), ("S-1-5-19", 0)])
def test_a_profile_whose_hive_is_not_loaded_is_named(user: str, named: int) -> None:
    listed = f"64\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\{user}"
    told = _case(keys={listed: {"ProfileImagePath": "C:\\Users\\kim"}})
    assert [unknown["id"] for unknown in told["unknowns"]] == [f"user_hive:{user}"] * named


def test_a_service_of_that_name_elsewhere_is_another_one() -> None:
    assert _case(services={"AVP": "C:\\media\\avp.exe", "klnagent": "D:\\x\\klnagent.exe"})["findings"] == []
    told = _case(services={"klnagent": "D:\\Kaspersky Lab\\NetworkAgent\\klnagent.exe"})["findings"]
    assert [found["id"] for found in told] == ["network_agent_windows"]
    assert _case(services={"klnagent": "C:\\Users\\kim\\Kaspersky Lab\\NetworkAgent\\klnagent.exe"})["findings"] == []


def test_a_protected_engine_runs_though_its_process_shows_no_path() -> None:
    service = {"AVP.KES.21.19": f'"{KES["files"][0]}" -r'}
    (found,) = _case(**KES, services=service, states={"avp.kes.21.19": "Running"})["findings"]
    assert (found["id"], found["state"]) == ("kes_windows", "running")
    (found,) = _case(**KES, services=service, states={"avp.kes.21.19": "Stopped"})["findings"]
    assert found["state"] == "installed"


def test_records_of_windows_hosts_are_reported(tmp_path: Path) -> None:
    for host in HOSTS:
        record = runs.of_detection(host, _told(recorded(host)), RUN)
        records.write(records.path_of(f"{tmp_path}/records", host), record)
    folder.make(f"{tmp_path}/records", f"{tmp_path}/report", ())
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    verdicts = {host["host"]: host["verdict"] for host in report["hosts"]}
    assert verdicts["installed"] == "detected"
    assert (verdicts["clean"], verdicts["denied"]) == ("never_present", "unknown")
    text = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert "Kaspersky Endpoint Security for Windows" in text


IMAGES = {
    '"C:\\Program Files\\A B\\x.exe" -r': "C:\\Program Files\\A B\\x.exe",
    "C:\\Program Files\\A B\\x.exe -r": "C:\\Program Files\\A B\\x.exe",
    "\\SystemRoot\\System32\\drivers\\x.sys": "C:\\Windows\\System32\\drivers\\x.sys",
    "system32\\DRIVERS\\x.sys": "C:\\Windows\\system32\\DRIVERS\\x.sys",
    "\\??\\C:\\ProgramData\\x.sys": "C:\\ProgramData\\x.sys",
    '"\\\\?\\C:\\A B\\x.exe" -r': "C:\\A B\\x.exe",
    "\\\\.\\C:\\A B\\x.exe": "C:\\A B\\x.exe",
    "\\\\server\\x.exe": "\\\\server\\x.exe",
    "%SystemRoot%\\x.exe": "C:\\Windows\\x.exe",
    "%ProgramFiles(x86)%\\x.exe": "C:\\Program Files (x86)\\x.exe",
    "": "",
}


@pytest.mark.parametrize("image", IMAGES)
def test_image_path_is_read_in_each_form(image: str) -> None:
    variables = {"systemroot": "C:\\Windows", "programfiles(x86)": "C:\\Program Files (x86)"}
    assert names.program_of(image, variables) == IMAGES[image]


COMMANDS = {
    "C:\\A B\\avp -r": "C:\\A B\\avp.exe",
    '"C:\\A B\\avp" -r': "C:\\A B\\avp.exe",
    "C:\\A B\\avp /x C:\\y": "C:\\A B\\avp.exe",
    "C:\\A.B\\avp": "C:\\A.B\\avp.exe",
    "C:\\A B\\avp.exe -r": "C:\\A B\\avp.exe",
    "system32\\DRIVERS\\x.sys": "C:\\Windows\\system32\\DRIVERS\\x.sys",
    "": "",
}


@pytest.mark.parametrize("image", COMMANDS)
def test_a_service_s_program_needs_no_extension(image: str) -> None:
    assert names.service_program(image, {"systemroot": "C:\\Windows"}) == COMMANDS[image]


SCRIPTS = [
    ("Антивірус", 'АТ "Лабораторія Касперського"'),
    ("卡巴斯基安全软件", ""),
    ("セキュリティ製品", "株式会社カスペルスキー"),
    ("카스퍼스키 안티바이러스", ""),
]


@pytest.mark.parametrize(("name", "publisher"), SCRIPTS)
def test_the_makers_name_in_other_scripts_is_not_overlooked(name: str, publisher: str, tmp_path: Path) -> None:
    host = {"entries": [{"name": name, "publisher": publisher, "version": "1"}]}
    assert [found["id"] for found in _case(**host)["findings"]] == ["unrecognised_windows"]
    told = main.main(
        {"root": str(windows_case_disks.make(host, tmp_path)), "reads": json.dumps(ASKED["reads"])}, check_mode=True
    )
    assert WINDOWS.collected is not None
    found = answer(platforms.evidence(WINDOWS.collected(ASKED, told)), CATALOG)["findings"]
    assert [one["id"] for one in found] == ["unrecognised_windows"]


def test_packed_codes() -> None:
    code = "{B9518725-0B76-4793-A409-C6794442FB50}"
    assert names.packed(code) == "5278159B67B039744A906C974424BF05"
    assert names.unpacked("5278159B67B039744A906C974424BF05") == code
    assert names.unpacked("5278159B67B039744A906C974424BF0") == ""
    upgrade = f"64\\{reads.UPGRADES}\\{names.packed(code)}"
    told = _case(keys={upgrade: {names.packed("{0F05E4E5-5A89-482C-9A62-47CC58643788}"): ""}})
    assert [found["id"] for found in told["findings"]] == ["network_agent_windows"]
    assert _case(keys={f"64\\{reads.UPGRADES}\\{'0' * 32}": {"1" * 32: ""}})["findings"] == []
