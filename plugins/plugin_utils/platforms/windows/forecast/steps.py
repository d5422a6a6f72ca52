# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps that a removal would take, in their order. Nothing carries them out."""

from __future__ import annotations

from collections.abc import Iterator

from ....detect.evidence import Item
from ....plan.foretelling import Step
from .. import names
from ..problems import filters_left
from .case import Case, Removal, listed

# Leftovers by class, in the order of their removal: what calls a driver goes before the driver.
LEFT = {
    "class_filter": "Take entries out of lists of device filters",
    "network_component": "Unbind network filters through the network setup",
    "filtering_object": "Remove objects of the filtering platform",
    "minifilter": "Remove file system filters with their drivers",
    "driver": "Delete drivers",
    "driver_file": "Delete files of drivers that nothing calls",
    "service": "Delete services",
    "scheduled_task": "Delete scheduled tasks",
    "root_certificate": "Remove trusted root certificates",
    "network_adapter": "Remove network adapters that no driver serves",
    "browser_host": "Remove registrations with browsers",
    "event_channel": "Remove event channels",
    "vendor_key": "Delete the vendor's keys",
    "folder": "Archive the owner's data, and delete folders",
}
BEFORE_RESTART = "A restart while a list names a filter that is gone leaves no keyboard, no disk or no start."


def steps(case: Case) -> list[Step]:
    """Return the steps for one host, none if nothing of the vendor would be removed."""
    found = [*_filters_first(case), *_products(case)]
    left = list(_leftovers(case))
    if not found and not left:
        return []
    return [*found, *_restart(case), *left, _verify(case)]


def _filters_first(case: Case) -> Iterator[Step]:
    broken = filters_left(case.items("class_filter"))
    if broken:
        told = tuple(f"{item['what']}: only this entry goes, the others keep their order" for item in broken)
        title = "Before any restart, take filters whose driver is gone out of their lists"
        yield Step("correct_filters", title, (BEFORE_RESTART, *told), tuple(item["id"] for item in broken))


def _products(case: Case) -> Iterator[Step]:
    for removal in case.removals:
        if not removal.codes:
            yield _by_hand(removal)
        for code in removal.codes:
            yield _by_code(case, removal, code)


def _by_code(case: Case, removal: Removal, code: str) -> Step:
    finding, package = removal.finding, case.packages.get(code, {})
    details = [f"ProductCode {code}, without a restart of its own"]
    if removal.product.removal_properties:
        told = listed(removal.product.removal_properties)
        details.append(f"properties where a password protects it, without their values here: {told}")
    else:
        details.append("properties where a password protects it: unknown")
    details += _of_package(package)
    title = f"Remove {finding.name} {finding.version or '(version not known)'} by Windows Installer"
    return Step("remove_product", title, tuple(details), finding.reasons)


def _of_package(package: dict[str, object]) -> Iterator[str]:
    counts = package.get("counts")
    if isinstance(counts, dict):
        told = ", ".join(f"{counts[kind]:,} {kind.replace('_', ' ')}" for kind in counts)
        yield f"its package lists: {told}; the list is under packages"
        yield from (f"its package asks for a restart: {one}" for one in _texts(package, "restarts"))
        yield from (f"its package has a condition: {one}" for one in _texts(package, "conditions"))
    else:
        yield "what it will take with it is not known: its package was not read"


def _texts(package: dict[str, object], name: str) -> list[str]:
    told = package.get(name)
    return [str(one) for one in told] if isinstance(told, list) else []


def _by_hand(removal: Removal) -> Step:
    title = f"Remove {removal.finding.name} by hand: no ProductCode of it is known on this host"
    entries = tuple(f"entry: {item['value']['name']} ({item['where']})" for item in removal.entries)
    return Step("remove_by_hand", title, entries, removal.finding.reasons)


def _restart(case: Case) -> Iterator[Step]:
    loadable = [item for kind in ("driver", "minifilter", "class_filter") for item in case.leftovers(kind)]
    if case.removals or loadable:
        asks = any(package.get("restarts") for package in case.packages.values())
        loaded = "drivers of it stay loaded until then" if loadable else ""
        why = loaded or ("a package asks for it" if asks else "its removal may ask for it")
        yield Step("look", "Look again, and stop here if a filter is named without its driver")
        yield Step(
            "restart", "Restart the host", (f"expected: {why}", "an exit code of the removal does not decide it")
        )


def _leftovers(case: Case) -> Iterator[Step]:
    taken = _taken(case)
    for kind, title in LEFT.items():
        items = [item for item in case.leftovers(kind) if _may_stay(item, taken)]
        if items:
            yield Step(f"leftover_{kind}", f"{title}, if they are still there", _told(items), tuple(_ids(items)))


def _taken(case: Case) -> set[str]:
    """Return what the packages remove, named as in evidence: services by name, files by path."""
    listed_ones = [package.get("services", ()) for package in case.packages.values()]
    return {str(service["name"]).lower() for services in listed_ones for service in services}


def _may_stay(item: Item, taken: set[str]) -> bool:
    return item["kind"] != "service" or str(item["what"]).lower() not in taken


def _told(items: list[Item], most: int = 50) -> tuple[str, ...]:
    told = [
        f"{item['what']} ({item['where']})" if item["kind"] in ("vendor_key", "browser_host") else _called(item)
        for item in items
    ]
    return tuple(told[:most]) + ((f"and {len(told) - most} more",) if len(told) > most else ())


def _called(item: Item) -> str:
    name = item["value"].get("name") or item["value"].get("subject") or ""
    what = str(item["what"])
    return f"{what}: {name}" if name and str(name) not in what and names.name(what) != name else what


def _ids(items: list[Item]) -> Iterator[str]:
    yield from (str(item["id"]) for item in items)


def _verify(case: Case) -> Step:
    after = (
        "Defender's own state, on a server by a step that switches it on" if case.is_server else "Defender's own state"
    )
    return Step(
        "verify",
        "Look again, and prove who protects",
        (after, "the same look a day and one restart later", "the device's record on the management server"),
    )
