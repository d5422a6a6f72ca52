# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Facts of the host itself: its version and id, what waits for a restart, Defender's state, who manages it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from .....module_utils.agreed.windows import CURRENT, VERSION
from .. import names, reads
from ..look import VARIABLES, Item, Key, Look, number, seen, several, text, unseen, why_not

SERVERS = ("Server", "Server Core", "Nano Server")
RENAMES = ("PendingFileRenameOperations", "PendingFileRenameOperations2")
# What may stand before a path there: that a target is replaced, and a number in newer systems.
MARKS = re.compile(r"^[!*0-9]+(?=\\)")
# Of accounts of a machine or a domain, and of a cloud directory.
OF_PEOPLE = ("S-1-5-21-", "S-1-12-1-")
# How old signatures are said to be that there are none of.
NEVER = 65535
DISABLED = ("DisableAntiSpyware", "DisableAntiVirus", "DisableRealtimeMonitoring")


def variables(look: Look) -> dict[str, str]:
    """Return the values of the host's path variables, by name in lower case."""
    told = {"systemroot": text(look.values(VERSION), "SystemRoot")}
    folders = look.values(CURRENT)
    told["programfiles"] = text(folders, "ProgramFilesDir")
    told["programfiles(x86)"] = text(folders, "ProgramFilesDir (x86)")
    found = {name: value.rstrip("\\") for name, value in told.items() if value and value[1:3] == ":\\"}
    drive = found.get("systemroot", VARIABLES["systemroot"])[:2]
    root = found.get("systemroot", VARIABLES["systemroot"])
    return {**VARIABLES, "programdata": f"{drive}\\ProgramData", **found, "systemdrive": drive, "windir": root}


def host(look: Look, answer: dict[str, Any]) -> dict[str, Any]:
    """Return the host's facts as evidence has them."""
    values = look.values(VERSION)
    build = text(values, "CurrentBuildNumber") or "unknown"
    role = "server" if text(values, "InstallationType") in SERVERS else "client"
    facts = {
        "system": "windows",
        "version": build,
        "family": ["windows", role],
        "product": text(values, "ProductName") or "",
    }
    if text(look.values(reads.NAME), "ComputerName"):
        facts["name"] = text(look.values(reads.NAME), "ComputerName") or ""
    guid = text(look.values(reads.MACHINE), "MachineGuid")
    if guid:
        facts["machine_id"] = hashlib.sha256(f"avshift {guid.lower()}".encode()).hexdigest()[:32]
    if answer.get("powershell"):
        facts["shell"] = str(answer["powershell"])
    return facts


def items(look: Look) -> Iterator[Item]:
    """Yield the evidence of the host itself."""
    yield from _restarts(look)
    yield from _defender(look)
    yield from _managed(look)
    yield from _users(look)


def _restarts(look: Look) -> Iterator[Item]:
    for key in look.keys(reads.MANAGER):
        if why_not(key.answer):
            yield unseen("restart_pending", "renames", key.where, why_not(key.answer))
        for name in RENAMES:
            listed = several(key.values, name)
            if listed is None:
                yield unseen("restart_pending", name, key.where, f"{name} is not a list of texts")
            paths = [names.program_of(MARKS.sub("", path), look.variables) for path in listed or () if path]
            if paths:
                drivers = [path for path in paths if look.wants("driver", names.name(path).rpartition(".")[0])]
                own = [path for path in paths if look.is_makers(path)]
                value = {"own": sorted({*own, *drivers})[:200], "count": len(paths)}
                yield seen("restart_pending", name, key.where, value)
    for path in reads.RESTARTS:
        for key in look.keys(path):
            if "values" in key.answer:
                yield seen("restart_pending", key.name, key.where, {"own": [], "count": 0})
            if why_not(key.answer):
                yield unseen("restart_pending", key.name, key.where, why_not(key.answer))


