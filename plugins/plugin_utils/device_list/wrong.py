# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Errors of a device list."""

from __future__ import annotations

from ..errors import AvshiftError
from ..visible import visible

READING = "Reading a device list"
REMEDY = "docs/fleet.md says which files are read; give the option that the message names."
NOT_WHOLE = "Make sure that nothing is missing and read the list again, or accept that with allow_incomplete."


def wrong(path: str, cause: str, remedy: str = REMEDY) -> AvshiftError:
    """Return the error for a list that cannot be read."""
    return AvshiftError("device_list_wrong", READING, visible(path), visible(cause, 600), remedy)


def too_large(path: str, cause: str) -> AvshiftError:
    """Return the error for a list that is larger than any fleet's."""
    return AvshiftError("device_list_too_large", READING, visible(path), cause, "Export it in parts, one per group.")


def incomplete(path: str, cause: str) -> AvshiftError:
    """Return the error for a list that is known to lack devices."""
    return AvshiftError("device_list_incomplete", READING, visible(path), visible(cause, 600), NOT_WHOLE)
