# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A device list as a document: the inventory writes it, its cache keeps it, and a report reads it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .. import schema
from .device import Device, DeviceList, Source
from .wrong import wrong

FORMAT_VERSION = 1
KIND = "avshift.endpoint device list"
REMEDY = "Have the inventory write it again."


def compose(found: DeviceList) -> dict[str, Any]:
    """Return the document of a list."""
    devices = [{key: value for key, value in asdict(device).items() if value} for device in found.devices]
    return {
        "format_version": FORMAT_VERSION,
        "kind": KIND,
        "source": asdict(found.source),
        "gaps": list(found.gaps),
        "preview": found.preview,
        "devices": devices,
    }


def is_one(content: object) -> bool:
    """Return True for a document of this kind, whole or not."""
    return isinstance(content, dict) and content.get("kind") == KIND


def parse(content: object, path: str) -> DeviceList:
    """Return the list of a document. AvshiftError ``device_list_wrong`` if it has not the form of the schema."""
    broken = schema.violations("device_list", content)
    if broken:
        raise wrong(path, "; ".join(schema.lines(broken)), REMEDY)
    assert isinstance(content, dict)
    devices = [Device(**device) for device in content["devices"]]
    unnamed = sum(not device.is_named for device in devices)
    if unnamed:
        raise wrong(path, f"{unnamed} devices have no name", REMEDY)
    return DeviceList(Source(**content["source"]), devices, list(content["gaps"]), content["preview"])
