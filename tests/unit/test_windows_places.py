"""Products that are not where the catalog says: in another folder, on another drive, in a user's profile."""

from __future__ import annotations

from typing import Any

import pytest
import windows_cases
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from schemas import problems
from support import CATALOG

KES, KPM = "Kaspersky Endpoint Security for Windows", "Kaspersky Password Manager"
AVP, VENDOR = "D:\\Security\\Scanner\\avp.exe", "C:\\Program Files (x86)\\Kaspersky Lab\\"
SERVICE = {"services": {"AVP.KES.21.19": f'"{AVP}" -r'}, "states": {"AVP.KES.21.19": "Running"}}
SHORT = {"services": {"AVP.KES.14.1": '"C:\\PROGRA~2\\KASPER~1\\KES14~1.0\\avp.exe" -r'}}
GERMAN = "Kaspersky Endpoint Security f\u00fcr Windows"
CENTER = "64\\SOFTWARE\\Microsoft\\Security Center\\Provider\\Av"
Told = list[tuple[str, str, str, list[str]]]


def _entry(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "version": "12.6.0.438", "publisher": "AO Kaspersky Lab", **more}


# What a host has, and each finding: id, state, confidence, problems.
CASES: dict[str, tuple[dict[str, Any], Told]] = {
    "in a folder that its entry names": (
        {"entries": [_entry(KES, folder="D:\\Security\\Scanner\\")], "files": [AVP], **SERVICE},
        [("kes_windows", "running", "confirmed", [])],
    ),
    "in a folder that is gone": (
        {"entries": [_entry(KES, folder="D:\\Security\\Scanner")]},
        [("kes_windows", "broken", "probable", ["orphan_entry"])],
    ),
    "in a folder that no entry names, so that its files may be there": (
        {"entries": [_entry(KES)], **SERVICE},
        [("kes_windows", "running", "confirmed", [])],
    ),
    "a service with a short path, so that its files may be there": (
        {"entries": [_entry(KES)], **SHORT},
        [("kes_windows", "installed", "confirmed", [])],
    ),
    "another's service of that name beside an entry of another folder": (
        {
            "entries": [_entry(KES, folder="D:\\Sec")],
            "files": ["D:\\Sec\\avp.exe"],
            "services": {"AVP": "D:\\Security\\avp.exe"},
        },
        [("kes_windows", "installed", "probable", [])],
    ),
    "a service of that name among a user's files": (
        {"entries": [_entry(KES)], "services": {"AVP": "C:\\Users\\kim\\avp.exe"}},
        [("kes_windows", "installed", "probable", [])],
    ),
    "in a user's profile, which is not read": (
        {"entries": [_entry(KPM, user="S-1-5-21-1-2-3-1001", folder="C:\\Users\\kim\\AppData\\Local\\KPM")]},
        [("password_manager_windows", "installed", "weak", [])],
    ),
    "an entry in a language that no source has, in the product's own folder": (
        {
            "entries": [_entry("Kaspersky Endpoint Security für Windows", folder=f"{VENDOR}KES.12.6.0")],
            "files": [f"{VENDOR}KES.12.6.0\\avp.exe"],
        },
        [("kes_windows", "installed", "confirmed", [])],
    ),
    "an entry in such a language, in no folder": (
        {"entries": [_entry(GERMAN)]},
        [("unrecognised_windows", "installed", "probable", [])],
    ),
    "another maker's entry that names the product's own folder": (
        {"entries": [_entry("Backup", publisher="Example", folder=f"{VENDOR}KES.12.6.0")], "files": [VENDOR]},
        [],
    ),
    "a console's plug-in for a product": (
        {"entries": [_entry("Kaspersky Endpoint Security 12 for Windows Management Plug-in")]},
        [("unrecognised_windows", "installed", "probable", [])],
    ),
    "plug-ins of other products": (
        {
            "entries": [
                _entry(f"{name} Management Plug-in", key=f"{{{name}}}") for name in (KPM, "Kaspersky Network Agent")
            ]
        },
        [("unrecognised_windows", "installed", "probable", [])],
    ),
    "agents in three languages": (
        {
            "entries": [
                _entry(name, key=f"{{{at}}}", view=32)
                for at, name in enumerate(
                    (
                        "Агент администрирования Kaspersky Security Center",
                        "Agent d\u2019administration de Kaspersky Security Center",
                        "Kaspersky Security Center 14 Network Agent",
                    )
                )
            ],
            "files": [f"{VENDOR}NetworkAgent\\klnagent.exe"],
        },
        [("network_agent_windows", "installed", "confirmed", [])],
    ),
    "a folder of the vendor that is empty": ({"files": [VENDOR]}, []),
    "an entry of Security Center that was left there": (
        {
            "keys": {
                "64\\SOFTWARE\\Microsoft\\Security Center\\Provider\\Av\\{1}": {"DISPLAYNAME": KES, "PRODUCTEXE": AVP}
            }
        },
        [],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_place(name: str) -> None:
    host, expected = CASES[name]
    collected = windows_cases.collected({"windows": host}, CATALOG)
    assert problems("evidence", collected) == []
    told = answer(platforms.evidence(collected), CATALOG)["findings"]
    assert [(one["id"], one["state"], one["confidence"], one["problems"]) for one in told] == expected


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_entries_the_one_that_service_and_folder_speak_for_gives_the_version(turned: bool) -> None:
    entries = [_entry(KES, key="{A}", version="11.26.4.423"), _entry(KES, key="{B}", version="14.1.0.423")]
    if turned:
        entries = [{**one, "key": key} for one, key in zip(entries, ("{B}", "{A}"), strict=True)]
    path = f"{VENDOR}KES.14.1.0\\avp.exe"
    host = {"entries": entries, "files": [path], "services": {"AVP.KES.14.1": path}}
    (found,) = answer(platforms.evidence(windows_cases.collected({"windows": host}, CATALOG)), CATALOG)["findings"]
    assert (found["id"], found["version"]) == ("kes_windows", "14.1.0.423")
