"""The second look at a Windows host: the signers of its programs, and the position of filters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import windows_case_disks
import windows_cases
from ansible_collections.avshift.endpoint.plugins.module_utils.windows import main
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from ansible_collections.avshift.endpoint.plugins.plugin_utils.schema import violations
from schemas import problems
from support import CATALOG
from windows_hosts import HOSTS, answers_of, make_disk

WINDOWS = platforms.named("windows")
ASKED = platforms.detection(CATALOG.products, (), WINDOWS)
AGENT, ELSEWHERE = "D:\\Tools\\Agent\\klnagent.exe", "D:\\Tools\\Agent\\other.exe"
OWN = {"status": "Valid", "signer": "CN=AO Kaspersky Lab, O=AO Kaspersky Lab, C=RU", "company": "AO Kaspersky Lab"}
OTHERS = {**OWN, "signer": "CN=Example Ltd"}
REFUSAL = {"denied": "System.UnauthorizedAccessException"}
FINDING = ["network_agent_windows"]
CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "signed by the vendor": (OWN, FINDING),
    "signed by another": (OTHERS, []),
    "it only says that it is the vendor's": ({"status": "NotSigned", "signer": None, "company": "Kaspersky"}, []),
    "changed after it was signed": ({**OWN, "status": "HashMismatch"}, []),
    "of an issuer that is not trusted": ({**OWN, "status": "UnknownError"}, []),
    "it may not be read": (REFUSAL, []),
}


def _told(host: dict[str, Any]) -> dict[str, Any]:
    collected = windows_cases.collected({"windows": host}, CATALOG)
    assert problems("evidence", collected) == []
    return answer(platforms.evidence(collected), CATALOG)


@pytest.mark.parametrize("name", CASES)
def test_a_service_in_another_folder_is_the_vendors_by_its_signature_alone(name: str) -> None:
    signature, expected = CASES[name]
    told = _told({"services": {"klnagent": AGENT}, "signatures": {AGENT: signature}})
    assert [found["id"] for found in told["findings"]] == expected


@pytest.mark.parametrize("name", CASES)
def test_no_signature_takes_a_product_away(name: str) -> None:
    path = "C:\\Program Files (x86)\\Kaspersky Lab\\NetworkAgent\\klnagent.exe"
    host = {"services": {"klnagent": path}, "files": [path], "signatures": {path: CASES[name][0]}}
    told = _told(host)
    assert [found["id"] for found in told["findings"]] == FINDING
    # Self-protected keys refuse to be read: the host still counts as completely checked.
    assert told["complete"]


def test_the_net_takes_what_no_entry_knows_by_its_signer() -> None:
    host = {"keys": {"64\\SYSTEM\\CurrentControlSet\\Services\\zzz": {"ImagePath": ELSEWHERE, "Start": 2, "Type": 16}}}
    host["keys"]["64\\SYSTEM\\CurrentControlSet\\Services\\zzz"]["DisplayName"] = "Kaspersky Something"
    assert _told(host)["findings"] == []
    found = _told({**host, "signatures": {ELSEWHERE: OWN}})["findings"]
    assert [one["id"] for one in found] == ["unrecognised_windows"]


INSTANCES = "64\\SYSTEM\\CurrentControlSet\\Services\\{}\\{}\\klif Instance"


@pytest.mark.parametrize("below", ["Instances", "Parameters\\Instances"])
@pytest.mark.parametrize("service", ["klif", "KLIF.KES-21-9"])
def test_where_a_filter_stands_is_known_of_a_disk_too(service: str, below: str, tmp_path: Path) -> None:
    host = {
        "drivers": {service: "system32\\drivers\\klif.sys"},
        "keys": {INSTANCES.format(service, below): {"Altitude": "320400"}},
    }
    root = windows_case_disks.make(host, tmp_path)

    def disk(reads: list[dict[str, Any]]) -> dict[str, Any]:
        told: dict[str, Any] = main.main({"root": str(root), "reads": json.dumps(reads)}, check_mode=True)
        return told

    further = WINDOWS.further(ASKED, disk(ASKED["reads"]))
    assert WINDOWS.collected is not None
    reads = [*ASKED["reads"], *further]
    of_disk = WINDOWS.collected({**ASKED, "reads": reads}, disk(reads))
    for collected in (of_disk, windows_cases.collected({"windows": host}, CATALOG)):
        (driver,) = [item for item in collected["evidence"] if item["kind"] == "driver"]
        assert driver["value"]["altitude"] == "320400"


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_without_anything_of_the_vendor_is_looked_at_once(host: str, tmp_path: Path) -> None:
    disk = make_disk(host, tmp_path)
    further = WINDOWS.further(ASKED, answers_as(host, disk))
    assert bool(further) == (host in ("consumer", "half-removed", "installed", "server"))


def answers_as(host: str, disk: Path) -> dict[str, Any]:
    """Return what a recorded host answers."""
    return {"answers": answers_of(host, disk, ASKED["reads"])}


NAMES = ["a\\b", "*", "", "x" * 400, "{{ lookup('pipe', 'id') }}", "..", "kl\u202eif", "AVP.KES.1/2"]
PATHS = ["C:\\a\\..\\b.sys", "\\\\host\\share\\klif.sys", "C:\\" + "x" * 2000 + ".sys", "{{ 1 }}"]
PATHS += ["C:\\a:b.sys", "C:\\*.sys"]


@pytest.mark.parametrize("image", PATHS)
@pytest.mark.parametrize("name", NAMES)
def test_what_a_host_answers_never_makes_a_read_of_another_form(name: str, image: str) -> None:
    """Names and paths come from the host: a second look asks for none that the published form does not allow."""
    below = {f"klif{name}": {"values": {"ImagePath": {"type": "String", "data": image}}, "count": 0}}
    further = WINDOWS.further(ASKED, {"answers": {"services": {"values": {}, "count": 1, "below": below}}})
    assert violations("windows_reads", further, "$defs/reads") == []
    paths = [str(read.get("path", "")) for read in further]
    assert not any(".." in path or path.startswith("\\") for path in paths)


def test_a_host_that_lists_any_number_of_services_is_asked_no_more() -> None:
    one = {"values": {"ImagePath": {"type": "String", "data": "C:\\kaspersky.sys"}}, "count": 0}
    below = {f"klif{at}": one for at in range(1000)}
    further = WINDOWS.further(ASKED, {"answers": {"services": {"values": {}, "count": 1, "below": below}}})
    assert len(further) <= 100
