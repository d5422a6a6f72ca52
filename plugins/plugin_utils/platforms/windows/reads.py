# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compile the catalog into reads of a Windows host. A read knows places and words, and no product."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ....module_utils.agreed.windows import CURRENT, VERSION
from ...catalog.model import Limit, Product
from ...detect.probes import unique
from . import names

Read = dict[str, Any]

SYSTEM = "SYSTEM\\CurrentControlSet"
UNINSTALL = f"{CURRENT}\\Uninstall"
REGISTERED = "SOFTWARE\\Classes\\Installer\\Products"
UPGRADES = f"{CURRENT}\\Installer\\UpgradeCodes"
SERVICES = f"{SYSTEM}\\Services"
CLASSES = f"{SYSTEM}\\Control\\Class"
ADAPTERS = f"{CLASSES}\\{{4d36e972-e325-11ce-bfc1-08002be10318}}"
NETWORK = f"{SYSTEM}\\Control\\Network\\{{4d36e974-e325-11ce-bfc1-08002be10318}}"
FILTERING = f"{SERVICES}\\BFE\\Parameters\\Policy\\Persistent"
FILTERED = ("Provider", "SubLayer", "Callout", "Filter")
MANAGER = f"{SYSTEM}\\Control\\Session Manager"
CENTER = "SOFTWARE\\Microsoft\\Security Center\\Provider"
# Antivirus first: an entry there may be of a product that protects.
PROVIDERS = ("Av", "As", "Fw")
PROFILES = f"{VERSION}\\ProfileList"
MACHINE = "SOFTWARE\\Microsoft\\Cryptography"
NAME = f"{SYSTEM}\\Control\\ComputerName\\ComputerName"
ROOTS = "SOFTWARE\\Microsoft\\SystemCertificates\\Root\\Certificates"
POLICY_ROOTS = "SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\Root\\Certificates"
TASKS = f"{VERSION}\\Schedule\\TaskCache\\Tasks"
TASK_FILES = "%SystemRoot%\\System32\\Tasks"
CHANNELS = (f"{CURRENT}\\WINEVT\\Channels", f"{SERVICES}\\EventLog")
BROWSERS = (
    "SOFTWARE\\Google\\Chrome\\NativeMessagingHosts",
    "SOFTWARE\\Microsoft\\Edge\\NativeMessagingHosts",
    "SOFTWARE\\Mozilla\\NativeMessagingHosts",
)
RESTARTS = (
    f"{CURRENT}\\Component Based Servicing\\RebootPending",
    f"{CURRENT}\\Component Based Servicing\\RebootInProgress",
    f"{CURRENT}\\Component Based Servicing\\PackagesPending",
    f"{CURRENT}\\WindowsUpdate\\Auto Update\\RebootRequired",
    f"{CURRENT}\\Installer\\InProgress",
)
DEFENDER = "SOFTWARE\\Microsoft\\Windows Defender"
SIGNATURES = f"{DEFENDER}\\Signature Updates"
TAMPER = f"{DEFENDER}\\Features"
POLICY = "SOFTWARE\\Policies\\Microsoft\\Windows Defender"
PASSIVE = "SOFTWARE\\Policies\\Microsoft\\Windows Advanced Threat Protection"
UPDATES = "SOFTWARE\\Policies\\Microsoft\\Windows\\WindowsUpdate"
ENTRY = (
    "DisplayName",
    "DisplayVersion",
    "Publisher",
    "InstallLocation",
    "UninstallString",
    "WindowsInstaller",
    "SystemComponent",
    "NoRemove",
)
SERVICE = ("ImagePath", "DisplayName", "Start", "Type", "Group", "DeleteFlag", "LaunchProtected")
# Only these values of a vendor's keys are read: some of the others are secrets.
PRODUCT = (
    "ProductName",
    "ProductVersion",
    "ProductDisplayVersion",
    "ProductCode",
    "ProductRoot",
    "CoreVersion",
    "EnablePswrdProtect",
    "Protection_AdmServer",
    "Protection_DynamicVM",
    "Protection_NagentFullVersion",
)
DRIVERS = "%SystemRoot%\\System32\\drivers"
# Defender's own services, and those that are needed to judge a host.
ALWAYS = ("WinDefend", "WdNisSvc", "WdFilter", "WdBoot", "WdNisDrv", "Sense")
BOTH = ("Registry64", "Registry32")
# What only a provider of the running system knows: in which mode Defender runs, and whether a write filter filters.
STATUS, WRITE_FILTER = "defender-status", "write-filter"
STATUS_VALUES = ("AMRunningMode", "AMProductVersion", "AntivirusSignatureAge")
OF_PROVIDERS = (
    (STATUS, "root/Microsoft/Windows/Defender", "MSFT_MpComputerStatus", STATUS_VALUES),
    (WRITE_FILTER, "root/standardcimv2/embedded", "UWF_Filter", ("CurrentEnabled", "NextEnabled")),
)
# Where the agent keeps its state below a vendor's key; the number differs between its generations.
AGENTS = tuple(f"Components\\{number}\\1103\\1.0.0.0\\Statistics\\AVState" for number in (34, 27))