def _defender(look: Look) -> Iterator[Item]:
    """Yield what is known about Defender: what switches it off or makes it passive, and the age of its signatures."""
    policy = look.key(reads.POLICY)
    found = [] if policy is None else [key for key in policy.all() if "values" in key.answer]
    off = sorted({name for key in found for name in DISABLED if number(key.values, name) == 1})
    signatures, own = look.values(reads.SIGNATURES), look.values(reads.DEFENDER)
    if policy is not None and why_not(policy.answer):
        yield unseen("defender", "policy", policy.where, why_not(policy.answer))
        if "values" not in policy.answer:
            return
    if policy is None and not own and not look.provided(reads.STATUS):
        return
    status = look.provided(reads.STATUS)
    age = status.get("AntivirusSignatureAge")
    value = {
        "mode": str(status.get("AMRunningMode") or "")[:100],
        "platform": str(status.get("AMProductVersion") or "")[:100],
        "signature_days": age if isinstance(age, int) and 0 <= age < NEVER else None,
        "off_by_policy": off,
        "off_by_itself": sorted(name for name in DISABLED if (number(own, name) or 0) != 0),
        "passive_forced": number(look.values(reads.PASSIVE), "ForceDefenderPassiveMode") == 1,
        "tamper_protection": _tamper(look),
        "signatures": text(signatures, "AVSignatureVersion") or "",
        "signatures_of": _moment(signatures),
    }
    yield seen("defender", "state", "HKLM", value)


def _tamper(look: Look) -> str:
    """Return on or off as public sources read the number, unknown of any other."""
    return {5: "on", 4: "off"}.get(number(look.values(reads.TAMPER), "TamperProtection") or 0, "unknown")


def _moment(values: dict[str, Any]) -> str:
    """Return since when the signatures have been in use, '' if that is not known."""
    data = (values.get("AVSignatureApplied") or {}).get("data")
    try:
        ticks = int.from_bytes(base64.b64decode(data["base64"]), "little") if isinstance(data, dict) else 0
        moment = datetime(1601, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=ticks // 10)
    except (KeyError, ValueError, OverflowError, binascii.Error):
        return ""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if ticks else ""


def _managed(look: Look) -> Iterator[Item]:
    told: dict[str, Key] = {}
    for read, _answer in look.of_kind("key"):
        if read["id"].startswith("agent"):
            for key in look.keys(read["path"]):
                server = text(key.values, "Protection_AdmServer")
                if server:
                    told.setdefault(server, key)
    for server, key in told.items():
        image = number(key.values, "Protection_DynamicVM") == 1
        yield seen("management_server", server, key.where, {"image_clone": image})
    yield from _updates(look)


def _updates(look: Look) -> Iterator[Item]:
    """Yield the server of updates that a policy names; the policy says too whether it is used."""
    top = look.key(reads.UPDATES)
    if top is not None and why_not(top.answer):
        yield unseen("update_server", "policy", top.where, why_not(top.answer))
    server = "" if top is None else text(top.values, "WUServer")
    if top is None or not server:
        return
    told = {number(key.values, "UseWUServer") for key in top.below() if key.name.upper() == "AU"}
    used = "yes" if 1 in told else "no" if told - {None} else "unknown"
    value = {"status_server": text(top.values, "WUStatusServer") or "", "used": used}
    yield seen("update_server", server, top.where, value)


def _users(look: Look) -> Iterator[Item]:
    """Yield the profiles whose hive was not read: its content is unknown."""
    answers = [answer for one, answer in look.of_kind("key") if one["hive"] == "Users"]
    loaded = {name.lower() for answer in answers for name in answer.get("each", {})}
    others = {name.lower(): (name, str(why)) for answer in answers for name, why in answer.get("others", {}).items()}
    for key in look.keys(reads.PROFILES):
        if why_not(key.answer):
            yield unseen("user_hive", "all", key.where, why_not(key.answer))
        for profile in key.below():
            path = text(profile.values, "ProfileImagePath") or ""
            if profile.name.startswith(OF_PEOPLE) and profile.name.lower() not in loaded and answers:
                _name, why = others.pop(profile.name.lower(), ("", "its hive is not loaded"))
                yield unseen("user_hive", profile.name, path or key.where, why, profile.name)
    every = others.pop("*", None)
    if every is not None:
        yield unseen("user_hive", "all", "HKU", every[1])
    for name, why in others.values():
        yield unseen("user_hive", name, "HKU", why, name)
