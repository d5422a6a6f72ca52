# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The facts that only entries of Windows have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .model import Sign

# Keys of an entry whose facts are signs of the kind of evidence, and the key of a fact that says what to look for.
SIGNS = {
    "certificates": ("certificate", "subject"),
    "uninstall_entries": ("uninstall_entry", "name"),
    "engine_owners": ("engine_owner", "name"),
    "upgrade_codes": ("msi_product", "code"),
    "services": ("service", "name"),
    "drivers": ("driver", "name"),
    "folders": ("folder", "folder"),
    "vendor_keys": ("vendor_key", "key"),
    "security_center": ("security_provider", "name"),
    "event_channels": ("event_channel", "channel"),
    "browser_hosts": ("browser_host", "host"),
    "adapters": ("network_adapter", "adapter"),
}


def further_signs(entry: dict[str, Any]) -> Iterator[Sign]:
    """Yield the signs that follow from other facts: what runs from a folder of programs or, without one, a service."""
    for folder in entry.get("folders", ()):
        if folder["holds"] == "programs":
            yield Sign("running_program", folder["folder"])
    if "folders" not in entry:
        yield from (Sign("running_service", service["name"]) for service in entry.get("services", ()))


def own(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a Product that only Windows fills."""
    return {
        "real_time_units": tuple(service["name"] for service in entry.get("services", ()) if service.get("real_time")),
        "encrypting": tuple(driver["name"] for driver in entry.get("drivers", ()) if driver.get("encrypts")),
        "engine": tuple(service["name"] for service in entry.get("engine", ())),
        "removal_properties": tuple(told["name"] for told in entry.get("removal_properties", ())),
    }