def for_products(products: Iterable[Product], _limits: Iterable[Limit] = ()) -> dict[str, Any]:
    """Return {reads, signs}: what a host is asked, and what the catalog looks for in the answers, by kind."""
    chosen = list(products)
    kinds = unique(sign.kind for product in chosen for sign in product.signs)
    signs = {kind: unique(what for product in chosen for what in product.of_kind(kind)) for kind in kinds}
    own = [product for product in chosen if not product.vendor]
    signs["own"] = unique(what for product in own for kind in ("service", "driver") for what in product.of_kind(kind))
    signs["maker"] = unique(word for product in chosen if product.net for word in product.net.words)
    signs["net"] = unique(folder for product in chosen if product.net for folder in product.net.folders)
    reads = [*_of_system(), *_of_programs(signs), *_of_services(signs), *_of_registry(signs), *_of_files(signs)]
    return {"reads": reads, "signs": signs}


def key(name: str, path: str, view: str = "Registry64", **more: Any) -> Read:
    """Return the read of one of the machine's keys."""
    return {"id": name, "kind": "key", "hive": "LocalMachine", "view": view, "path": path, **more}


def of_users(name: str, path: str, **more: Any) -> Read:
    """Return the read of a key of every user whose hive is loaded."""
    return {"id": name, "kind": "key", "hive": "Users", "view": "Registry64", "path": f"*\\{path}", **more}


def of_providers() -> list[Read]:
    """Return the reads of what a provider alone knows. They take a host longer than a whole look, and may fail."""
    return [
        {"id": name, "kind": "cim", "namespace": place, "class": kind, "properties": list(values)}
        for name, place, kind, values in OF_PROVIDERS
    ]


def _both(name: str, path: str, **more: Any) -> list[Read]:
    return [key(f"{name}{view[-2:]}", path, view, **more) for view in BOTH]


def pattern(wanted: Iterable[str]) -> str:
    """Return the regular expression of texts of which one is wanted, for .NET and Python alike: plain words alone.

    Of a name with * or ? it is the longest part between them.
    """
    words = unique(max(re.split(r"[*?]", one), key=len).lower() for one in wanted)
    # A word that contains another one is covered by that one.
    kept = [word for word in words if not any(other != word and other in word for other in words)]
    return "|".join(re.sub(r"([^\w\s])", r"\\\1", word) for word in kept if word) or "(?:)"


def _of_system() -> list[Read]:
    return [
        key(
            "version",
            VERSION,
            values=[
                *("ProductName", "CurrentBuild", "CurrentBuildNumber", "UBR"),
                "EditionID",
                "InstallationType",
                "DisplayVersion",
                "SystemRoot",
            ],
        ),
        key("folders", CURRENT, values=["ProgramFilesDir", "ProgramFilesDir (x86)"]),
        key("machine", MACHINE, values=["MachineGuid"]),
        key("name", NAME, values=["ComputerName"]),
        key("profiles", PROFILES, depth=1, values=["ProfileImagePath"]),
        key("pending", MANAGER, values=["PendingFileRenameOperations", "PendingFileRenameOperations2"]),
        *(key(f"restart-{number}", path) for number, path in enumerate(RESTARTS, 1)),
        key(
            "defender", POLICY, depth=1, values=["DisableAntiSpyware", "DisableAntiVirus", "DisableRealtimeMonitoring"]
        ),
        key("defender-state", DEFENDER, values=["PassiveMode", "DisableAntiSpyware", "DisableAntiVirus"]),
        key("defender-passive", PASSIVE, values=["ForceDefenderPassiveMode"]),
        key("defender-signatures", SIGNATURES, values=["AVSignatureVersion", "EngineVersion", "AVSignatureApplied"]),
        key("defender-tamper", TAMPER, values=["TamperProtection"]),
        key("updates", UPDATES, depth=1, values=["WUServer", "WUStatusServer", "UseWUServer"]),
    ]


