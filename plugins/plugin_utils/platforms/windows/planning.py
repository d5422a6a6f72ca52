# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a forecast asks a Windows host, besides the reads that find products."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ....module_utils.agreed.windows import CURRENT
from ...catalog.model import Catalog
from . import names, second
from .facts.system import variables
from .look import Look
from .reads import SERVICES, SYSTEM, Read, for_products, key, of_providers, of_users, pattern

PACKAGES = f"{CURRENT}\\Installer\\UserData\\S-1-5-18\\Products"
OPTIONS = f"{SYSTEM}\\Control\\ProductOptions"
SECURITY_CENTER = "SOFTWARE\\Microsoft\\Security Center"
ASSIGNED = f"{CURRENT}\\Group Policy\\AppMgmt"
INTUNE = "SOFTWARE\\Microsoft\\IntuneManagementExtension"
CONFIGMGR = "SOFTWARE\\Microsoft\\SMS\\Mobile Client"
SIGNED_IN = "Volatile Environment"
# Services that show a host's role, or something that a change would have to wait for.
ROLES = ("vmms", "ClusSvc", "NTDS", "uwfvol", "UwfServicingSvc", "CcmExec", "IntuneManagementExtension")
ENCRYPTION = "encryption"
PROPERTIES = "InstallProperties"
# The largest package that is read, in bytes: those that Windows Installer keeps hold tables and no files.
LARGEST = 16 << 20
MOST_PACKAGES = 12


def asked(catalog: Catalog) -> dict[str, Any]:
    """Return {reads, signs} of the first look of a forecast: all that finds products of any maker, and more."""
    told = for_products([*catalog.products, *catalog.antivirus])
    return {**told, "reads": [*told["reads"], *_more(told["signs"])]}


def _more(signs: dict[str, list[str]]) -> Iterator[Read]:
    makers = signs["maker"]
    values = ["DisplayName", "DisplayVersion", "Publisher", "LocalPackage"]
    yield key("packages", PACKAGES, depth=2, values=values, match=pattern(makers))
    yield key("center", SECURITY_CENTER, values=["AntiVirusOverride"])
    yield key("options", OPTIONS, values=["ProductType"])
    yield key("assigned", ASSIGNED, depth=1, values=["Deployment Name", "Script Path"], match=pattern(makers))
    yield key("intune", INTUNE, values=["Version"])
    yield key("configmgr", CONFIGMGR, values=["AssignedSiteCode"])
    yield of_users("signed-in", SIGNED_IN, values=["USERNAME"])
    for name in ROLES:
        yield key(f"role-{name.lower()}", f"{SERVICES}\\{name}", values=["Start"])
    yield from of_providers()
    yield {"id": ENCRYPTION, "kind": "output", "program": ENCRYPTION}


def further(asked_for: dict[str, Any], answer: dict[str, Any]) -> list[Read]:
    """Return the reads of the second look; the packages that Windows Installer keeps only where they were asked for."""
    look = Look(tuple(asked_for["reads"]), answer["answers"], asked_for["signs"])
    look = replace(look, variables=variables(look))
    paths = dict.fromkeys(path for _code, _name, path in packages(look) if is_path(path))
    read = list(paths)[:MOST_PACKAGES]
    kept = [{"id": f"package-{at}", "kind": "content", "path": path, "limit": LARGEST} for at, path in enumerate(read)]
    return [*kept, *second.reads(look)]


def packages(look: Look) -> list[tuple[str, str, str]]:
    """Return (ProductCode, name, path of the package that is kept) of each of the vendor's products, by code."""
    found = []
    for product in (below for top in look.keys(PACKAGES) for below in top.below()):
        for one in product.below():
            code = names.unpacked(product.name)
            if code and one.name.lower() == PROPERTIES.lower() and one.values:
                told = (str((one.values.get(name) or {}).get("data", "")) for name in ("DisplayName", "LocalPackage"))
                found.append((code, *told))
    return sorted((code, name, path) for code, name, path in found)


def is_path(path: str) -> bool:
    """Return True for a path that may be asked for: of a file of Windows Installer's on a drive of the host."""
    return names.is_plain(path) and path.lower().endswith(".msi")
