"""A Windows host's first answer decides what it is asked the second time: that is limited, and only to plain paths."""

from __future__ import annotations

import time
from typing import Any

import pytest
import windows_cases
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from ansible_collections.avshift.endpoint.plugins.plugin_utils.schema import violations
from attacks import attack
from support import CATALOG

WINDOWS = platforms.named("windows")
ASKED = platforms.detection(CATALOG.products, (), WINDOWS)
THREAT = "a host answers so that the second look asks for what it should not"
ENTRIES = "64\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{}"
PLACES = [
    "\\\\server\\share\\Kaspersky Lab",
    "C:\\Users\\..\\Windows\\System32\\config",
    "C:\\*",
    "C:\\a:stream",
    "%TEMP%\\x",
    "{{ lookup('pipe', 'id') }}",
    "C:\\" + "x" * 2000,
    "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume1",
    "relative\\folder",
]


@attack("windows-second-look-elsewhere", threat=THREAT, holds="no read but of a plain folder on a drive of the host")
@pytest.mark.parametrize("place", PLACES)
def test_an_entry_that_names_another_place(place: str) -> None:
    keys = {ENTRIES.format("x"): {"DisplayName": "Kaspersky", "InstallLocation": place}}
    further = WINDOWS.further(ASKED, windows_cases.answers({"keys": keys}, ASKED["reads"]))
    assert [read for read in further if read["kind"] == "tree"] == []
    assert violations("windows_reads", further, "$defs/reads") == []


@attack("windows-second-look-flood", threat="a host lists 10,000 services and entries", holds="few reads, in all")
def test_a_host_that_lists_very_many() -> None:
    keys = {ENTRIES.format(at): {"DisplayName": "Kaspersky", "InstallLocation": f"D:\\{at}"} for at in range(5000)}
    services = {f"AVP.KES.{at}": f"C:\\{at}\\avp.exe" for at in range(5000)}
    further = WINDOWS.further(ASKED, windows_cases.answers({"keys": keys, "services": services}, ASKED["reads"]))
    assert 0 < len(further) <= 100


@attack("windows-flood-of-kinds", threat="a host lists thousands of each kind that name each other", holds="it ends")
def test_a_host_whose_entries_services_and_keys_name_each_other() -> None:
    code = "{{{:08X}-0000-4000-8000-000000000000}}".format
    values = {"DisplayName": "Kaspersky X", "Publisher": "Kaspersky"}
    keys: dict[str, Any] = {ENTRIES.format(code(at)): {**values, "InstallLocation": f"D:\\{at}"} for at in range(1500)}
    keys |= {f"32\\SOFTWARE\\KasperskyLab\\AVP21.{at}": {"ProductCode": code(at)} for at in range(1500)}
    services = {f"AVP.KES.{at}": f"D:\\{at}\\avp.exe" for at in range(1500)}
    began = time.process_time()
    host = {"keys": keys, "services": services}
    told = answer(platforms.evidence(windows_cases.collected({"windows": host}, CATALOG)), CATALOG)
    assert [len(found["reasons"]) for found in told["findings"]] == [4500]
    # Quadratic, it took several minutes.
    assert time.process_time() - began < 60


def _found(**host: Any) -> list[str]:
    collected = windows_cases.collected({"windows": host}, CATALOG)
    return [one["id"] for one in answer(platforms.evidence(collected), CATALOG)["findings"]]


@attack(
    "windows-borrowed-folder",
    threat="a user's own uninstall entry names a folder in which another's service lies",
    holds="the service does not become the product's",
)
def test_an_entry_of_a_user_brings_no_service() -> None:
    entry = {"name": "Kaspersky Endpoint Security for Windows", "folder": "C:\\Media", "publisher": "x"}
    service = {"AVP": "C:\\Media\\avp.exe"}
    collected = windows_cases.collected(
        {"windows": {"entries": [{**entry, "user": "S-1-5-21-1-2-3-1001"}], "services": service}}, CATALOG
    )
    told = answer(platforms.evidence(collected), CATALOG)["findings"]
    assert [(one["id"], one["confidence"]) for one in told] == [("kes_windows", "weak")]
    assert not any("service" in reason for one in told for reason in one["reasons"])


@attack(
    "windows-signature-by-name",
    threat="a program says that it is the vendor's, in its version and in a certificate that is not valid",
    holds="its service does not become the product's",
)
@pytest.mark.parametrize("status", ["NotSigned", "HashMismatch", "UnknownError", "NotTrusted", "valid", "", "Valid "])
def test_a_signature_that_is_not_valid(status: str) -> None:
    path = "C:\\Media\\klnagent.exe"
    signature = {"status": status, "signer": "CN=AO Kaspersky Lab", "company": "AO Kaspersky Lab"}
    assert _found(services={"klnagent": path}, signatures={path: signature}) == []