def _of_programs(signs: dict[str, list[str]]) -> list[Read]:
    wanted = pattern([*signs.get("uninstall_entry", ()), *signs.get("engine_owner", ()), *signs["maker"]])
    asked: Read = {"depth": 1, "values": list(ENTRY), "match": wanted}
    codes = pattern(names.packed(code) for code in signs.get("msi_product", ()))
    return [
        *_both("uninstall", UNINSTALL, **asked),
        of_users("uninstall-users", UNINSTALL, **asked),
        key("upgrade", UPGRADES, depth=1, match=codes),
        key("registered", REGISTERED, depth=1, values=["ProductName"], match=wanted),
        {"id": "processes", "kind": "processes"},
    ]


def _of_services(signs: dict[str, list[str]]) -> list[Read]:
    wanted = [*signs.get("service", ()), *signs.get("driver", ()), *signs["maker"], *ALWAYS]
    drivers = pattern(signs.get("driver", ()))
    return [
        key("services", SERVICES, depth=1, values=list(SERVICE), match=pattern(wanted)),
        {"id": "states", "kind": "services"},
        key("classes", CLASSES, depth=1, values=["Class", "UpperFilters", "LowerFilters"], match=drivers),
        key(
            "adapters",
            ADAPTERS,
            depth=1,
            values=["DriverDesc"],
            match=pattern([*signs.get("network_adapter", ()), *signs["maker"]]),
        ),
        key(
            "network",
            NETWORK,
            depth=1,
            values=["Description", "ComponentId"],
            match=pattern([*signs["maker"], *signs.get("driver", ())]),
        ),
        key("bindings", ADAPTERS, depth=2, values=["FilterList"], match="linkage"),
        *(key(f"filtering-{part.lower()}", f"{FILTERING}\\{part}") for part in FILTERED),
        {"id": "filters", "kind": "output", "program": "filters"},
    ]


def _of_registry(signs: dict[str, list[str]]) -> list[Read]:
    tops = unique(key.partition("\\")[0] for key in signs.get("vendor_key", ()))
    makers = pattern(signs["maker"])
    channels: Read = {"depth": 1, "values": ["OwningPublisher"], "match": pattern(signs.get("event_channel", ["(?:)"]))}
    hosts: Read = {"depth": 1, "values": [""], "match": pattern(signs.get("browser_host", ["(?:)"]))}
    asked: Read = {"depth": 3, "values": list(PRODUCT)}
    found = [read for top in tops for read in _both("vendor", f"SOFTWARE\\{top}", **asked)]
    found += [of_users("vendor-users", f"SOFTWARE\\{top}", depth=2, values=list(PRODUCT)) for top in tops]
    states = [f"SOFTWARE\\{top}\\{state}" for top in tops for state in AGENTS]
    for number, state in enumerate(states, 1):
        found += _both(f"agent-{number}-", state, values=list(PRODUCT))
    found += [key(f"channels-{number}", path, **channels) for number, path in enumerate(CHANNELS, 1)]
    for number, path in enumerate(BROWSERS, 1):
        found += _both(f"browser-{number}-", path, **hosts)
        found.append(of_users(f"browser-{number}-users", path, **hosts))
    asked = {"depth": 1, "values": ["DISPLAYNAME", "PRODUCTEXE", "STATE"]}
    found += [key(f"center-{part.lower()}", f"{CENTER}\\{part}", **asked) for part in PROVIDERS]
    found.append(key("tasks", TASKS, depth=1, values=["Path", "Author"], match=makers))
    stored: Read = {"depth": 2, "values": ["Blob", "BlobCount", "BlobLength"]}
    found += [key("roots", ROOTS, **stored), key("roots-policy", POLICY_ROOTS, **stored)]
    found.append(of_users("roots-users", ROOTS, **stored))
    return found


def _of_files(signs: dict[str, list[str]]) -> list[Read]:
    """Return the reads of the file system: the folders that hold the catalog's folders, and the system's own
    drivers.
    """
    tops = unique(top for folder in [*signs.get("folder", ()), *signs["net"]] for top in _tops(folder, signs["net"]))
    trees = [spelling for top in tops for spelling in names.spelled(top)]
    found = [{"id": f"files-{number}", "kind": "tree", "path": path, "depth": 2} for number, path in enumerate(trees)]
    found.append({"id": "tasks-files", "kind": "tree", "path": TASK_FILES, "depth": 2})
    return [*found, {"id": "drivers", "kind": "tree", "path": DRIVERS, "depth": 2}]


def _tops(folder: str, of_vendor: list[str]) -> Iterable[str]:
    """Yield the folder that is read so that one of the catalog is seen: the vendor's, or the one above it.

    Of the system's disk nothing else is read than what the catalog names.
    """
    if folder in of_vendor:
        yield folder
        return
    above = names.parent(folder)
    yield folder if names.parent(above) == "" and "*" not in folder and "?" not in folder else above
