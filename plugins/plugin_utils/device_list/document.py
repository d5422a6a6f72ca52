# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A device list as a document: the inventory writes it, its cache keeps it, and a report reads it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .. import schema
from ..times import is_time
from .device import FIELDS, LONGEST, MOST_DEVICES, TIMES, Device, DeviceList, Source
from .wrong import too_large, wrong

FORMAT_VERSION = 1
KIND = "avshift.endpoint device list"
REMEDY = "Have the inventory write it again."
KNOWN, MOST_TEXT = frozenset(FIELDS), 12 * LONGEST


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
    """Return the list of a document. AvshiftError ``device_list_wrong`` if it does not fit the schema."""
    given = content.get("devices") if isinstance(content, dict) else None
    if isinstance(given, list) and len(given) > MOST_DEVICES:
        raise too_large(path, f"it has more than {MOST_DEVICES:,} devices")
    # The schema explains what is wrong; this check sees a hundred times faster that a list is right.
    are_right = isinstance(given, list) and all(map(_is_device, given))
    broken = schema.violations("device_list", {**content, "devices": []} if are_right else content)  # type: ignore[dict-item]
    if broken or not isinstance(content, dict):
        raise wrong(path, "; ".join(schema.lines(broken)), REMEDY)
    devices = [Device(**device) for device in content["devices"]]
    unnamed = sum(not device.is_named for device in devices)
    if unnamed:
        raise wrong(path, f"{unnamed} devices have no name", REMEDY)
    return DeviceList(Source(**content["source"]), devices, list(content["gaps"]), content["preview"])


def _is_device(device: object) -> bool:
    """Return True for what is certainly a device by the schema; doubtful cases are left to the schema."""
    if not isinstance(device, dict) or not device.keys() <= KNOWN:
        return False
    texts = all(isinstance(value, str) and 0 < len(value) <= MOST_TEXT for value in device.values())
    return texts and all(is_time(device[name]) for name in TIMES if name in device)
